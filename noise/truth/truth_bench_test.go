package truth_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return epoch.Add(d) }

// bigCase is a month of many services, with as many episodes, rules and incidents
// as are asked for.
func bigCase(episodes, rules, incidents int) truth.Case {
	const month = 30 * 24 * time.Hour
	rng := rand.New(rand.NewPCG(1, 2))
	c := truth.Case{Declared: true, History: noise.History{Window: slo.Interval{From: epoch, To: after(month)}}}
	services := make([]labels.Labels, 200)
	for i := range services {
		services[i] = labels.FromStrings("service", fmt.Sprint("s", i))
	}
	for i := range incidents {
		from := time.Duration(rng.Int64N(int64(month)))
		c.Incidents = append(c.Incidents, noise.Incident{
			ID: fmt.Sprint(i), Declared: true, Labels: services[rng.IntN(len(services))],
			Interval: slo.Interval{From: after(from), To: after(from + time.Duration(rng.Int64N(int64(time.Hour))))},
		})
	}
	sets := make([][]labels.Labels, rules)
	next := make([][]time.Duration, rules)
	for r := range sets {
		for i := range 20 {
			sets[r] = append(sets[r], labels.FromStrings(
				"instance", fmt.Sprint("i", i), "service", fmt.Sprint("s", rng.IntN(len(services))), "severity", "page"))
		}
		next[r] = make([]time.Duration, 20)
	}
	perAlert := max(1, episodes/(20*rules))
	for i := range episodes {
		r, a := i%rules, i/rules%20
		from := next[r][a] + time.Duration(rng.Int64N(int64(month)/int64(perAlert)))
		to := from + time.Duration(rng.Int64N(int64(40*time.Minute)))
		next[r][a] = to
		c.History.Episodes = append(c.History.Episodes, noise.Episode{
			Rule: fmt.Sprint("Rule", r), Labels: sets[r][a], ActiveAt: after(from), FiredAt: after(from), ResolvedAt: after(to),
		})
	}
	return c
}

// bruteForce is the baseline: every episode against every incident, by the
// definition of precision alone.
func bruteForce(c truth.Case) (right int) {
	for _, e := range c.History.Episodes {
		for _, in := range c.Incidents {
			if in.Concerns(e.Labels) && e.FiredAt.Before(in.To) && !e.ResolvedAt.Before(in.From.Add(-10*time.Minute)) {
				right++
				break
			}
		}
	}
	return right
}

// BenchmarkJudge compares a whole judgement with what counting precision alone
// takes by brute force. The baseline is timed on a hundredth of the episodes and
// scaled, for it is linear in them.
func BenchmarkJudge(b *testing.B) {
	c := bigCase(1_000_000, 5_000, 2_000)
	part := c
	part.History.Episodes = c.History.Episodes[:len(c.History.Episodes)/100]
	start := time.Now()
	right := bruteForce(part)
	baseline := 100 * time.Since(start)
	require.Positive(b, right)
	b.ResetTimer()
	var j truth.Judgement
	for b.Loop() {
		j = truth.Judge(c, truth.Options{})
	}
	require.Len(b, j.Rules, 5_000)
	perOp := b.Elapsed() / time.Duration(b.N)
	b.ReportMetric(baseline.Seconds()/perOp.Seconds(), "x-brute-force")
	b.ReportMetric(baseline.Seconds(), "brute-force-s")
}
