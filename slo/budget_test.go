package slo_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

var now = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func availability() slo.SLO {
	return slo.SLO{Name: "availability", Service: "shop", Objective: 0.999, Window: slo.Window{Rolling: 30 * 24 * time.Hour}}
}

// traffic simulates thirty days of counters, scraped every scrape, and gives the
// exact number of bad and all events beside what was counted.
type traffic struct {
	scrape     time.Duration
	perMinute  func(t time.Time) float64
	errorRatio func(t time.Time) float64
	reset      func(t time.Time) bool // the process starts anew
	lateBorn   bool                   // the series of errors appears with the first error
}

func (tr traffic) count(step time.Duration) (s *slo.Steps, bad, total float64) {
	from := now.AddDate(0, 0, -30)
	c := slo.NewCounting(slo.Interval{From: from, To: now}, step)
	all, errs := c.Series(slo.RoleTotal), c.Series(slo.RoleBad)
	var allNow, errsNow float64
	born := !tr.lateBorn
	for t := from.Add(-tr.scrape); t.Before(now); t = t.Add(tr.scrape) {
		if !t.Before(from) {
			n := math.Round(tr.perMinute(t) * tr.scrape.Minutes())
			e := math.Round(n * tr.errorRatio(t))
			bad, total = bad+e, total+n
			if tr.reset != nil && tr.reset(t) {
				allNow, errsNow = 0, 0
			}
			allNow, errsNow = allNow+n, errsNow+e
		}
		born = born || errsNow > 0
		all.Add(t.UnixMilli(), allNow)
		if born {
			errs.Add(t.UnixMilli(), errsNow)
		}
	}
	return c.Steps(), bad, total
}

func constant(v float64) func(time.Time) float64 { return func(time.Time) float64 { return v } }

// dayAndNight is 6,000 a minute by day and 6 by night.
func dayAndNight(t time.Time) float64 {
	if t.Hour() >= 8 && t.Hour() < 20 {
		return 6000
	}
	return 6
}

// outage is one hour of nothing but errors at an hour of day 20.
func outage(hour int) func(time.Time) float64 {
	from := now.AddDate(0, 0, -10).Add(time.Duration(hour) * time.Hour)
	return func(t time.Time) float64 {
		if !t.Before(from) && t.Before(from.Add(time.Hour)) {
			return 1
		}
		return 0
	}
}

// TestBudgetsEqualTheEventCount holds the budget to the exact count on the cases
// at which means of ratios fail, within 0.1% of the budget.
func TestBudgetsEqualTheEventCount(t *testing.T) {
	idle := func(t time.Time) float64 {
		if day := now.AddDate(0, 0, -27); !t.Before(day) && t.Before(day.Add(time.Hour)) {
			return 0
		}
		return 600
	}
	everyFewHours := func(t time.Time) bool { return t.Unix()%(5*3600) == 0 }
	cases := map[string]struct {
		traffic traffic
		left    float64
	}{
		"constant errors":                   {traffic{perMinute: constant(6000), errorRatio: constant(0.0005)}, 0.5},
		"an outage by day":                  {traffic{perMinute: dayAndNight, errorRatio: outage(12)}, -1.775},
		"an outage by night":                {traffic{perMinute: dayAndNight, errorRatio: outage(2)}, 0.9972},
		"an idle hour":                      {traffic{perMinute: idle, errorRatio: constant(0)}, 1},
		"a series of errors that is born":   {traffic{perMinute: constant(600), errorRatio: lastMinutes(1, 0.1), lateBorn: true}, 0.998},
		"counters that reset":               {traffic{perMinute: constant(6000), errorRatio: constant(0.0005), reset: everyFewHours}, 0.5},
		"an outage by day, counters reset":  {traffic{perMinute: dayAndNight, errorRatio: outage(12), reset: everyFewHours}, -1.775},
		"errors that are born and then die": {traffic{perMinute: constant(600), errorRatio: lastMinutes(3, 0.1), lateBorn: true}, 0.993},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.traffic.scrape = time.Minute
			steps, bad, total := c.traffic.count(time.Minute)
			l, err := slo.NewLedger(slo.DefaultTiers())
			require.NoError(t, err)
			l.Append(steps)
			st := availability().StatusAt(l, now, slo.StatusOptions{})
			exact := 1 - bad/total/0.001
			assert.InDelta(t, exact, st.BudgetRemaining.Value, 0.001, "the exact count")
			assert.InDelta(t, c.left, st.BudgetRemaining.Value, 0.006, "the figure that is published for the case")
			assert.InDelta(t, 1, st.Tally.Coverage(), 0.001)
			assert.Empty(t, steps.Notes)
		})
	}
}

// lastMinutes is a ratio of errors in the last minutes.
func lastMinutes(n int, ratio float64) func(time.Time) float64 {
	return func(t time.Time) float64 {
		if t.Before(now.Add(-time.Duration(n) * time.Minute)) {
			return 0
		}
		return ratio
	}
}

// TestCountingEqualsBruteForce draws counters with resets, gaps, births and
// deaths, and compares with the events that were drawn.
func TestCountingEqualsBruteForce(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 7))
		from := now.Add(-6 * time.Hour)
		c := slo.NewCounting(slo.Interval{From: from, To: now}, 5*time.Minute)
		var want float64
		for range 1 + rng.IntN(5) {
			s := c.Series(slo.RoleTotal)
			v := float64(rng.IntN(1000))
			s.Add(from.Add(-15*time.Second).UnixMilli(), v)
			for at := from; at.Before(now); at = at.Add(15 * time.Second) {
				switch rng.IntN(300) {
				case 0:
					if v > 40 { // or nobody can tell that it was reset
						v = 0
					}
				case 1:
					s.Add(at.UnixMilli(), math.Float64frombits(value.StaleNaN))
					at = at.Add(time.Duration(rng.IntN(1200)) * time.Second)
				}
				if !at.Before(now) {
					break
				}
				n := float64(rng.IntN(20))
				v += n
				want += n
				s.Add(at.UnixMilli(), v)
			}
		}
		got := 0.0
		for _, n := range c.Steps().Total {
			got += n
		}
		require.InDelta(t, want, got, want*0.0005+1e-6, "seed %d", seed)
	}
}

func TestWhatIsOddAboutSamplesIsSaid(t *testing.T) {
	c := slo.NewCounting(slo.Interval{From: now.Add(-time.Hour), To: now}, time.Minute)
	total := c.Series(slo.RoleTotal)
	for m := range 60 {
		total.Add(now.Add(time.Duration(m-60)*time.Minute).UnixMilli(), float64(m*10))
	}
	odd := c.Series(slo.RoleTotal)
	odd.Add(now.Add(-30*time.Minute).UnixMilli(), 5_000_000)
	odd.Add(now.Add(-29*time.Minute).UnixMilli(), math.NaN())
	odd.Add(now.Add(-28*time.Minute).UnixMilli(), -1)
	odd.Add(now.Add(-27*time.Minute).UnixMilli(), 5_000_007)
	steps := c.Steps()
	sum := 0.0
	for _, n := range steps.Total {
		sum += n
	}
	assert.InDelta(t, 590+7, sum, 1e-9, "a history is no traffic")
	assert.Equal(t, []string{
		"1 samples are not numbers and were left out",
		"1 samples of counters are negative and were left out",
		"1 series appear with a count too high to be new and were counted from there on",
	}, steps.Notes)
}

func TestNoDataIsUnknownAndNotGood(t *testing.T) {
	l, err := slo.NewLedger(slo.DefaultTiers())
	require.NoError(t, err)
	st := availability().StatusAt(l, now, slo.StatusOptions{BurnWindows: []time.Duration{time.Hour}})
	assert.False(t, st.ErrorRatio.Known)
	assert.False(t, st.BudgetRemaining.Known)
	assert.False(t, st.Burn[time.Hour].Known)
	assert.Zero(t, st.Tally.Coverage())

	half := slo.NewSteps(slo.Interval{From: now.AddDate(0, 0, -15), To: now}, time.Minute)
	for i := range half.Total {
		half.Total[i], half.Known[i] = 1, true
	}
	l.Append(half)
	st = availability().StatusAt(l, now, slo.StatusOptions{})
	assert.InDelta(t, 0.5, st.Tally.Coverage(), 0.001)
	assert.InDelta(t, 1, st.BudgetRemaining.Value, 1e-9)
}

// TestAnyWindowIsTwoSubtractions compares windows of the ledger with sums over
// the steps, exactly on the grid of the tier that holds them.
func TestAnyWindowIsTwoSubtractions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	steps := slo.NewSteps(slo.Interval{From: now.AddDate(0, 0, -30), To: now}, time.Minute)
	for i := range steps.Total {
		steps.Known[i] = rng.IntN(50) > 0
		steps.Total[i] = float64(rng.IntN(100))
		steps.Bad[i] = float64(rng.IntN(1 + int(steps.Total[i])))
	}
	l, err := slo.NewLedger(slo.DefaultTiers())
	require.NoError(t, err)
	l.Append(steps)
	l.Append(steps) // again: overlapping reads do no harm
	for _, w := range []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 30 * 24 * time.Hour} {
		got := l.Window(slo.Interval{From: now.Add(-w), To: now})
		var want slo.Tally
		for i := steps.Len() - int(w/time.Minute); i < steps.Len(); i++ {
			want.Bad += steps.Bad[i]
			want.Total += steps.Total[i]
			if steps.Known[i] {
				want.Covered += time.Minute
			}
		}
		assert.InDelta(t, want.Bad, got.Bad, 1e-6*want.Bad+1e-6, w)
		assert.InDelta(t, want.Total, got.Total, 1e-6*want.Total+1e-6, w)
		assert.InDelta(t, want.Covered.Seconds(), got.Covered.Seconds(), 61, w)
	}
}

func TestLedgersMerge(t *testing.T) {
	one, _, _ := traffic{scrape: time.Minute, perMinute: dayAndNight, errorRatio: outage(12)}.count(time.Minute)
	two, _, _ := traffic{scrape: time.Minute, perMinute: constant(60), errorRatio: constant(0.1)}.count(time.Minute)
	both := slo.NewSteps(one.Interval(), time.Minute)
	for i := range both.Total {
		both.Bad[i], both.Total[i], both.Known[i] = one.Bad[i]+two.Bad[i], one.Total[i]+two.Total[i], true
	}
	ledger := func(s *slo.Steps) *slo.Ledger {
		l, err := slo.NewLedger(slo.DefaultTiers())
		require.NoError(t, err)
		l.Append(s)
		return l
	}
	merged, want := ledger(one), ledger(both)
	require.NoError(t, merged.Merge(ledger(two)))
	for _, w := range []time.Duration{5 * time.Minute, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
		over := slo.Interval{From: now.Add(-w), To: now}
		a, b := want.Window(over), merged.Window(over)
		assert.InDelta(t, a.Bad, b.Bad, 1e-6*a.Bad+1e-6, w)
		assert.InDelta(t, a.Total, b.Total, 1e-6*a.Total, w)
		assert.InDelta(t, a.Coverage(), b.Coverage(), 0.01, w)
	}
	fine, err := slo.NewLedger([]slo.Tier{{time.Minute, time.Hour}})
	require.NoError(t, err)
	assert.Error(t, merged.Merge(fine))
}

func TestALedgerOutlivesItsProcess(t *testing.T) {
	steps, _, _ := traffic{scrape: time.Minute, perMinute: dayAndNight, errorRatio: outage(12)}.count(time.Minute)
	l, err := slo.NewLedger(slo.DefaultTiers())
	require.NoError(t, err)
	l.Append(steps)
	assert.LessOrEqual(t, l.Bytes(), 64<<10, "thirty days in 64 KiB")
	text, err := l.MarshalBinary()
	require.NoError(t, err)
	var back slo.Ledger
	require.NoError(t, back.UnmarshalBinary(text))
	for _, w := range []time.Duration{5 * time.Minute, time.Hour, 24 * time.Hour, 30 * 24 * time.Hour} {
		over := slo.Interval{From: now.Add(-w), To: now}
		assert.Equal(t, l.Window(over), back.Window(over), w)
	}
	again, err := back.MarshalBinary()
	require.NoError(t, err)
	assert.Equal(t, text, again)
	for cut := range len(text) {
		if cut%997 == 0 {
			assert.Error(t, new(slo.Ledger).UnmarshalBinary(text[:cut]))
		}
	}
}

func FuzzLedger(f *testing.F) {
	l, err := slo.NewLedger([]slo.Tier{{time.Second, time.Minute}})
	require.NoError(f, err)
	text, err := l.MarshalBinary()
	require.NoError(f, err)
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var l slo.Ledger
		if l.UnmarshalBinary(text) == nil {
			l.Window(slo.Interval{From: now.Add(-time.Hour), To: now})
		}
	})
}

func TestExclusionsDoNotCount(t *testing.T) {
	steps, _, _ := traffic{scrape: time.Minute, perMinute: constant(600), errorRatio: outage(12)}.count(time.Minute)
	l, err := slo.NewLedger([]slo.Tier{{time.Minute, 31 * 24 * time.Hour}})
	require.NoError(t, err)
	l.Append(steps)
	hour := slo.Interval{From: now.AddDate(0, 0, -10).Add(12 * time.Hour)}
	hour.To = hour.From.Add(time.Hour)
	with := availability().StatusAt(l, now, slo.StatusOptions{})
	without := availability().StatusAt(l, now, slo.StatusOptions{Exclusions: []slo.Interval{hour}})
	assert.Less(t, with.BudgetRemaining.Value, 0.0)
	assert.InDelta(t, 1, without.BudgetRemaining.Value, 1e-9)
	assert.Equal(t, 30*24*time.Hour-time.Hour, without.Tally.Length)
}

func TestACalendarWindowCountsWhatHappenedInIt(t *testing.T) {
	steps, bad, total := traffic{scrape: time.Minute, perMinute: dayAndNight, errorRatio: outage(12)}.count(time.Minute)
	l, err := slo.NewLedger(slo.DefaultTiers())
	require.NoError(t, err)
	l.Append(steps)
	promise := availability()
	promise.Window = slo.Window{Calendar: slo.CalendarMonth}
	st := promise.StatusAt(l, now.Add(-time.Nanosecond), slo.StatusOptions{})
	assert.InDelta(t, 1-bad/total/0.001, st.BudgetRemaining.Value, 0.001, "all of the traffic was in October")
	assert.InDelta(t, 30.0/31, st.Tally.Coverage(), 0.001, "of whose first day nothing is known")
	st = promise.StatusAt(l, now, slo.StatusOptions{})
	assert.False(t, st.BudgetRemaining.Known, "November has just begun")
}

func TestRecurringExclusions(t *testing.T) {
	promise := availability()
	promise.Exclusions = []slo.Exclusion{{
		Rule: "FREQ=WEEKLY;BYDAY=SU", Start: time.Date(2026, 1, 4, 2, 0, 0, 0, time.UTC), Duration: 2 * time.Hour,
	}}
	got, err := promise.Excluded(slo.Interval{From: time.Date(2026, 10, 4, 3, 0, 0, 0, time.UTC), To: time.Date(2026, 10, 18, 2, 30, 0, 0, time.UTC)})
	require.NoError(t, err)
	var text []string
	for _, i := range got {
		text = append(text, i.From.Format("02 15:04")+" to "+i.To.Format("02 15:04"))
	}
	assert.Equal(t, []string{"04 03:00 to 04 04:00", "11 02:00 to 11 04:00", "18 02:00 to 18 02:30"}, text)

	promise.Exclusions[0].Rule = "FREQ=SOMETIMES"
	_, err = promise.Excluded(slo.Interval{From: now, To: now.Add(time.Hour)})
	assert.ErrorContains(t, err, "FREQ=SOMETIMES")
}

func TestLossIncidents(t *testing.T) {
	steps, _, _ := traffic{scrape: time.Minute, perMinute: constant(600), errorRatio: outage(12)}.count(time.Minute)
	got := availability().Losses(steps, slo.LossOptions{})
	require.Len(t, got, 1)
	assert.Equal(t, now.AddDate(0, 0, -10).Add(12*time.Hour), got[0].From)
	assert.Equal(t, time.Hour, got[0].Duration())
	assert.InDelta(t, 60.0/43.2, got[0].Share, 0.001, "an hour of 43.2 minutes")
	assert.InDelta(t, 1000, got[0].Peak, 1e-6)
	assert.Equal(t, "shop/availability@2026-10-22T12:00:00Z", got[0].ID)

	start := got[0].From
	excluded := func(from, to int) slo.LossOptions {
		minute := func(n int) time.Time { return start.Add(time.Duration(n) * time.Minute) }
		return slo.LossOptions{Exclusions: []slo.Interval{{From: minute(from), To: minute(to)}}}
	}
	assert.Empty(t, availability().Losses(steps, excluded(0, 60)), "planned work is no loss")
	rest := availability().Losses(steps, excluded(-10, 30))
	require.Len(t, rest, 1)
	assert.Equal(t, start.Add(30*time.Minute), rest[0].From, "what was not planned still is")
	assert.InDelta(t, 30.0/43.2, rest[0].Share, 0.001)
}

func TestExhaustion(t *testing.T) {
	// 600 minutes at burn rate 10 have spent 13.9% of the budget.
	month := slo.Window{Rolling: 30 * 24 * time.Hour}
	for name, c := range map[string]struct {
		window slo.Window
		errors func(time.Time) float64
		hours  float64 // 0: not in the window
	}{
		"what is left lasts at ten times the rate": {month, lastMinutes(600, 0.01), 62},
		"a slow burn that never ends it":           {month, constant(0.0009), 0},
		"no errors":                                {month, constant(0), 0},
		"old errors leave before new ones sum up": {month, func(t time.Time) float64 {
			switch age := now.Sub(t); {
			case age > 29*24*time.Hour:
				return 0.02 // two thirds of the budget, which leave within the day
			case age < 12*time.Hour:
				return 0.0009
			}
			return 0
		}, 0},
		"the month ends before the budget": {slo.Window{Calendar: slo.CalendarMonth}, lastMinutes(600, 0.0015), 0},
	} {
		t.Run(name, func(t *testing.T) {
			steps, _, _ := traffic{scrape: time.Minute, perMinute: constant(60_000), errorRatio: c.errors}.count(time.Minute)
			l, err := slo.NewLedger(slo.DefaultTiers())
			require.NoError(t, err)
			l.Append(steps)
			promise := availability()
			promise.Window = c.window
			got := promise.StatusAt(l, now.Add(-time.Minute), slo.StatusOptions{}).Exhaustion
			assert.True(t, got.Known)
			assert.Equal(t, c.hours > 0, got.Best.Known)
			if c.hours > 0 {
				assert.InDelta(t, c.hours, got.Best.Value/3600, c.hours*0.02)
				assert.LessOrEqual(t, got.Low.Value, got.Best.Value)
				assert.GreaterOrEqual(t, got.High.Value, got.Best.Value)
			}
		})
	}
}

func TestCalendarWindows(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	at := time.Date(2026, 10, 28, 15, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		window   slo.Window
		from, to string
	}{
		"month":                               {slo.Window{Calendar: slo.CalendarMonth}, "2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z"},
		"week":                                {slo.Window{Calendar: slo.CalendarWeek}, "2026-10-26T00:00:00Z", "2026-11-02T00:00:00Z"},
		"quarter":                             {slo.Window{Calendar: slo.CalendarQuarter}, "2026-10-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		"a month over the end of summer time": {slo.Window{Calendar: slo.CalendarMonth, Zone: berlin}, "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"},
		"a day of 24 hours":                   {slo.Window{Calendar: slo.CalendarDay, Zone: berlin}, "2026-10-27T23:00:00Z", "2026-10-28T23:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			whole := c.window.Whole(at)
			assert.Equal(t, c.from, whole.From.Format(time.RFC3339))
			assert.Equal(t, c.to, whole.To.Format(time.RFC3339))
			assert.Equal(t, slo.Interval{From: whole.From, To: at}, c.window.At(at))
		})
	}
}

func TestSlicesJudgeTime(t *testing.T) {
	steps, _, _ := traffic{scrape: time.Minute, perMinute: dayAndNight, errorRatio: outage(2)}.count(time.Minute)
	got := steps.Slices(5*time.Minute, 0.99)
	bad, total := 0.0, 0.0
	for i := range got.Total {
		bad, total = bad+got.Bad[i], total+got.Total[i]
	}
	assert.InDelta(t, 12, bad, 0, "an hour is twelve slices, whatever the traffic")
	assert.InDelta(t, 30*288, total, 0)
}

func BenchmarkStatusOf10000SLOs(b *testing.B) {
	steps, _, _ := traffic{scrape: time.Minute, perMinute: dayAndNight, errorRatio: outage(12)}.count(time.Minute)
	ledgers := make([]*slo.Ledger, 0, 100)
	for range cap(ledgers) {
		l, err := slo.NewLedger(slo.DefaultTiers())
		require.NoError(b, err)
		l.Append(steps)
		ledgers = append(ledgers, l)
	}
	windows := []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}
	b.ReportAllocs()
	for b.Loop() {
		for i := range 10_000 {
			availability().StatusAt(ledgers[i%len(ledgers)], now, slo.StatusOptions{BurnWindows: windows})
		}
	}
}
