package report

import (
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// ofTeam is the part of the input that is a team's own. What alerts are worth was
// judged with those of all teams, so an incident that another team's alert told of
// is not a blind spot.
func (in Input) ofTeam(o *owners, team string) Input {
	cut := teamCut{in: &in, owners: o, team: team}
	out := in
	out.Team = team
	if in.History != nil {
		h := cut.history(*in.History)
		out.History = &h
		out.Current = noise.Summarize(h, windowOf(in.Current))
		if in.Previous != nil {
			out.Previous = new(noise.Summarize(h, windowOf(*in.Previous)))
		}
	}
	out.Rules = kept(in.Rules, func(r *noise.Rule) bool { return o.hasRule(r.Ref().RuleKey, team) })
	out.SLOs = kept(in.SLOs, func(g *SLOGroup) bool { return cut.ownsSLO(g.SLO) })
	out.UnknownSLOs = kept(in.UnknownSLOs, func(s *slo.SLO) bool { return cut.ownsSLO(*s) })
	out.Past, out.Earlier = cut.past(), cut.earlier()
	if in.Judged != nil {
		out.Judged = cut.judged()
	}
	return out
}

func windowOf(s noise.Summary) noise.Options {
	o := s.Options
	o.Window, o.Buckets = s.Window, 0
	return o
}

// kept is a copy with those alone that are to be kept.
func kept[T any](all []T, keep func(*T) bool) []T {
	var out []T
	for i := range all {
		if keep(&all[i]) {
			out = append(out, all[i])
		}
	}
	return out
}

// teamCut takes out of an input what is a team's.
type teamCut struct {
	in     *Input
	owners *owners
	team   string
}

func (c teamCut) ownsSLO(s slo.SLO) bool { return c.owners.slos[s.ID()] == c.team }

func (c teamCut) ownsEpisode(e *noise.Episode) bool { return c.owners.episode(e) == c.team }

func (c teamCut) history(h noise.History) noise.History {
	h.Episodes = kept(h.Episodes, c.ownsEpisode)
	h.Rules = kept(h.Rules, func(r *noise.Rule) bool { return c.owners.hasRule(r.Ref().RuleKey, c.team) })
	return h
}

func (c teamCut) past() *Past {
	p := c.in.Past
	if p == nil {
		return nil
	}
	return &Past{History: c.history(p.History), Reach: p.Reach, Route: c.route(p.Route, p.History.Episodes)}
}

// route counts the notifications that name an alert of the team. Where the list
// of a notification was left out for its size, the labels that its alerts share
// tell.
func (c teamCut) route(r *route.Result, episodes []noise.Episode) *route.Result {
	if r == nil {
		return nil
	}
	out := &route.Result{Window: r.Window, Assumed: r.Assumed}
	out.Notifications = kept(r.Notifications, func(n *route.Notification) bool { return c.names(n, episodes) })
	at := map[string]int{}
	for i := range out.Notifications {
		n := &out.Notifications[i]
		place, ok := at[n.Receiver]
		if !ok {
			place, at[n.Receiver] = len(out.Receivers), len(out.Receivers)
			out.Receivers = append(out.Receivers, route.Count{Receiver: n.Receiver, Paging: n.Paging})
		}
		out.Receivers[place].Notifications++
		if n.Page() {
			out.Receivers[place].Pages++
		}
	}
	out.Rules = kept(r.Rules, func(x *route.RuleCount) bool { return c.owners.hasRule(x.RuleKey, c.team) })
	c.recount(out, episodes)
	return out
}

// recount counts anew for rules of several teams, whose counts are of all of them.
func (c teamCut) recount(r *route.Result, episodes []noise.Episode) {
	counts := map[noise.RuleKey]*route.RuleCount{}
	for i := range r.Rules {
		if x := &r.Rules[i]; len(c.owners.rules[x.RuleKey]) > 1 {
			*x = route.RuleCount{RuleKey: x.RuleKey}
			counts[x.RuleKey] = x
		}
	}
	if len(counts) == 0 {
		return
	}
	for i := range r.Notifications {
		n := &r.Notifications[i]
		mine, sole := c.rulesOf(n, episodes)
		for key := range mine {
			x := counts[key]
			if x == nil {
				continue
			}
			x.Notifications++
			if n.Page() {
				x.Pages++
			}
			if sole {
				x.Sole++
			}
		}
	}
}

// rulesOf is the rules whose alerts of the team a notification names, and whether
// it names alerts of one rule alone, of whichever team.
func (c teamCut) rulesOf(n *route.Notification, episodes []noise.Episode) (mine map[noise.RuleKey]bool, sole bool) {
	mine, all := map[noise.RuleKey]bool{}, map[noise.RuleKey]bool{}
	for _, list := range [][]int{n.Firing, n.Resolved} {
		for _, i := range list {
			if i >= len(episodes) {
				continue
			}
			key := keyOf(&episodes[i])
			all[key] = true
			if c.ownsEpisode(&episodes[i]) {
				mine[key] = true
			}
		}
	}
	return mine, len(all) == 1
}

func (c teamCut) names(n *route.Notification, episodes []noise.Episode) bool {
	mine := func(i int) bool { return i < len(episodes) && c.ownsEpisode(&episodes[i]) }
	if len(n.Firing)+len(n.Resolved) == 0 {
		return n.Labels.Get(c.owners.label) == c.team
	}
	return slices.ContainsFunc(n.Firing, mine) || slices.ContainsFunc(n.Resolved, mine)
}

func (c teamCut) judged() *Judged {
	j := c.in.Judged
	incidents := verdictsByID(&j.Judgement)
	out := &Judged{
		Findings: kept(j.Findings, func(f *noise.Finding) bool { return owns(c.owners.finding(f, incidents), c.team) }),
		Decisions: kept(j.Decisions, func(d *decide.Decision) bool {
			return c.owners.hasRule(d.Rule.RuleKey, c.team)
		}),
		Part:    true,
		Overlap: c.overlap(j.Overlap),
		Responses: kept(j.Responses, func(r *truth.Response) bool {
			return owns(c.owners.about(r.Labels, r.SLO), c.team)
		}),
		Woken: c.woken(j.Woken), WokenBy: c.woken(j.WokenBy),
	}
	if c.in.History != nil {
		out.Route = c.route(j.Route, c.in.History.Episodes)
	}
	c.judgement(out, j)
	return out
}

func verdictsByID(j *truth.Judgement) map[string]*truth.Verdict {
	out := make(map[string]*truth.Verdict, len(j.Incidents))
	for i := range j.Incidents {
		out[j.Incidents[i].ID] = &j.Incidents[i]
	}
	return out
}

// judgement keeps what is said of the team's rules, SLOs and incidents, and adds
// up what was counted for each of them.
func (c teamCut) judgement(out *Judged, j *Judged) {
	out.Judgement = truth.Judgement{Window: j.Judgement.Window, Options: j.Judgement.Options, Known: j.Judgement.Known}
	k := &out.Judgement
	k.Rules = kept(j.Judgement.Rules, func(s *truth.Score) bool { return c.owners.hasRule(s.RuleKey, c.team) })
	k.SLOs = kept(j.Judgement.SLOs, func(s *truth.SLOScore) bool { return owns(c.owners.about(s.Labels, s.SLO), c.team) })
	if j.Answers != nil {
		out.Answers = map[int]truth.Ack{}
	}
	for i := range j.Judgement.Incidents {
		v := j.Judgement.Incidents[i]
		if !owns(c.owners.incident(&v.Incident), c.team) {
			continue
		}
		if a, ok := j.Answers[i]; ok {
			out.Answers[len(k.Incidents)] = a
		}
		if !v.Told() {
			k.Actions.NotGiven++
		}
		v.SLOs = nil // places in the whole judgement
		k.Incidents = append(k.Incidents, v)
	}
	for i := range k.Rules {
		a := k.Rules[i].Actions
		k.Actions.GivenNeedlessly += a.GivenNeedlessly
		k.Actions.WrongTime += a.WrongTime
		k.Actions.WrongDuration += a.WrongDuration
		k.Unjudged += k.Rules[i].Unjudged
	}
}

func (c teamCut) overlap(o *overlap.Result) *overlap.Result {
	if o == nil {
		return nil
	}
	out := *o
	out.Pairs = kept(o.Pairs, func(p *overlap.Pair) bool {
		return c.owners.hasRule(p.A.RuleKey, c.team) || c.owners.hasRule(p.B.RuleKey, c.team)
	})
	out.Clusters = kept(o.Clusters, func(x *overlap.Cluster) bool {
		return slices.ContainsFunc(x.Members, func(m noise.RuleRef) bool { return c.owners.hasRule(m.RuleKey, c.team) })
	})
	return &out
}

// woken adds up what was counted for each rule of the team. Where a rule is
// several teams' it can't be told whose hours they were, and nothing is said.
func (c teamCut) woken(w *truth.Woken) *truth.Woken {
	if w == nil {
		return nil
	}
	out := &truth.Woken{}
	for _, r := range w.Rules {
		if !c.owners.hasRule(r.RuleKey, c.team) {
			continue
		}
		if len(c.owners.rules[r.RuleKey]) > 1 {
			return nil
		}
		out.Rules = append(out.Rules, r)
		out.All.Asleep += r.Asleep
		out.All.OffHours += r.OffHours
		out.All.AtWork += r.AtWork
		out.All.Deploying.Count += r.Deploying.Count
		out.All.Deploying.Of += r.Deploying.Of
	}
	return out
}

// earlier keeps the advice on what is the team's, as it was then for rules, as it
// is now for SLOs.
func (c teamCut) earlier() *Earlier {
	e := c.in.Earlier
	if e == nil {
		return nil
	}
	then := map[noise.RuleKey]bool{}
	for i := range e.rules {
		if slices.Contains(e.rules[i].Teams, c.team) || c.team == "" && len(e.rules[i].Teams) == 0 {
			then[e.rules[i].key()] = true
		}
	}
	out := *e
	out.advice = kept(e.advice, func(a *earlierAdvice) bool {
		if a.key.Name == "" {
			return a.slo != "" && c.owners.slos[a.slo] == c.team
		}
		return then[a.key]
	})
	return &out
}
