package report

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// teamsInput is a week of rules of three teams: CPUHigh is core's by its label,
// PodDown is web's and data's by its alerts, DiskFull is nobody's.
func teamsInput(t testing.TB) Input {
	t.Helper()
	in := weeklyInput(t)
	h := smallHistory()
	h.Rules = writtenRules()
	h.Rules[0].Labels = labels.FromStrings("severity", "warning", "team", "core", "service", "shop")
	h.Rules[2].Labels = labels.FromStrings("severity", "critical", "team", "{{ $labels.owner }}")
	for i := range h.Episodes {
		e := &h.Episodes[i]
		e.Group, e.File = "node", "node.yml"
		switch {
		case e.Rule == "CPUHigh":
			e.Labels = withLabel(e.Labels, "core")
		case e.Rule == "PodDown" && i%2 == 0:
			e.Labels = withLabel(e.Labels, "web")
		case e.Rule == "PodDown":
			e.Labels = withLabel(e.Labels, "data")
		}
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	in.History, in.Rules = &h, h.Rules
	in.Current = noise.Summarize(h, noise.Options{Window: week()})
	in.Previous = new(noise.Summarize(h, noise.Options{Window: week().Before()}))
	in.Judged.Route = notified(h)
	return in
}

func teamInput(t testing.TB) Input {
	t.Helper()
	in := teamsInput(t)
	in.Team = "core"
	return in
}

func withLabel(ls labels.Labels, team string) labels.Labels {
	b := labels.NewBuilder(ls)
	return b.Set("team", team).Labels()
}

// notified is one notification for each episode of the week, and one for all.
func notified(h noise.History) *route.Result {
	r := judgedRoute()
	r.Notifications = nil
	var all []int
	for i := range h.Episodes {
		if week().Contains(h.Episodes[i].FiredAt) {
			r.Notifications = append(r.Notifications, route.Notification{At: h.Episodes[i].FiredAt, Receiver: "oncall", Paging: true, Firing: []int{i}, FiringCount: 1})
			all = append(all, i)
		}
	}
	r.Notifications = append(r.Notifications, route.Notification{At: monday.Add(time.Hour), Receiver: "slack", Firing: all, FiringCount: len(all)})
	return r
}

func TestTheIndexOfTeamsCountsEachForItself(t *testing.T) {
	doc := Build(teamsInput(t)).Document()
	got := map[string]Team{}
	for _, row := range doc.Teams {
		got[text0(row.Name)] = row
	}
	for name, want := range map[string]struct{ rules, fired, episodes, notifications, pages int }{
		"core": {1, 1, 20, 21, 20}, "web": {1, 1, 6, 7, 6}, "data": {1, 1, 6, 7, 6}, "": {2, 1, 0, 0, 0},
	} {
		row := got[name]
		assert.Equal(t, want.rules, row.Rules, name)
		assert.Equal(t, want.fired, row.RulesFired, name)
		assert.Equal(t, want.episodes, row.Episodes, name)
		assert.Equal(t, want.notifications, *row.Notifications, name)
		assert.Equal(t, want.pages, *row.Pages, name)
	}
	assert.Equal(t, "core", *doc.Teams[0].Name, "the loudest first")
}

func TestATeamsReportIsItsPartOfAll(t *testing.T) {
	in := teamsInput(t)
	all := Build(in).Document()
	sum := 0
	for _, name := range []string{"core", "web", "data"} {
		in.Team = name
		doc := Build(in).Document()
		require.Equal(t, name, *doc.Team)
		for _, r := range doc.Rules {
			assert.Contains(t, r.Teams, name)
		}
		row := all.Teams[slices.IndexFunc(all.Teams, func(x Team) bool { return text0(x.Name) == name })]
		assert.Equal(t, row.Episodes, doc.Summary.Episodes)
		assert.Equal(t, *row.Notifications, *doc.Summary.Notifications)
		assert.Equal(t, *row.Pages, *doc.Summary.Pages)
		assert.Len(t, doc.Findings, row.Findings)
		assert.Len(t, doc.Incidents, *row.Incidents)
		assert.Nil(t, doc.Held, "what was held back is known of all alone")
		assert.Empty(t, doc.Teams)
		sum += doc.Summary.Episodes
	}
	assert.Equal(t, all.Summary.Episodes, sum)
}

func TestNotificationsOfARuleOfSeveralTeamsAreSplit(t *testing.T) {
	in := teamsInput(t)
	key := noise.RuleKey{Name: "PodDown", Group: "node", File: "node.yml", Severity: "critical"}
	in.Judged.Route.Rules = []route.RuleCount{{RuleKey: key, Notifications: 13, Pages: 12, Sole: 12}}
	for name, want := range map[string][3]int{"": {13, 12, 12}, "web": {7, 6, 6}, "data": {7, 6, 6}} {
		in.Team = name
		for _, r := range Build(in).Document().Rules {
			if r.Name == "PodDown" {
				assert.Equal(t, want, [3]int{*r.Notifications, *r.Pages, *r.NotifiedAlone}, name)
			}
		}
	}
}

func TestWhoseAnIncidentIs(t *testing.T) {
	o := &owners{
		label: "team", slos: map[string]string{"shop/pay": "pay"}, services: map[string][]string{"shop": {"core", "web"}},
		rules: map[noise.RuleKey][]string{}, names: []string{"core", "pay", "web"},
	}
	for _, c := range []struct {
		name string
		x    noise.Incident
		want []string
	}{
		{"by its own label", noise.Incident{Labels: labels.FromStrings("team", "x", "service", "shop"), SLO: "shop/pay"}, []string{"x"}},
		{"by its SLO", noise.Incident{Labels: labels.FromStrings("service", "shop"), SLO: "shop/pay"}, []string{"pay"}},
		{"by its service", noise.Incident{Labels: labels.FromStrings("service", "shop"), SLO: "shop/other"}, []string{"core", "web"}},
		{"nobody's", noise.Incident{Labels: labels.FromStrings("service", "new")}, nil},
	} {
		assert.Equal(t, c.want, o.incident(&c.x), c.name)
	}
}

func TestAnOwnerMeansTheTeamOfThatName(t *testing.T) {
	o := &owners{names: []string{"Shop", "core"}}
	for owner, want := range map[string]string{"team-shop": "Shop", "@core": "core", "core-team": "core", "Team/Core": "core", "other": "other", "": ""} {
		assert.Equal(t, want, o.teamOf(owner), owner)
	}
}

func TestAnIncidentThatAnotherTeamToldOfIsNoBlindSpot(t *testing.T) {
	in := teamsInput(t)
	in.TeamLabel = "team"
	in.SLOs[0].SLO.Owner = "data"
	in.Team = "data"
	doc := Build(in).Document()
	for _, x := range doc.Incidents {
		if x.ID == "shop/pay@2026-11-15T18:00:00Z" {
			assert.True(t, *x.Told, "core's alert told of it")
		}
	}
}

func TestDecisionsAndAdviceOfATeam(t *testing.T) {
	in := teamsInput(t)
	in.Judged.Decisions = []decide.Decision{
		{Verb: decide.Retune, Rule: noise.RuleRef{RuleKey: in.Current.Rules[0].RuleKey}, Saves: new(3.0)},
		{Verb: decide.Retune, Rule: noise.RuleRef{RuleKey: noise.RuleKey{Name: "PodDown", Group: "node", File: "node.yml", Severity: "critical"}}, Saves: new(2.0)},
	}
	then := Build(in).Document()
	then.From, then.To = then.From.AddDate(0, 0, -7), then.To.AddDate(0, 0, -7)
	in.Earlier = earlierOf(t, then)
	in.Team = "core"
	doc := Build(in).Document()
	require.Len(t, doc.Decisions, 1)
	assert.Equal(t, "CPUHigh", doc.Decisions[0].Rule)
	for _, f := range doc.Advice.Items {
		if f.Rule != nil {
			assert.Equal(t, "CPUHigh", *f.Rule)
		}
	}
	assert.NotEmpty(t, doc.Advice.Items)
}

func TestHoursOfARuleOfSeveralTeamsAreNotSplit(t *testing.T) {
	pod := noise.RuleKey{Name: "PodDown"}
	w := &truth.Woken{Rules: []truth.RuleMoments{{RuleKey: pod, Moments: truth.Moments{Asleep: 3, Deploying: slo.Proportion{Count: 1, Of: 3}}}}}
	shared := &owners{rules: map[noise.RuleKey][]string{pod: {"data", "web"}}}
	assert.Nil(t, teamCut{owners: shared, team: "web"}.woken(w))
	alone := &owners{rules: map[noise.RuleKey][]string{pod: {"web"}}}
	assert.Equal(t, w.Rules[0].Moments, teamCut{owners: alone, team: "web"}.woken(w).All)
}

func TestWithoutTeamsThereIsNoIndex(t *testing.T) {
	in := weeklyInput(t)
	h := smallHistory()
	in.History = &h
	in.SLOs, in.UnknownSLOs = nil, nil
	assert.Empty(t, Build(in).Document().Teams)
	assert.NotContains(t, written(t, Build(in).WriteHTML), `id="teams"`)
}
