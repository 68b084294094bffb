package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/slo"
)

const benchConfig = `
route:
  receiver: tickets
  group_by: [alertname, service]
  routes:
  - {matchers: ['severity="page"'], receiver: pager, group_by: [service], continue: true}
  - {matchers: ['alertname=~"Rule1.*"'], receiver: team, mute_time_intervals: [nights]}
inhibit_rules:
- {source_matchers: ['alertname="Rule7"'], target_matchers: ['severity="ticket"'], equal: [service]}
receivers:
- {name: tickets, webhook_configs: [{url: "http://localhost"}]}
- {name: pager, webhook_configs: [{url: "http://localhost"}]}
- {name: team, email_configs: [{to: a@example.org, from: b@example.org, smarthost: "localhost:25"}]}
time_intervals:
- {name: nights, time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}]}]}
`

// history is n episodes of n/20 alerts of 5,000 rules in 30 days.
func history(n int) []noise.Episode {
	rng := rand.New(rand.NewPCG(1, 2))
	alerts := max(1, n/20)
	out := make([]noise.Episode, 0, n)
	for i := range alerts {
		ls := labels.FromStrings("service", fmt.Sprint("s", i%200), "instance", fmt.Sprint("i", i), "severity", []string{"page", "ticket"}[i%2])
		at := day
		for range n / alerts {
			at = at.Add(time.Duration(rng.ExpFloat64() * float64(34*time.Hour)))
			e := noise.Episode{Rule: fmt.Sprint("Rule", i%5000), Labels: ls, ActiveAt: at, FiredAt: at.Add(time.Minute)}
			e.ResolvedAt = e.FiredAt.Add(time.Minute + time.Duration(rng.ExpFloat64()*float64(40*time.Minute)))
			at = e.ResolvedAt
			out = append(out, e)
		}
	}
	slices.SortFunc(out, noise.Compare)
	return out
}

// BenchmarkReplay compares the replay with the reference, which flushes every
// group at every interval, on a history that the latter can manage, and shows the
// replay alone on a large one.
func BenchmarkReplay(b *testing.B) {
	o := Options{Window: slo.Interval{From: day, To: day.Add(30 * 24 * time.Hour)}}.withDefaults()
	c, err := NewConfig([]byte(benchConfig))
	require.NoError(b, err)
	for _, n := range []int{2_000, 1_000_000} {
		episodes := history(n)
		b.Run(fmt.Sprintf("skip/%d", n), func(b *testing.B) {
			sent := 0
			for b.Loop() {
				sent = len(Replay(c, episodes, o).Notifications)
			}
			b.ReportMetric(float64(sent), "notifications")
		})
		if n > 10_000 {
			continue
		}
		b.Run(fmt.Sprintf("tick/%d", n), func(b *testing.B) {
			sent := 0
			for b.Loop() {
				sent = len(newReference(b, benchConfig, nil).replay(messages(episodes, o), o.Window.To.UnixMilli()))
			}
			b.ReportMetric(float64(sent), "notifications")
		})
	}
}

// BenchmarkSuggestInhibitions prices ten candidates on a large history.
func BenchmarkSuggestInhibitions(b *testing.B) {
	episodes := history(1_000_000)
	c, err := NewConfig([]byte(benchConfig))
	require.NoError(b, err)
	var pairs []overlap.Pair
	for i := range 10 {
		of := func(n int) noise.RuleKey { return key(fmt.Sprint("Rule", n), []string{"page", "ticket"}[n%2]) }
		pairs = append(pairs, pair(overlap.Redundant, of(2*i), of(2*i+100), "service"))
	}
	for b.Loop() {
		_, err := SuggestInhibitions(c, episodes, pairs, SuggestOptions{})
		require.NoError(b, err)
	}
}
