package gate

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC) // a Wednesday

// sound is a case in which all is well.
func sound() Case {
	return Case{Now: noon, Standings: []Standing{{
		SLO: slo.SLO{Service: "checkout", Name: "availability", Objective: 0.999, Tier: "1"},
		Status: slo.Status{
			At: noon, Tally: slo.Tally{Bad: 10, Total: 100_000, Covered: 99, Length: 100},
			BudgetRemaining: known(0.9), ErrorRatio: known(0.0001),
			Burn:       map[time.Duration]slo.Figure{time.Hour: known(0.5), 6 * time.Hour: known(0.2)},
			Exhaustion: slo.Exhaustion{Known: true},
		},
		Newest: noon.Add(-time.Minute),
	}}}
}

func TestDecide(t *testing.T) {
	type change = func(*Case, *Policy)
	for name, c := range map[string]struct {
		change  change
		verdict Verdict
		check   Check // that speaks against it
		unknown bool
	}{
		"all is well":          {func(*Case, *Policy) {}, VerdictAllow, "", false},
		"the budget is gone":   {func(c *Case, _ *Policy) { c.Standings[0].Status.BudgetRemaining = known(-0.2) }, VerdictDeny, CheckBudget, false},
		"just gone":            {func(c *Case, _ *Policy) { c.Standings[0].Status.BudgetRemaining = known(0) }, VerdictDeny, CheckBudget, false},
		"less than is wanted":  {func(_ *Case, p *Policy) { p.Limits.MinRemaining = 0.95 }, VerdictDeny, CheckBudget, false},
		"it burns":             {func(c *Case, _ *Policy) { c.Standings[0].Status.Burn[time.Hour] = known(20) }, VerdictDeny, CheckBurn, false},
		"burn is not known":    {func(c *Case, _ *Policy) { delete(c.Standings[0].Status.Burn, time.Hour) }, VerdictUnknown, CheckBurn, true},
		"a loss is open":       {func(c *Case, _ *Policy) { c.Standings[0].Losses = loss(-20, -5) }, VerdictDeny, CheckIncidents, false},
		"a loss is over":       {func(c *Case, _ *Policy) { c.Standings[0].Losses = loss(-60, -30) }, VerdictAllow, "", false},
		"one may be open":      {func(c *Case, p *Policy) { c.Standings[0].Losses, p.Limits.MaxOpen = loss(-20, -5), 1 }, VerdictAllow, "", false},
		"declared":             {func(c *Case, _ *Policy) { c.Declared = declared("", "checkout") }, VerdictDeny, CheckIncidents, false},
		"declared for another": {func(c *Case, _ *Policy) { c.Declared = declared("", "search") }, VerdictAllow, "", false},
		"declared for the SLO": {func(c *Case, _ *Policy) { c.Declared = declared("checkout/availability", "") }, VerdictDeny, CheckIncidents, false},
		"hardly watched":       {func(c *Case, _ *Policy) { c.Standings[0].Status.Tally.Covered = 50 }, VerdictUnknown, CheckCoverage, true},
		"stale":                {func(c *Case, _ *Policy) { c.Standings[0].Newest = noon.Add(-time.Hour) }, VerdictUnknown, CheckFreshness, true},
		"age not known":        {func(c *Case, _ *Policy) { c.Standings[0].Newest = time.Time{} }, VerdictUnknown, CheckFreshness, true},
		"hardly watched, and it burns": {func(c *Case, _ *Policy) {
			c.Standings[0].Status.Tally.Covered, c.Standings[0].Status.Burn[time.Hour] = 50, known(20)
		}, VerdictDeny, CheckBurn, false},
		"stale, and the budget was gone": {func(c *Case, _ *Policy) {
			c.Standings[0].Newest, c.Standings[0].Status.BudgetRemaining = noon.Add(-time.Hour), known(-1)
		}, VerdictDeny, CheckBudget, false},
		"stale, but that is fine": {func(c *Case, p *Policy) {
			c.Standings[0].Newest, p.Limits.Unknown = noon.Add(-time.Hour), UnknownWarn
		}, VerdictAllow, CheckFreshness, true},
		"no events":       {func(c *Case, _ *Policy) { c.Missing, c.Standings = []slo.SLO{{Service: "a", Name: "b"}}, nil }, VerdictUnknown, CheckData, true},
		"no SLO":          {func(c *Case, _ *Policy) { c.Standings = nil }, VerdictUnknown, CheckData, true},
		"does not last":   {func(c *Case, p *Policy) { p.Limits.MinLasts = time.Hour; lasts(c, 1800) }, VerdictDeny, CheckLasts, false},
		"lasts":           {func(c *Case, p *Policy) { p.Limits.MinLasts = time.Hour; lasts(c, 7200) }, VerdictAllow, "", false},
		"lasts for ever":  {func(_ *Case, p *Policy) { p.Limits.MinLasts = time.Hour }, VerdictAllow, "", false},
		"frozen":          {func(_ *Case, p *Policy) { p.Freezes = frozen("") }, VerdictDeny, CheckFreeze, false},
		"another frozen":  {func(_ *Case, p *Policy) { p.Freezes = frozen("search") }, VerdictAllow, "", false},
		"a worse canary":  {func(c *Case, _ *Policy) { c.Comparisons = []Comparison{{Verdict: CanaryWorse, Worse: known(1e-9)}} }, VerdictDeny, CheckCanary, false},
		"a short canary":  {func(c *Case, _ *Policy) { c.Comparisons = []Comparison{{Verdict: CanaryTooLittle}} }, VerdictUnknown, CheckCanary, true},
		"a fine canary":   {func(c *Case, _ *Policy) { c.Comparisons = []Comparison{{Verdict: CanaryNoEvidence}} }, VerdictAllow, "", false},
		"a bold phase":    {func(c *Case, _ *Policy) { c.Rollouts = next(0.2, true) }, VerdictDeny, CheckAtRisk, false},
		"an endless one":  {func(c *Case, _ *Policy) { c.Rollouts = next(0, false) }, VerdictUnknown, CheckAtRisk, true},
		"a careful phase": {func(c *Case, _ *Policy) { c.Rollouts = next(0.01, true) }, VerdictAllow, "", false},
		"more than is left": {func(c *Case, _ *Policy) {
			c.Rollouts, c.Standings[0].Status.BudgetRemaining = next(0.01, true), known(0.005)
		}, VerdictDeny, CheckAtRisk, false},
		"a rollback with the budget gone": {func(c *Case, _ *Policy) {
			c.Change, c.Standings[0].Status.BudgetRemaining = "rollback", known(-1)
		}, VerdictAllow, CheckBudget, false},
		"a rollback that breaks more": {func(c *Case, _ *Policy) {
			c.Change, c.Comparisons = "rollback", []Comparison{{Verdict: CanaryWorse}}
		}, VerdictDeny, CheckCanary, false},
		"a kind that is not exempt": {func(c *Case, _ *Policy) {
			c.Change, c.Standings[0].Status.BudgetRemaining = "feature", known(-1)
		}, VerdictDeny, CheckBudget, false},
		"looser for another tier": {func(c *Case, p *Policy) {
			c.Standings[0].Status.BudgetRemaining = known(-0.2)
			p.Overrides = []Override{{Tier: "3", Limits: Limits{MinRemaining: -1}}}
		}, VerdictDeny, CheckBudget, false},
		"looser for it": {func(c *Case, p *Policy) {
			c.Standings[0].Status.BudgetRemaining = known(-0.2)
			p.Overrides = []Override{{SLO: "checkout/*", Tier: "1", Limits: Limits{MinRemaining: -1}}}
		}, VerdictAllow, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			in, p := sound(), DefaultPolicy()
			c.change(&in, &p)
			got := Decide(in, p)
			assert.Equal(t, c.verdict, got.Verdict)
			assert.Equal(t, c.verdict == VerdictAllow, got.Allowed)
			told := checks(got.Reasons)
			if c.unknown {
				told = checks(got.Unknowns)
			}
			if c.check == "" {
				assert.Empty(t, append(checks(got.Reasons), checks(got.Unknowns)...))
			} else {
				assert.Contains(t, told, c.check)
			}
			for _, r := range append(append(got.Reasons, got.Unknowns...), got.Passed...) {
				assert.NotEmpty(t, r.Text, "%s has words", r.Check)
			}
		})
	}
}

func checks(in []Reason) []Check {
	var out []Check
	for _, r := range in {
		out = append(out, r.Check)
	}
	return out
}

func loss(from, to int) []slo.Loss {
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	return []slo.Loss{{ID: "l", Interval: slo.Interval{From: at(from), To: at(to)}}}
}

func declared(id, service string) []Incident {
	return []Incident{{Interval: slo.Interval{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}, ID: "d", SLO: id, Service: service}}
}

func lasts(c *Case, seconds float64) { c.Standings[0].Status.Exhaustion.Best = known(seconds) }

func frozen(service string) []Freeze {
	f := Freeze{Name: "winter", Interval: slo.Interval{From: noon.Add(-time.Hour), To: noon.Add(time.Hour)}}
	if service != "" {
		f.Services = []string{service}
	}
	return []Freeze{f}
}

func next(risk float64, possible bool) []Rollout {
	return []Rollout{{Phases: []Bake{{Share: 0.1, AtRisk: risk, Possible: possible}}}}
}

func TestReasonsCarryFigureLimitAndSLO(t *testing.T) {
	in := sound()
	in.Standings[0].Status.BudgetRemaining = known(-0.2)
	got := Decide(in, DefaultPolicy())
	require.Len(t, got.Reasons, 1)
	r := got.Reasons[0]
	assert.Equal(t, "checkout/availability", r.SLO)
	assert.InDelta(t, -0.2, r.Figure.Value, 0)
	assert.Equal(t, known(0), r.Limit)
	assert.Equal(t, "-20% of the budget is left; over 0% is wanted.", r.Text)
	require.Len(t, got.Duties, 3, "below 25% and below 0, not yet below -50%")
	assert.Equal(t, "the product owner", got.Duties[2].Who)
	assert.Equal(t, []string{"checkout/availability"}, got.SLOs)
}

func TestTheFreezeSaysWhenTheGateOpens(t *testing.T) {
	p := DefaultPolicy()
	p.Freezes = frozen("")
	assert.Equal(t, noon.Add(time.Hour), Decide(sound(), p).OpensAt)
}

func TestAPhaseIsNextAfterWhatIsDone(t *testing.T) {
	traffic := Traffic{PerSecond: 100, Baseline: 0.002, Budget: 0.001, Window: month}
	for at, want := range map[float64]int{0: 0, 0.05: 1, 0.3: 2, 1: -1} {
		r, err := PlanRollout(traffic, []float64{0.05, 0.25, 1}, at, Sensitivity{})
		require.NoError(t, err)
		assert.Equal(t, want, r.Next, "at %v", at)
		assert.True(t, r.Possible)
		assert.Equal(t, want < 0, r.NextPhase() == nil)
	}
	_, err := PlanRollout(traffic, []float64{0.5, 0.25}, 0, Sensitivity{})
	require.Error(t, err)
	_, err = PlanRollout(traffic, nil, 0, Sensitivity{})
	require.Error(t, err)
}
