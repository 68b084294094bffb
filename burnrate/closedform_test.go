package burnrate_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// condition is one of a policy of the book, for 99.9% over thirty days.
func condition(t *testing.T, policy string, long time.Duration) burnrate.Condition {
	t.Helper()
	p, ok := burnrate.PolicyNamed(policy)
	require.True(t, ok, policy)
	for _, w := range p.Windows {
		if w.Long == long {
			return burnrate.Condition{Window: w, Objective: 0.999, Period: month}
		}
	}
	t.Fatalf("%s has no window of %s", policy, long)
	return burnrate.Condition{}
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

const never = time.Duration(-1)

// TestDetectionOfTheWorkbook holds chapter 5 of the SRE Workbook as a table; the
// book's own words are in the names.
func TestDetectionOfTheWorkbook(t *testing.T) {
	const m, h, d = time.Minute, time.Hour, 24 * time.Hour
	for name, c := range map[string]struct {
		policy string
		long   time.Duration
		errors float64
		want   time.Duration
	}{
		"1: a total outage after 0.6 s":                       {"workbook-1", 10 * m, 1, seconds(0.6)},
		"1: exactly the threshold":                            {"workbook-1", 10 * m, 0.001, 10 * m},
		"2: a total outage after 2 min 10 s":                  {"workbook-2", 36 * h, 1, seconds(129.6)},
		"3: a total outage after an hour":                     {"workbook-3", m, 1, h + seconds(0.06)},
		"3: 0.2% as late as a total outage":                   {"workbook-3", m, 0.002, h + 30*time.Second},
		"4: a total outage after 129.6 s":                     {"workbook-4", h, 1, seconds(129.6)},
		"4: a burn of 35 never":                               {"workbook-4", h, 0.035, never},
		"5: a total outage within the hour's window":          {"workbook-5", h, 1, seconds(51.84)},
		"5: a total outage within six hours":                  {"workbook-5", 6 * h, 1, seconds(129.6)},
		"5: a total outage within three days":                 {"workbook-5", 3 * d, 1, seconds(259.2)},
		"5: 1% never within the hour":                         {"workbook-5", h, 0.01, never},
		"5: 1% within six hours":                              {"workbook-5", 6 * h, 0.01, seconds(3.6 * 3600)},
		"5: 1% within three days":                             {"workbook-5", 3 * d, 0.01, seconds(7.2 * 3600)},
		"5: 0.6% within six hours, at the boundary":           {"workbook-5", 6 * h, 0.006, 6 * h},
		"5: 0.2% within three days":                           {"workbook-5", 3 * d, 0.002, 36 * h},
		"5: 0.1% within three days, at the boundary":          {"workbook-5", 3 * d, 0.001, 72 * h},
		"6: 15% by the long window":                           {"workbook-6", h, 0.15, seconds(5.76 * 60)},
		"the day's ticket, which the book's table leaves out": {"recommended", d, 0.003, d},
		"the day's ticket does not fire at 0.29%":             {"recommended", d, 0.0029, never},
	} {
		t.Run(name, func(t *testing.T) {
			got, fires := condition(t, c.policy, c.long).Detection(c.errors)
			require.Equal(t, c.want != never, fires)
			if fires {
				assert.InDelta(t, c.want.Seconds(), got.Seconds(), 0.001)
			}
		})
	}
}

func TestResetOfTheWorkbook(t *testing.T) {
	for name, c := range map[string]struct {
		policy       string
		long, outage time.Duration
		errors       float64
		want         time.Duration
	}{
		"1: within ten minutes":                       {"workbook-1", 10 * time.Minute, time.Hour, 1, seconds(599.4)},
		"2: about 36 hours":                           {"workbook-2", 36 * time.Hour, 10 * time.Minute, 1, seconds(36 * 3600 * 0.999)},
		"3: on one good sample":                       {"workbook-3", time.Minute, 2 * time.Hour, 1, seconds(59.94)},
		"4: 58 minutes":                               {"workbook-4", time.Hour, 10 * time.Minute, 1, seconds(57.84 * 60)},
		"6: 15% for ten minutes, the short one":       {"workbook-6", time.Hour, 10 * time.Minute, 0.15, seconds(4.52 * 60)},
		"5: 15% for ten minutes, the long one alone":  {"workbook-5", time.Hour, 10 * time.Minute, 0.15, seconds(54.24 * 60)},
		"6: an outage that is over before it is seen": {"workbook-6", time.Hour, 5 * time.Minute, 0.15, never},
	} {
		t.Run(name, func(t *testing.T) {
			got, fired := condition(t, c.policy, c.long).Reset(c.errors, c.outage)
			require.Equal(t, c.want != never, fired)
			if fired {
				assert.InDelta(t, c.want.Seconds(), got.Seconds(), 0.001)
			}
		})
	}
}

// TestShortWindowOfTheWalkThrough: figure 5-6 of the book, 15% for ten minutes.
func TestShortWindowOfTheWalkThrough(t *testing.T) {
	c := condition(t, "workbook-6", time.Hour)
	c.Window.Long, c.Window.Short = c.Window.Short, 0
	got, fires := c.Detection(0.15)
	require.True(t, fires)
	assert.InDelta(t, 28.8, got.Seconds(), 0.001)
}

func TestExhaustionOfTheWorkbook(t *testing.T) {
	for burn, want := range map[float64]time.Duration{
		1: month, 2: month / 2, 10: 3 * 24 * time.Hour, 1000: seconds(43.2 * 60), 35: seconds(20.5714 * 3600),
	} {
		got, ends := burnrate.Exhaustion(month, burn)
		require.True(t, ends)
		assert.InDelta(t, want.Seconds(), got.Seconds(), 1)
	}
	_, ends := burnrate.Exhaustion(month, 0)
	assert.False(t, ends)
	five9s, _ := burnrate.Exhaustion(month, 1/0.00001)
	assert.InDelta(t, 25.92, five9s.Seconds(), 0.001, "a total outage at 99.999%")
}

func TestBudgetSharesOfTheWorkbook(t *testing.T) {
	for name, c := range map[string]struct {
		factor float64
		window time.Duration
		want   float64
	}{
		"2% in an hour":                       {14.4, time.Hour, 0.02},
		"5% in six hours":                     {6, 6 * time.Hour, 0.05},
		"10% in a day":                        {3, 24 * time.Hour, 0.1},
		"10% in three days":                   {1, 72 * time.Hour, 0.1},
		"5% in an hour at 36":                 {36, time.Hour, 0.05},
		"5% in 36 hours":                      {1, 36 * time.Hour, 0.05},
		"0.02% in ten minutes":                {1, 10 * time.Minute, 0.000231},
		"138.9% in a total outage of an hour": {1000, time.Hour, 1.389},
		"11.57% in a spike of five minutes":   {1000, 5 * time.Minute, 0.1157},
		"34.7% in three of them":              {1000, 15 * time.Minute, 0.347},
	} {
		assert.InDelta(t, c.want, burnrate.BudgetShare(c.factor, c.window, month), c.want*0.003, name)
		assert.InDelta(t, c.factor, burnrate.FactorFor(burnrate.BudgetShare(c.factor, c.window, month), c.window, month), 1e-9, name)
	}
	spent, fires := condition(t, "workbook-3", time.Minute).Spent(1)
	require.True(t, fires)
	assert.InDelta(t, 1.389, spent, 0.001, "approach 3 sees an outage when all is spent")
	assert.Equal(t, 144, int(24*time.Hour/condition(t, "workbook-1", 10*time.Minute).Window.Long), "alerts a day while the SLO is kept")
}

// TestWhatCanNeverFire: a factor fires only if factor x budget is under 1.
func TestWhatCanNeverFire(t *testing.T) {
	for factor, limit := range map[float64]float64{14.4: 0.9306, 14: 0.9286, 7: 0.8571, 6: 0.8333, 3: 0.6667, 2: 0.5} {
		c := burnrate.Condition{Window: slo.AlertWindow{Long: time.Hour, Factor: factor}, Period: month}
		c.Objective = limit + 0.0002
		assert.True(t, c.CanFire(), "%v over %v", factor, limit)
		c.Objective = limit - 0.0002
		assert.False(t, c.CanFire(), "%v under %v", factor, limit)
		_, fires := c.Detection(1)
		assert.False(t, fires)
	}
}

func TestOneFailure(t *testing.T) {
	share, known := burnrate.OneFailure(0.999, 10, month)
	require.True(t, known)
	assert.InDelta(t, 1/7.2, share, 1e-9, "7.2 failures are allowed")
	assert.Contains(t, burnrate.OneFailureNote(0.999, 10, month), "one failure at 10 requests an hour is 13.9% of the budget")
	assert.Empty(t, burnrate.OneFailureNote(0.999, 10_000, month))
	_, known = burnrate.OneFailure(0.999, 0, month)
	assert.False(t, known)
}

func TestWilsonLow(t *testing.T) {
	assert.InDelta(t, 0.0135, burnrate.WilsonLow(1, 10, burnrate.DefaultConfidence), 0.002, "one of ten proves little")
	assert.InDelta(t, 0.1, burnrate.WilsonLow(1e6, 1e7, burnrate.DefaultConfidence), 0.001)
	assert.Zero(t, burnrate.WilsonLow(0, 10, burnrate.DefaultConfidence))
}

// evenly counts events at constant rates, bad ones in given intervals.
type evenly struct {
	perSecond float64
	outages   []slo.Interval
	ratio     float64
	unknown   slo.Interval
}

func (e evenly) Window(end time.Time, d time.Duration) (bad, total float64, known bool) {
	in := slo.Interval{From: end.Add(-d), To: end}
	for _, o := range e.outages {
		bad += o.Intersect(in).Duration().Seconds() * e.perSecond * e.ratio
	}
	return bad, d.Seconds() * e.perSecond, !e.unknown.Contains(end)
}

func TestEvaluateAgreesWithTheClosedForms(t *testing.T) {
	begin := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	span := burnrate.Span{From: begin, To: begin.Add(40 * time.Hour), Step: 5 * time.Second}
	for _, p := range burnrate.Policies() {
		for _, ratio := range []float64{0.002, 0.01, 0.15, 1} {
			outage := slo.Interval{From: begin.Add(time.Hour), To: begin.Add(3 * time.Hour)}
			got := burnrate.Evaluate(p, 0.999, evenly{perSecond: 10, outages: []slo.Interval{outage}, ratio: ratio}, span)
			for i, f := range got {
				c := burnrate.Condition{Window: p.Windows[i], Objective: 0.999, Period: month}
				detection, fires := c.Detection(ratio)
				if !fires || detection > outage.Duration() {
					assert.Empty(t, f.Intervals, "%s %s at %v", p.Name, burnrate.Tier(f.Window), ratio)
					continue
				}
				require.Len(t, f.Intervals, 1, "%s %s at %v", p.Name, burnrate.Tier(f.Window), ratio)
				assert.InDelta(t, detection.Seconds(), f.Intervals[0].From.Sub(outage.From).Seconds(), 10)
				reset, _ := c.Reset(ratio, outage.Duration())
				if end := outage.To.Add(reset); end.Before(span.To) {
					assert.InDelta(t, reset.Seconds(), f.Intervals[0].To.Sub(outage.To).Seconds(), 10)
				}
			}
		}
	}
}

// TestSpikesEscapeALongFor: spikes of five minutes every ten never fire a `for`
// of ten, though three of them cost a third of the budget.
func TestSpikesEscapeALongFor(t *testing.T) {
	begin := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	counts := evenly{perSecond: 10, ratio: 1}
	for i := range 12 {
		from := begin.Add(time.Duration(i) * 10 * time.Minute)
		counts.outages = append(counts.outages, slo.Interval{From: from, To: from.Add(5 * time.Minute)})
	}
	p, _ := burnrate.PolicyNamed("workbook-3")
	p.Windows[0].For = 10 * time.Minute
	got := burnrate.Evaluate(p, 0.999, counts, burnrate.Span{From: begin, To: begin.Add(2 * time.Hour), Step: 30 * time.Second})
	assert.Empty(t, got[0].Intervals)
}

func TestEvaluateGuards(t *testing.T) {
	at := time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)
	one := evenly{perSecond: 10.0 / 3600, ratio: 1, outages: []slo.Interval{{From: at.Add(-6 * time.Minute), To: at}}}
	p, _ := burnrate.PolicyNamed("")
	p.MinFailures = 0
	w := p.Windows[0]
	require.True(t, burnrate.Met(p, w, 0.999, one, at), "one failure in ten is a burn of 100")
	least := p
	least.MinFailures = 2
	assert.False(t, burnrate.Met(least, w, 0.999, one, at))
	doubtful := p
	doubtful.Confidence = burnrate.DefaultConfidence
	assert.False(t, burnrate.Met(doubtful, w, 0.999, one, at), "Wilson's bound of 1 in 10 is under 1.44%")
	one.unknown = slo.Interval{From: at, To: at.Add(time.Second)}
	assert.False(t, burnrate.Met(p, w, 0.999, one, at), "unknown is not bad")
}
