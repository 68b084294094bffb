package detect

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// reading is an input with a rule R that reads a selector and was silent.
func reading(p Presence) Input {
	p.Rule, p.Selector, p.Metric = rule("R", 3).Ref(), `disk_ful{job="node"}`, "disk_ful"
	in := over(exact("Other", "a", 0, 1)).knowing(rule("R", 3), rule("Other", 9))
	in.Presence = []Presence{p}
	in.Summary = noise.Summary{Window: in.History.Window, HealthKnown: true}
	return in
}

func TestDead(t *testing.T) {
	fired, pended := reading(Presence{}), reading(Presence{})
	pending := exact("R", "a", 0, 1)
	fired.History.Episodes = append(fired.History.Episodes, pending)
	pending.FiredAt, pending.Certainty.Fired = time.Time{}, noise.EdgeNone
	pended.History.Episodes = append(pended.History.Episodes, pending)
	table{
		"its metric is not there":        {reading(Presence{}), Options{}, []string{"R"}},
		"its series are there":           {reading(Presence{Seen: true, MetricSeen: true}), Options{}, nil},
		"it can do without the selector": {reading(Presence{Optional: true}), Options{}, nil},
		"it fired":                       {fired, Options{}, nil},
		"it was pending":                 {pended, Options{}, nil},
	}.run(t, noise.KindDead)
}

func TestDeadSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		presence Presence
		want     string
	}{
		"never seen":      {Presence{Suggestion: "disk_full"}, "R can't fire: there is no metric disk_ful. Did you mean disk_full?"},
		"gone":            {Presence{LastSeen: at(90), MetricSeen: true}, "R can't fire: nothing has matched its selector since 2026-11-02 01:30 UTC."},
		"one matcher":     {Presence{MetricSeen: true, Matcher: `job="nod"`, Suggestion: "node"}, `R can't fire: the matcher job="nod" matches nothing. Did you mean node?`},
		"several of them": {Presence{MetricSeen: true}, "R can't fire: there is disk_ful, but no series that meets all of its matchers."},
	} {
		t.Run(name, func(t *testing.T) {
			f := theOne(t, noise.KindDead, reading(c.presence))
			assert.Equal(t, c.want, f.Title)
			assert.Equal(t, noise.GravityError, f.Gravity)
			assert.Equal(t, noise.NotGiven, f.Action)
			assert.Equal(t, noise.Strong, f.Confidence)
			assert.Equal(t, 3, f.Rule.Line)
		})
	}
	fresh := reading(Presence{})
	w := fresh.History.Window
	fresh.Summary = noise.Summary{Window: w, HealthKnown: true, Spells: []noise.Spell{{Kind: noise.SpellOutage, Interval: slo.Interval{From: w.From, To: w.To.Add(-30 * time.Minute)}}}}
	f := theOne(t, noise.KindDead, fresh)
	assert.Equal(t, noise.Weak, f.Confidence, "Prometheus has just begun to record")
	assert.Contains(t, f.Why, "of which Prometheus recorded 30m")

	unwatched := reading(Presence{})
	unwatched.Summary = noise.Summary{}
	assert.Equal(t, noise.Weak, theOne(t, noise.KindDead, unwatched).Confidence, "Prometheus may not have been there")

	short := reading(Presence{})
	short.History.Window = slo.Interval{From: epoch, To: at(day)}
	short.Summary.Window = short.History.Window
	assert.Equal(t, noise.Weak, theOne(t, noise.KindDead, short).Confidence)
}

func TestDeadByItsText(t *testing.T) {
	in := reading(Presence{})
	in.Impossible = []Impossible{{Rule: rule("R", 3).Ref(), Reason: "x > 5 and x < 3 are never both true"}}
	f := theOne(t, noise.KindDead, in)
	assert.Equal(t, noise.Proven, f.Confidence, "the surest of two reasons is told")
	assert.Contains(t, f.Title, "never both true")
}

func TestSilentIsNotDead(t *testing.T) {
	silent := func(operator string, threshold, extreme float64) Input {
		in := reading(Presence{Seen: true, MetricSeen: true})
		in.Ranges = []Range{{Rule: rule("R", 3).Ref(), Operator: operator, Threshold: threshold, Extreme: extreme, Samples: 1000}}
		return in
	}
	table{
		"far beyond":                 {silent(">", 150, 100), Options{}, []string{"R"}},
		"at the factor":              {silent(">", 120, 100), Options{}, []string{"R"}},
		"not so far":                 {silent(">", 119, 100), Options{}, nil},
		"reached":                    {silent(">", 50, 100), Options{}, nil},
		"smaller than":               {silent("<", 10, 15), Options{}, []string{"R"}},
		"below zero":                 {silent("<", -30, -20), Options{}, []string{"R"}},
		"below zero, reached":        {silent(">", -30, -20), Options{}, nil},
		"on either side of zero":     {silent(">", 5, -1), Options{}, nil},
		"nothing but zero ever seen": {silent(">", 5, 0), Options{}, nil},
	}.run(t, noise.KindDead)
	f := theOne(t, noise.KindDead, silent(">", 150, 100))
	assert.Equal(t, noise.GravityInfo, f.Gravity)
	assert.Contains(t, f.Title, "1.5 times as far out as anything ever seen")
}

func TestALimitBeyondZeroIsMeasuredFromTheMiddle(t *testing.T) {
	for name, c := range map[string]struct {
		g    Range
		want float64
	}{
		"under a gauge that never falls below nothing": {Range{Operator: "<", Threshold: -1, Q50: 0.5, Extreme: 0, Samples: 10}, 3},
		"over a gauge that is never above nothing":     {Range{Operator: ">", Threshold: 1, Q50: -2, Extreme: -1, Samples: 10}, 3},
		"the value never moved":                        {Range{Operator: "<", Threshold: -1, Q50: 0, Extreme: 0, Samples: 10}, 0},
		"no sample":                                    {Range{Operator: "<", Threshold: -1, Q50: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) { assert.InDelta(t, c.want, c.g.beyond(), 1e-9) })
	}
}
