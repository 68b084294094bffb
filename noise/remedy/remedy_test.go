package remedy

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

var began = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

const day, week = 24 * 60, 7 * 24 * 60 // slots

// twoWeeks is a grid of minutes; the first week is chosen on, the second held out.
func twoWeeks() tune.Grid { return tune.Grid{Start: began, Step: time.Minute, Slots: 2 * week} }

// subject is a rule that fires over 0, without any alerts yet.
func subject(t *testing.T, name, severity string, grid tune.Grid) tune.Subject {
	t.Helper()
	s := tune.Subject{Rule: noise.Rule{Name: name, Expr: name + " > 0", Labels: labels.FromStrings("severity", severity)}}
	var err error
	s.Form, err = tune.Split(s.Rule.Expr)
	require.NoError(t, err)
	s.Views = []tune.View{{Atom: 0, Samples: tune.Samples{Grid: grid}}}
	return s
}

func addSeries(s *tune.Subject, host string, values []float64) {
	samples := &s.Views[0].Samples
	samples.Series = append(samples.Series, tune.Series{Labels: labels.FromStrings("host", host, "severity", s.Rule.Severity()), Values: values})
}

// world is a history made by hand: incidents of an hour each, and rules that fire
// for host a at slots that the case names.
type world struct {
	t         *testing.T
	grid      tune.Grid
	incidents []noise.Incident
	subjects  []tune.Subject
	rules     []Rule
	advice    []tune.Advice
	policy    tune.Policy
	unjudged  bool
}

func newWorld(t *testing.T, incidents ...int) *world {
	t.Helper()
	w := &world{t: t, grid: twoWeeks(), policy: tune.Balanced}
	for _, at := range incidents {
		w.incidents = append(w.incidents, noise.Incident{
			Interval: slo.Interval{From: w.grid.At(at), To: w.grid.At(at + 60)}, Labels: labels.FromStrings("host", "a"),
		})
	}
	return w
}

// fires is some slots from one on.
type fires struct{ at, length int }

// scattered is n episodes at odd times of a week, an hour apart at least, none
// near the hours of the incidents of the tests, which begin at noon.
func scattered(weekOf, n, length int) []fires {
	rng := rand.New(rand.NewPCG(uint64(weekOf), 7))
	var out []fires
	for len(out) < n {
		at := weekOf*week + 60 + rng.IntN(week-120)
		near := slices.ContainsFunc(out, func(f fires) bool { return max(f.at-at, at-f.at) < 60 })
		if m := at % day; !near && (m < 8*60 || m > 16*60) {
			out = append(out, fires{at, length})
		}
	}
	return out
}

// rule adds a rule; page rules wake, others do not.
func (w *world) rule(name, severity string, episodes ...fires) int {
	s := subject(w.t, name, severity, w.grid)
	addSeries(&s, "a", drawn(w.grid, episodes))
	waking := WakesNobody
	if severity == "page" {
		waking = Wakes
	}
	w.subjects = append(w.subjects, s)
	w.rules, w.advice = append(w.rules, Rule{Voice: Voice{Waking: waking}}), append(w.advice, tune.Advice{})
	return len(w.subjects) - 1
}

func drawn(g tune.Grid, episodes []fires) []float64 {
	values := make([]float64, g.Slots)
	for _, f := range episodes {
		for t := f.at; t < min(f.at+f.length, g.Slots); t++ {
			values[t] = 1
		}
	}
	return values
}

// lower gives a rule a severity that wakes nobody.
func (w *world) lower(i int) {
	w.rules[i].Lower = &Lower{From: "page", To: "ticket", Voice: Voice{Waking: WakesNobody}}
}

// compare gives the contests by the rule's name, with their rows by kind.
func (w *world) compare() map[string]result {
	w.t.Helper()
	split := w.grid.At(week)
	c := Case{
		Subjects: w.subjects, Rules: w.rules, Choose: tune.ChooseOptions{Incidents: w.incidents, Judged: !w.unjudged},
		Plan: tune.Plan{
			Judged: !w.unjudged, Rules: w.advice, Refit: tune.Fit{Policy: w.policy},
			Train: slo.Interval{From: began, To: split}, HeldOut: slo.Interval{From: split, To: w.grid.At(2 * week)},
		},
	}
	got, err := Compare(c)
	require.NoError(w.t, err)
	out := map[string]result{}
	for i, contest := range got {
		r := result{Contest: contest, place: i, rows: map[Kind]Row{}, best: contest.Rows[contest.Best].Kind}
		for _, row := range contest.Rows {
			r.rows[row.Kind] = row
		}
		out[w.subjects[contest.Subject].Rule.Name] = r
	}
	return out
}

type result struct {
	Contest
	place int
	rows  map[Kind]Row
	best  Kind
}

// counts are the figures of a part that a case knows by hand.
type counts struct {
	episodes, outside, messages, pages, incidents, inTime, lost, fewer int
	later                                                              time.Duration // -1: nothing to be late for
}

func check(t *testing.T, want counts, f Figures) {
	t.Helper()
	later := time.Duration(-1)
	if f.Later != nil {
		later = *f.Later
	}
	assert.True(t, f.Known)
	assert.True(t, f.PagesKnown)
	assert.Equal(t, want, counts{
		f.Episodes, f.Outside, int(f.Notifications + 0.5), int(f.Pages + 0.5), f.Incidents, f.InTime, len(f.Lost), len(f.Fewer), later,
	})
}

const noon = 12 * 60

// held is a world of two incidents in the first week and one in the second. Errors
// pages for all of them. Load pages 21 and 14 times for nothing, and for the first
// incident; but for one of these times Host fires around it.
func heldWorld(t *testing.T) *world {
	w := newWorld(t, 2*day+noon, 5*day+noon, 10*day+noon)
	w.rule("Errors", "page", fires{2*day + noon + 2, 30}, fires{5*day + noon + 2, 30}, fires{10*day + noon + 2, 30})
	needless := append(scattered(0, 21, 10), scattered(1, 14, 10)...)
	load := append(slices.Clone(needless), fires{2*day + noon + 3, 20})
	w.rule("Load", "page", load...)
	var host []fires
	for _, f := range needless[1:] {
		host = append(host, fires{f.at - 1, 15})
	}
	w.rule("Host", "page", host...)
	w.lower(1)
	return w
}

func TestEachRemedyIsCountedAsByHand(t *testing.T) {
	w := heldWorld(t)
	alerts := burning(w, fires{2*day + noon + 4, 50}, fires{4 * day, 600}, fires{9 * day, 30})
	w.rules[1].Instead = &Instead{SLOs: []string{"shop/a"}, Alerts: []Alerts{alerts}, Covered: []slo.Interval{w.grid.Span()}}
	w.advice[1] = tune.Advice{Change: waits(w, 1, 9*time.Minute), Proven: waits(w, 1, 9*time.Minute)}
	got := w.compare()["Load"]
	for name, c := range map[string]struct {
		kind        Kind
		train, held counts
	}{
		"as it is":         {AsIs, counts{22, 21, 22, 22, 2, 1, 0, 0, 0}, counts{14, 14, 14, 14, 1, 0, 0, 0, -1}},
		"waiting longer":   {Change, counts{22, 21, 22, 22, 2, 0, 0, 0, 0}, counts{14, 14, 14, 14, 1, 0, 0, 0, -1}},
		"held back":        {Inhibit, counts{2, 1, 2, 2, 2, 1, 0, 0, 0}, counts{0, 0, 0, 0, 1, 0, 0, 0, -1}},
		"waking nobody":    {Severity, counts{22, 21, 22, 0, 2, 1, 0, 0, 0}, counts{14, 14, 14, 0, 1, 0, 0, 0, -1}},
		"burn-rate alerts": {BurnRate, counts{2, 1, 4, 4, 2, 1, 0, 0, 0}, counts{1, 1, 1, 1, 1, 0, 0, 0, -1}},
		"gone":             {Delete, counts{0, 0, 0, 0, 2, 0, 0, 0, 0}, counts{0, 0, 0, 0, 1, 0, 0, 0, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			row, ok := got.rows[c.kind]
			require.True(t, ok)
			check(t, c.train, row.Train)
			check(t, c.held, row.HeldOut)
		})
	}
	assert.Equal(t, slo.Proportion{Count: 20, Of: 21}, got.rows[Inhibit].Held)
	assert.Equal(t, 2, got.rows[Inhibit].Source)
	assert.Equal(t, "inhibit_rules:\n  - source_matchers: ['alertname=\"Host\"']\n    target_matchers: ['alertname=\"Load\"']\n    equal: [host]\n",
		got.rows[Inhibit].Inhibition.YAML())
	assert.Equal(t, Inhibit, got.best)
}

// burning is alerts that page at some times.
func burning(w *world, episodes ...fires) Alerts {
	values := drawn(w.grid, episodes)
	for t, v := range values {
		if v == 0 {
			values[t] = tune.Absent()
		}
	}
	series := tune.Series{Labels: labels.FromStrings("host", "a"), Values: values}
	return Alerts{Voice: Voice{Waking: Wakes}, Samples: tune.Samples{Grid: w.grid, Series: []tune.Series{series}}}
}

// waits is a rule with a longer `for`.
func waits(w *world, i int, d time.Duration) *tune.Change {
	_, shape, _ := w.subjects[i].As(nil)
	shape.For = d
	return &tune.Change{Shape: shape, Remedies: []tune.Remedy{tune.RemedyFor}}
}

func TestStandingAlertsAreToldOfEveryFourHours(t *testing.T) {
	w := newWorld(t, 3*day+noon)
	w.rule("Stands", "ticket", fires{0, 2 * week})
	got := w.compare()["Stands"]
	check(t, counts{1, 0, 42, 0, 1, 0, 0, 0, -1}, got.rows[AsIs].Train)
	check(t, counts{0, 0, 42, 0, 0, 0, 0, 0, -1}, got.rows[AsIs].HeldOut)
	assert.InDelta(t, 41.5, got.Needless, 1e-9, "one of the 84 is of the incident")
	assert.Equal(t, AsIs, got.best, "to delete it is the tuner's to say")
}

func TestWhatIsOfAnIncidentCostsATenth(t *testing.T) {
	w := newWorld(t, 2*day+noon)
	at := 2*day + noon
	s := subject(t, "Load", "page", w.grid)
	// One begins as the time of the incident does, one just before, one as it ends,
	// and one in the second week.
	addSeries(&s, "a", drawn(w.grid, []fires{{at - 10, 2}, {at - 20, 2}, {at + 60, 2}, {week + 5, 2}}))
	p := part{choose: tune.ChooseOptions{Incidents: w.incidents}.Filled(), window: slo.Interval{From: began, To: w.grid.At(week)}}
	samples, shape, _ := s.As(nil)
	assert.Equal(t, sent{3, 2}, p.messages(samples, shape, nil))
	for waking, want := range map[Waking]float64{Wakes: 2.1, WakesUnknown: 2.1, WakesNobody: 0.21} {
		assert.InDelta(t, want, form{{voice: Voice{Waking: waking}, sent: sent{3, 2}}}.cost(), 1e-9)
	}
}
