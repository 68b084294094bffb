package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// day is a Monday.
var day = time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)

func TestReplayIsAsTheReference(t *testing.T) {
	total, reasons := 0, map[Reason]int{}
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 7))
		text := randomConfig(rng)
		episodes := randomEpisodes(rng)
		o := Options{
			Window:   slo.Interval{From: day, To: day.Add(12 * time.Hour)},
			Silences: randomSilences(rng), ResendEvery: time.Duration(20+rng.IntN(400)) * time.Second, ResolvedFor: 15 * time.Minute,
		}
		c, err := NewConfig([]byte(text))
		require.NoError(t, err)
		got := Replay(c, episodes, o)
		want := newReference(t, text, o.Silences).replay(messages(episodes, o), o.Window.To.UnixMilli())
		if !assert.Equal(t, written(want), written(got.Notifications), "seed %d of\n%s", seed, text) {
			return
		}
		total += len(want)
		for _, n := range want {
			reasons[n.Reason]++
		}
	}
	t.Logf("%d notifications: %v", total, reasons)
	for _, r := range []Reason{ReasonFirst, ReasonNew, ReasonResolved, ReasonAllGone, ReasonRepeat} {
		assert.Greater(t, reasons[r], 20, "the random histories hardly lead to %q", r)
	}
}

// written is what two replays have to agree on, in an order of its own.
func written(all []Notification) []string {
	out := []string{}
	for _, n := range all {
		out = append(out, fmt.Sprintf("%s %s %s %s firing %v resolved %v", n.At.Format("15:04:05.000"), n.Receiver, n.GroupKey, n.Reason, n.Firing, n.Resolved))
	}
	slices.Sort(out)
	return out
}

func randomConfig(rng *rand.Rand) string {
	seconds := func(of ...int) string { return fmt.Sprintf("%ds", of[rng.IntN(len(of))]) }
	group := func() string {
		return []string{"[alertname]", "[service]", "[]", "['...']", "[service, instance]"}[rng.IntN(5)]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "route:\n  receiver: one\n  group_by: %s\n  group_wait: %s\n  group_interval: %s\n  repeat_interval: %s\n  routes:\n",
		group(), seconds(0, 10, 30, 120), seconds(20, 60, 300), seconds(600, 1800, 7201))
	for range rng.IntN(4) {
		fmt.Fprintf(&b, "  - matchers: ['%s']\n    receiver: %s\n    continue: %t\n    group_by: %s\n    group_wait: %s\n",
			[]string{`severity="page"`, `service=~"s[01]"`, `alertname!="A0"`, `severity="page"`}[rng.IntN(4)],
			[]string{"one", "two", "both", "none"}[rng.IntN(4)], rng.IntN(2) == 0, group(), seconds(0, 15, 400))
		switch rng.IntN(4) {
		case 0:
			b.WriteString("    mute_time_intervals: [early]\n")
		case 1:
			b.WriteString("    active_time_intervals: [early, late]\n")
		}
	}
	if rng.IntN(2) == 0 {
		b.WriteString("inhibit_rules:\n- source_matchers: [severity=page]\n  target_matchers: ['alertname=~\"A[0-2]\"']\n  equal: [service, missing]\n")
	}
	if rng.IntN(3) == 0 {
		b.WriteString("- source_matchers: [alertname=\"A1\"]\n  target_matchers: [alertname=\"A3\"]\n")
		if !strings.Contains(b.String(), "inhibit_rules") {
			return randomConfig(rng)
		}
	}
	b.WriteString(`receivers:
- {name: one, webhook_configs: [{url: "http://localhost"}]}
- {name: two, webhook_configs: [{url: "http://localhost", send_resolved: false}]}
- {name: both, webhook_configs: [{url: "http://localhost", send_resolved: false}, {url: "http://localhost"}]}
- {name: none}
time_intervals:
- {name: early, time_intervals: [{times: [{start_time: "01:00", end_time: "02:30"}]}]}
- {name: late, time_intervals: [{times: [{start_time: "04:10", end_time: "08:00"}], location: Europe/Berlin}]}
`)
	return b.String()
}

// randomEpisodes are firings of a dozen alerts, short and long, that begin at
// any millisecond.
func randomEpisodes(rng *rand.Rand) []noise.Episode {
	var out []noise.Episode
	for i := range 1 + rng.IntN(12) {
		ls := labels.FromStrings("service", fmt.Sprint("s", i%3), "instance", fmt.Sprint("i", i), "severity", []string{"page", "ticket"}[i%2])
		mean := []float64{20, 200, 3000}[rng.IntN(3)]
		wait := func(mean float64) time.Duration {
			return time.Duration(1+rng.ExpFloat64()*mean*1000) * time.Millisecond
		}
		for at := day.Add(wait(3600)); at.Before(day.Add(12 * time.Hour)); {
			e := noise.Episode{Rule: fmt.Sprint("A", i%4), Labels: ls, ActiveAt: at, FiredAt: at.Add(wait(60))}
			e.ResolvedAt = e.FiredAt.Add(wait(mean))
			at = e.ResolvedAt.Add(wait([]float64{60, 600, 9000}[rng.IntN(3)]))
			if rng.IntN(30) == 0 {
				e.ResolvedAt = time.Time{}
				at = day.Add(24 * time.Hour)
			}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, noise.Compare)
	return out
}

func randomSilences(rng *rand.Rand) []noise.Silence {
	var out []noise.Silence
	for range rng.IntN(4) {
		from := day.Add(time.Duration(rng.IntN(12*3600*1000)) * time.Millisecond)
		m := labels.MustNewMatcher(labels.MatchEqual, "service", fmt.Sprint("s", rng.IntN(3)))
		if rng.IntN(2) == 0 {
			m = labels.MustNewMatcher(labels.MatchRegexp, "alertname", "A[0-1]")
		}
		out = append(out, noise.Silence{
			Interval: slo.Interval{From: from, To: from.Add(time.Duration(rng.IntN(7200)) * time.Second)},
			Matchers: [][]*labels.Matcher{{m}, {labels.MustNewMatcher(labels.MatchEqual, "instance", "i4")}},
		})
	}
	return out
}
