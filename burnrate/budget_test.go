package burnrate_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// minute is what happens in one minute of a simulated month: good and bad events.
type minute func(day, ofDay int) (good, bad float64)

// TestRecordedBudgetIsTheEventCount holds what the rules record of a month
// against the events that were simulated: within a thousandth of the budget.
func TestRecordedBudgetIsTheEventCount(t *testing.T) {
	dayAndNight := func(ofDay int) float64 {
		if ofDay < 12*60 {
			return 6000
		}
		return 6
	}
	outage := func(at int) minute {
		return func(day, ofDay int) (float64, float64) {
			n := dayAndNight(ofDay)
			if day == 1 && ofDay >= at && ofDay < at+60 {
				return 0, n
			}
			return n, 0
		}
	}
	for name, c := range map[string]struct {
		traffic minute
		born    bool // the series of errors is born with the first
		resets  bool // every three hours
		days    int
		want    float64 // over thirty days, from the facts
	}{
		"constant errors":            {traffic: func(int, int) (float64, float64) { return 5997, 3 }, days: 4},
		"an outage by day":           {traffic: outage(6 * 60), days: 30, want: -1.775},
		"an outage by night":         {traffic: outage(18 * 60), days: 4},
		"resets":                     {traffic: outage(6 * 60), resets: true, days: 4},
		"an outage's series is born": {traffic: outage(6 * 60), born: true, days: 4},
		"an idle hour": {days: 4, traffic: func(day, ofDay int) (float64, float64) {
			if day == 1 && ofDay < 60 {
				return 0, 0
			}
			return 600, 0
		}},
		"errors on the last day": {traffic: func(day, ofDay int) (float64, float64) {
			if day == 3 && ofDay >= 600 && ofDay < 660 {
				return 599, 1
			}
			return 600, 0
		}, born: true, days: 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := simulate(t, simulation{traffic: c.traffic, born: c.born, resets: c.resets, days: c.days, sli: requests().SLI})
			if c.want != 0 {
				assert.InDelta(t, c.want, got, 0.0012)
			}
		})
	}
}

type simulation struct {
	traffic      minute
	born, resets bool
	days         int
	sli          slo.SLI
	past         float64 // bad events before the beginning
}

// simulate gives the budget that the rules say is left, and holds it against the
// exact count.
func simulate(t *testing.T, s simulation) float64 {
	promise := requests()
	promise.SLI = s.sli
	out := generate(t, burnrate.GenerateOptions{Interval: time.Minute, Scrape: time.Minute}, promise)
	remaining := ""
	for i := range out.SLOs[0].Groups {
		g := &out.SLOs[0].Groups[i]
		g.Rules = slices.DeleteFunc(g.Rules, func(r burnrate.Rule) bool {
			if r.Record == "slo:error:ratio" && r.Labels["window"] == "30d" {
				remaining = "1 - (" + r.Expr + ") / 0.001"
			}
			return !strings.HasSuffix(r.Record, ":step") && !strings.HasSuffix(r.Record, ":block")
		})
	}
	r := newReplay(t, out)
	var good, bad, allGood, allBad float64
	minutes := s.days * 24 * 60
	for i := range minutes + 1 {
		if i > 0 {
			g, b := s.traffic((i-1)/1440, (i-1)%1440)
			good, bad, allGood, allBad = good+g, bad+b, allGood+g, allBad+b
		}
		at := began.Add(time.Duration(i) * time.Minute)
		samples := map[string]float64{okSeries: good + 1e6}
		if bad > 0 || !s.born {
			samples[badSeries] = bad + s.past
		}
		r.scrape(at, samples)
		r.evaluate(at)
		if s.resets && i%180 == 179 {
			good, bad = -1e6, 0
		}
	}
	got, known := r.value(remaining, began.Add(time.Duration(minutes)*time.Minute))
	require.True(t, known)
	truth := 1 - allBad/(allGood+allBad)/0.001
	assert.InDelta(t, truth, got, 0.001, "against the exact count")
	return got
}

func TestOneFailureAtTenRequestsAnHour(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*slo.SLO)
		pages  bool
	}{
		"by default it pages nobody": {func(*slo.SLO) {}, false},
		"unguarded, it is a page":    {func(s *slo.SLO) { s.Alerting.MinFailures = 1 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := requests()
			c.change(&s)
			out := generate(t, burnrate.GenerateOptions{}, s)
			r := newReplay(t, out)
			for i := range 6 * 60 * 4 {
				at := began.Add(time.Duration(i) * scraped)
				samples := map[string]float64{okSeries: math.Floor(float64(i) / 24)}
				if i >= 3*240 {
					samples[badSeries] = 1
				}
				r.scrape(at, samples)
				if i%2 == 0 {
					r.evaluate(at)
				}
			}
			assert.Equal(t, c.pages, len(r.fired) > 0, "%v", r.fired)
			bad, known := r.value(`sum_over_time(slo:events_bad:step[6h])`, began.Add(6*time.Hour))
			require.True(t, known)
			assert.InDelta(t, 1, bad, 1e-9, "the failure is counted, though its series was born with it")
		})
	}
}

// TestBudgetOfPromQL: PromQL of the user's own is extrapolated by Prometheus, and
// still adds up; but for a counter that begins at zero, whose first events
// Prometheus takes for fewer.
func TestBudgetOfPromQL(t *testing.T) {
	outage := func(day, ofDay int) (float64, float64) {
		if day == 1 && ofDay >= 300 && ofDay < 330 {
			return 100, 500
		}
		return 600, 0
	}
	for name, sli := range map[string]slo.SLI{
		"rates": slo.Events{
			Bad:   slo.Query{Expr: `sum(rate(http_requests_total{code="500"}[$window]))`},
			Total: slo.Query{Expr: `sum(rate(http_requests_total[$window]))`},
		},
		"good increases": slo.Events{
			Good:  slo.Query{Expr: `sum(increase(http_requests_total{code="200"}[$window]))`},
			Total: slo.Query{Expr: `sum(increase(http_requests_total[$window]))`},
		},
		"a ratio, with even traffic": slo.Ratio{
			Expr: `sum(rate(http_requests_total{code="500"}[$window])) / sum(rate(http_requests_total[$window]))`,
		},
		"good counters": slo.Events{
			Good:  slo.Query{Selector: `http_requests_total{code="200"}`},
			Total: slo.Query{Selector: `http_requests_total`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, simulation{traffic: outage, days: 3, sli: sli, past: 1e6})
		})
	}
}
