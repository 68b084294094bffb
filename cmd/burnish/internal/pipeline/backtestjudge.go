package pipeline

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// mostSignals is how many alerts of an incident a verdict lists here, where all
// of them count.
const mostSignals = 1 << 20

// sideJudged is one side of a backtest, judged.
type sideJudged struct {
	judgement truth.Judgement
	routed    route.Result
	byRule    []ruleJudged // by pair
}

// ruleJudged is what one rule did.
type ruleJudged struct {
	figures Figures
	caught  map[string]time.Time // by incident's id: when it first fired at its onset
}

// judge judges one side. Each rule goes under a name of its own, so that rules
// which share name, group and file are told apart.
func (b *backtest) judge(side int) *sideJudged {
	h := noise.History{Window: b.window, RulesKnown: true, Markers: true}
	s := &sideJudged{byRule: make([]ruleJudged, len(b.pairs))}
	for i := range b.pairs {
		p := &b.pairs[i]
		rule := p.side(side)
		if rule == nil || p.left() {
			continue
		}
		t := tagged(*rule, i)
		h.Rules = append(h.Rules, t)
		s.byRule[i] = ruleJudged{figures: Figures{Rules: 1}, caught: map[string]time.Time{}}
		for _, e := range p.episodes[side] {
			e.Group, e.File = t.Group, t.File
			h.Episodes = append(h.Episodes, e)
			s.byRule[i].figures.add(&e, b.window)
		}
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	o := b.options.Judge
	c := b.reading.truthCase(o)
	c.History, o.Truth.Signals = h, mostSignals
	o.Truth.Window = slo.Interval{}
	s.judgement = truth.Judge(c, o.Truth)
	s.takeTruth()
	cfg := o.Alertmanager
	if cfg == nil {
		cfg = route.Default()
	}
	s.routed = route.Replay(cfg, h.Episodes, route.Options{Window: b.window, Silences: o.Silences, Paging: o.Paging})
	for _, count := range s.routed.Rules {
		if place := placeOf(count.File); place >= 0 {
			f := &s.byRule[place].figures
			f.Notifications += s.routed.PerWeek(count.Notifications)
			f.Pages += s.routed.PerWeek(count.Pages)
		}
	}
	return s
}

// add counts an episode.
func (f *Figures) add(e *noise.Episode, window slo.Interval) {
	f.Firing += e.Firing(window.To).Intersect(window).Duration()
	if e.Certainty.Fired != noise.EdgeCut && window.Contains(e.FiredAt) {
		f.Episodes++
	}
}

// takeTruth hands each rule what the judgement says of it.
func (s *sideJudged) takeTruth() {
	for i := range s.judgement.Rules {
		score := &s.judgement.Rules[i]
		place := placeOf(score.File)
		if place < 0 {
			continue
		}
		f := &s.byRule[place].figures
		f.Outside.Count += score.Precision.Of - score.Precision.Count
		f.Outside.Of += score.Precision.Of
		f.Unjudged += score.Unjudged
		f.Caught.Of = max(f.Caught.Of, score.Onset.Of)
	}
	for i := range s.judgement.Incidents {
		v := &s.judgement.Incidents[i]
		for _, signal := range v.Signals {
			place := placeOf(signal.File)
			if place < 0 || !signal.Onset {
				continue
			}
			caught := s.byRule[place].caught
			if at, ok := caught[v.ID]; !ok || signal.FiredAt.Before(at) {
				caught[v.ID] = signal.FiredAt
			}
		}
	}
	for i := range s.byRule {
		r := &s.byRule[i]
		r.figures.Caught.Count = len(r.caught)
		r.figures.Caught.Of = max(r.figures.Caught.Of, len(r.caught))
		r.figures.Detection = spreadOf(s.delays(func(v *truth.Verdict) time.Time { return r.caught[v.ID] }))
	}
}

// delays are how long after its start each incident was caught that was.
func (s *sideJudged) delays(caughtAt func(*truth.Verdict) time.Time) []time.Duration {
	var out []time.Duration
	for i := range s.judgement.Incidents {
		v := &s.judgement.Incidents[i]
		if at := caughtAt(v); !at.IsZero() {
			out = append(out, max(0, at.Sub(v.From)))
		}
	}
	return out
}

// spreadOf is the nearest-rank median and 95th percentile.
func spreadOf(d []time.Duration) noise.Spread {
	if len(d) == 0 {
		return noise.Spread{}
	}
	slices.Sort(d)
	rank := func(q float64) time.Duration {
		return d[max(1, int(math.Ceil(q*float64(len(d))-1e-9)))-1]
	}
	return noise.Spread{Median: rank(0.5), P95: rank(0.95), Count: len(d)}
}

// sum is the figures of some rules together.
func (s *sideJudged) sum(which func(place int) bool) Figures {
	var out Figures
	caught := map[string]time.Time{}
	for i := range s.byRule {
		if s.byRule[i].caught == nil || !which(i) {
			continue
		}
		f := &s.byRule[i].figures
		out.Rules++
		out.Episodes += f.Episodes
		out.Firing += f.Firing
		out.Outside.Count += f.Outside.Count
		out.Outside.Of += f.Outside.Of
		out.Unjudged += f.Unjudged
		out.Notifications += f.Notifications
		out.Pages += f.Pages
		for id, at := range s.byRule[i].caught {
			if had, ok := caught[id]; !ok || at.Before(had) {
				caught[id] = at
			}
		}
	}
	out.Caught = slo.Proportion{Count: len(caught), Of: len(s.judgement.Incidents)}
	out.Detection = spreadOf(s.delays(func(v *truth.Verdict) time.Time { return caught[v.ID] }))
	return out
}

// all is the figures of the whole side; notifications of several rules count
// once here.
func (s *sideJudged) all() Figures {
	out := s.sum(func(int) bool { return true })
	notifications, pages := 0, 0
	for _, count := range s.routed.Receivers {
		notifications += count.Notifications
		pages += count.Pages
	}
	out.Notifications, out.Pages = s.routed.PerWeek(notifications), s.routed.PerWeek(pages)
	return out
}

// result sets the two sides beside each other.
func (b *backtest) result(before, after *sideJudged) *Backtest {
	unchanged := func(place int) bool { return b.pairs[place].diff == RuleUnchanged }
	b.templatedNote()
	out := &Backtest{
		Source: b.reading.Source, Window: b.window,
		TruthKnown: before.judgement.Known, RoutesKnown: b.options.Judge.Alertmanager != nil,
		Options: before.judgement.Options,
		Before:  before.all(), After: after.all(),
		Unchanged: [2]Figures{before.sum(unchanged), after.sum(unchanged)},
		Check:     b.reproduce(),
	}
	for i := range b.pairs {
		p := &b.pairs[i]
		switch {
		case p.left():
			out.Left = append(out.Left, p.leftOut()...)
		case p.diff != RuleUnchanged:
			out.Rules = append(out.Rules, p.compared(&before.byRule[i], &after.byRule[i]))
		}
	}
	slices.SortStableFunc(out.Rules, func(a, b RuleBacktest) int {
		return cmp.Or(cmp.Compare(diffRank(a.Diff), diffRank(b.Diff)), cmp.Compare(a.Rule().Name, b.Rule().Name))
	})
	b.incidents(out, before, after)
	out.Notes = b.notes
	return out
}

func diffRank(d RuleDiff) int {
	return slices.Index([]RuleDiff{RuleAdded, RuleRemoved, RuleChanged, RuleUnchanged}, d)
}

// leftOut tells of a pair that was not compared.
func (p *rulePair) leftOut() []LeftOut {
	var out []LeftOut
	for _, side := range []int{oldSide, newSide} {
		if p.why[side] != "" {
			out = append(out, LeftOut{Rule: *p.side(side), Proposed: side == newSide, Why: p.why[side]})
		}
	}
	return out
}

// compared is one pair on both sides.
func (p *rulePair) compared(before, after *ruleJudged) RuleBacktest {
	out := RuleBacktest{Diff: p.diff, Old: p.old, New: p.now}
	if p.old != nil {
		out.Before = &before.figures
	}
	if p.now != nil {
		out.After = &after.figures
	}
	// The incidents that a rule is to tell of hang on the labels of its alerts, and
	// so on how often it fired: both sides are held to the larger number.
	own := max(before.figures.Caught.Of, after.figures.Caught.Of)
	before.figures.Caught.Of, after.figures.Caught.Of = own, own
	for id := range before.caught {
		if _, ok := after.caught[id]; !ok {
			out.Lost = append(out.Lost, id)
		}
	}
	slices.Sort(out.Lost)
	return out
}

// incidents finds the incidents that fare otherwise.
func (b *backtest) incidents(out *Backtest, before, after *sideJudged) {
	late := map[string]truth.Verdict{}
	for _, v := range after.judgement.Incidents {
		late[v.ID] = v
	}
	o := out.Options
	for _, v := range before.judgement.Incidents {
		now := late[v.ID]
		i := IncidentBacktest{Incident: v.Incident, Before: v.DetectedAt, After: now.DetectedAt}
		was, is := !v.DetectedAt.IsZero(), !now.DetectedAt.IsZero()
		switch {
		case was && !is:
			i.Rules = b.tellers(before, v.ID)
			out.Lost = append(out.Lost, i)
		case is && !was:
			i.Rules = b.tellers(after, v.ID)
			out.Gained = append(out.Gained, i)
		case was && is && tooLate(i, o):
			i.Rules = b.tellers(before, v.ID)
			out.Later = append(out.Later, i)
		}
	}
}

// tooLate tells whether an incident is caught later by more than both limits of
// what is late.
func tooLate(i IncidentBacktest, o truth.Options) bool {
	delay := func(at time.Time) time.Duration { return max(0, at.Sub(i.From)) }
	added := delay(i.After) - delay(i.Before)
	return added > o.Late && float64(added) > o.LateShare*float64(i.Duration())
}

// tellers are the names of the rules that caught an incident.
func (b *backtest) tellers(s *sideJudged, id string) []string {
	var out []string
	for place := range s.byRule {
		if _, ok := s.byRule[place].caught[id]; ok {
			p := &b.pairs[place]
			out = append(out, cmp.Or(p.old, p.now).Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
