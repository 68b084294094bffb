package report

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
)

// Team is a team's row in the report on all.
type Team struct {
	Name          *string  `json:"name"` // nil: nobody's
	Rules         int      `json:"rules"`
	RulesFired    int      `json:"rules_fired"`
	Episodes      int      `json:"episodes"`
	Notifications *int     `json:"notifications"`
	Pages         *int     `json:"pages"`
	Findings      int      `json:"findings"`
	Saves         *float64 `json:"saves_notifications_per_week"`
	SLOs          int      `json:"slos"`
	Overspent     int      `json:"slos_overspent"`
	Incidents     *int     `json:"incidents"`
	Untold        *int     `json:"incidents_untold"`
}

// newTeams is the index of teams, those with most notifications first; empty
// where no alert and no SLO names a team.
func newTeams(in Input, o *owners) []Team {
	if in.History == nil || len(o.names) == 0 {
		return []Team{}
	}
	t := teamTally{in: in, owners: o, at: map[string]int{}}
	for _, name := range o.names {
		t.row(name)
	}
	t.episodes()
	t.notifications()
	t.judged()
	t.promises()
	out := kept(t.rows, func(r *Team) bool { return r.Name != nil || r.Rules > 0 || r.Episodes > 0 })
	slices.SortStableFunc(out, func(a, b Team) int {
		return cmp.Or(
			cmp.Compare(number(b.Notifications), number(a.Notifications)), cmp.Compare(b.Episodes, a.Episodes), cmp.Compare(text0(a.Name), text0(b.Name)),
		)
	})
	return out
}

func number(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// teamTally counts for all teams at once.
type teamTally struct {
	in     Input
	owners *owners
	rows   []Team
	at     map[string]int
}

func (t *teamTally) row(name string) *Team {
	i, ok := t.at[name]
	if !ok {
		i = len(t.rows)
		t.at[name] = i
		t.rows = append(t.rows, Team{Name: known(name)})
	}
	return &t.rows[i]
}

func (t *teamTally) episodes() {
	parts := map[string][]noise.Episode{}
	for i := range t.in.History.Episodes {
		e := &t.in.History.Episodes[i]
		team := t.owners.episode(e)
		parts[team] = append(parts[team], *e)
	}
	for _, team := range append([]string{""}, t.owners.names...) {
		h := *t.in.History
		h.Episodes = parts[team]
		h.Rules = kept(h.Rules, func(r *noise.Rule) bool { return t.owners.hasRule(r.Ref().RuleKey, team) })
		s := noise.Summarize(h, windowOf(t.in.Current))
		r := t.row(team)
		r.Rules, r.RulesFired, r.Episodes = len(s.Rules), s.RulesFired, s.Episodes
	}
}

func (t *teamTally) notifications() {
	if t.in.Judged == nil || t.in.Judged.Route == nil {
		return
	}
	for i := range t.rows {
		t.rows[i].Notifications, t.rows[i].Pages = new(int), new(int)
	}
	for i := range t.in.Judged.Route.Notifications {
		n := &t.in.Judged.Route.Notifications[i]
		for _, team := range t.named(n) {
			r := t.row(team)
			if r.Notifications == nil {
				continue
			}
			*r.Notifications++
			if n.Page() {
				*r.Pages++
			}
		}
	}
}

// named are the teams of the alerts that a notification names.
func (t *teamTally) named(n *route.Notification) []string {
	if len(n.Firing)+len(n.Resolved) == 0 {
		return []string{n.Labels.Get(t.owners.label)}
	}
	var teams []string
	for _, list := range [][]int{n.Firing, n.Resolved} {
		for _, i := range list {
			if i < len(t.in.History.Episodes) {
				teams = include(teams, t.owners.episode(&t.in.History.Episodes[i]))
			}
		}
	}
	return teams
}

func (t *teamTally) judged() {
	j := t.in.Judged
	if j == nil {
		return
	}
	incidents := verdictsByID(&j.Judgement)
	for i := range j.Findings {
		for _, team := range orNobody(t.owners.finding(&j.Findings[i], incidents)) {
			t.row(team).Findings++
		}
	}
	for _, d := range j.Decisions {
		if d.Saves == nil || !isFinite(*d.Saves) {
			continue
		}
		for _, team := range orNobody(t.owners.rules[d.Rule.RuleKey]) {
			r := t.row(team)
			if r.Saves == nil {
				r.Saves = new(float64)
			}
			r.Saves = rounded(*r.Saves + *d.Saves)
		}
	}
	if !j.Judgement.Known {
		return
	}
	for i := range t.rows {
		t.rows[i].Incidents, t.rows[i].Untold = new(int), new(int)
	}
	for i := range j.Judgement.Incidents {
		v := &j.Judgement.Incidents[i]
		for _, team := range orNobody(t.owners.incident(&v.Incident)) {
			r := t.row(team)
			*r.Incidents++
			if !v.Told() {
				*r.Untold++
			}
		}
	}
}

func orNobody(teams []string) []string {
	if len(teams) == 0 {
		return []string{""}
	}
	return teams
}

func (t *teamTally) promises() {
	for _, g := range t.in.SLOs {
		r := t.row(t.owners.slos[g.SLO.ID()])
		r.SLOs++
		if g.state() == stateOverspent {
			r.Overspent++
		}
	}
}

// teamsShown is how many teams the index lists.
const teamsShown = 40

// teamsView is the index of teams.
type teamsView struct {
	Intro, More string
	Rows        []teamRow
}

type teamRow struct {
	Name                          text
	Nobody                        bool
	Rules, Episodes, Share        string
	Notifications, Pages, Saves   string
	Findings, Incidents, Promises string
}

func newTeamsView(in Input, teams []Team) teamsView {
	if len(teams) == 0 {
		return teamsView{}
	}
	v := teamsView{Intro: fmt.Sprintf("By the label %s. A notification that names alerts of several teams counts for each.", in.teamLabel())}
	for _, t := range teams[:min(teamsShown, len(teams))] {
		v.Rows = append(v.Rows, newTeamRow(in, &t))
	}
	if rest := len(teams) - len(v.Rows); rest > 0 {
		v.More = "Not shown: " + plural(rest, "more team") + ". All are in the JSON."
	}
	return v
}

func (in Input) teamLabel() string { return clean(cmp.Or(in.TeamLabel, DefaultTeamLabel), nameLimit) }

func newTeamRow(in Input, t *Team) teamRow {
	row := teamRow{
		Name: newText(text0(t.Name), nameLimit), Nobody: t.Name == nil, Rules: count(t.RulesFired) + " of " + count(t.Rules), Episodes: count(t.Episodes),
		Notifications: figureOrDash(whole(t.Notifications), figure), Pages: figureOrDash(whole(t.Pages), figure),
		Findings: count(t.Findings), Saves: rateText(t.Saves), Incidents: "–", Promises: "–",
	}
	if in.Current.Episodes > 0 {
		row.Share = percent(float64(t.Episodes) / float64(in.Current.Episodes))
	}
	if t.Incidents != nil {
		row.Incidents = count(*t.Untold) + " of " + count(*t.Incidents)
	}
	if t.SLOs > 0 {
		row.Promises = count(t.Overspent) + " of " + count(t.SLOs)
	}
	if t.Name == nil {
		row.Name = newText("no team", nameLimit)
	}
	return row
}
