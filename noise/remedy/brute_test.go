package remedy

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/tune"
)

// eachAlone has Alertmanager tell of each alert by itself, at once, and again
// after four hours.
const eachAlone = `
route: {receiver: all, group_by: ['...'], group_wait: 0s, group_interval: 20s, repeat_interval: 4h}
receivers: [{name: all, webhook_configs: [{url: 'http://localhost/'}]}]
`

// blinking is an alert that comes and goes at random, for minutes or for hours,
// with gaps in which Alertmanager notices the end.
func blinking(rng *rand.Rand, slots int) []float64 {
	values := make([]float64, slots)
	for t := rng.IntN(60); t < slots; t += 5 + rng.IntN(120) {
		long := 1 + rng.IntN(40)
		if rng.IntN(6) == 0 {
			long += rng.IntN(600)
		}
		for end := min(slots, t+long); t < end; t++ {
			values[t] = 1
		}
	}
	return values
}

// pair is two rules of three hosts each, that fire at random.
func pair(t *testing.T, rng *rand.Rand, grid tune.Grid) *work {
	t.Helper()
	w := &work{Case: Case{Rules: make([]Rule, 2)}}
	w.Plan.Rules = make([]tune.Advice, 2)
	for _, name := range []string{"Target", "Source"} {
		s := subject(t, name, "page", grid)
		for host := range 3 {
			addSeries(&s, fmt.Sprint(host), blinking(rng, grid.Slots))
		}
		w.Subjects = append(w.Subjects, s)
	}
	return w
}

// replayed is when Alertmanager tells of the first rule's alerts, by host, while
// the second inhibits it.
func replayed(t *testing.T, cfg *route.Config, w *work) map[string][]time.Time {
	t.Helper()
	changed, err := cfg.With(route.Change{Inhibit: []route.Inhibition{w.inhibitionOf(1, 0, []string{"host"})}})
	require.NoError(t, err)
	var episodes []noise.Episode
	grid := w.Subjects[0].Views[0].Samples.Grid
	for _, s := range w.Subjects {
		for _, series := range s.Views[0].Samples.Series {
			for _, span := range tune.Simulate(grid, series.Values, tune.Shape{Op: tune.Above}) {
				episodes = append(episodes, span.Episode(grid, s.Rule, series))
			}
		}
	}
	out := map[string][]time.Time{}
	for _, n := range route.Replay(changed, episodes, route.Options{Window: grid.Span()}).Notifications {
		if n.FiringCount > 0 && episodes[n.Firing[0]].Rule == "Target" {
			host := n.Labels.Get("host")
			out[host] = append(out[host], n.At)
		}
	}
	return out
}

// TestInhibitionIsCountedAsAlertmanagerDoes holds what is told of alerts that are
// held back against the replay of Alertmanager, notification by notification.
func TestInhibitionIsCountedAsAlertmanagerDoes(t *testing.T) {
	cfg, err := route.NewConfig([]byte(eachAlone))
	require.NoError(t, err)
	grid := tune.Grid{Start: began, Step: time.Minute, Slots: 3 * 24 * 60}
	total, late, silent := 0, 0, 0
	for seed := range uint64(60) {
		w := pair(t, rand.New(rand.NewPCG(seed, 1)), grid)
		want, held, sum := replayed(t, cfg, w), w.held(0, 1, []string{"host"}), 0
		samples, shape, _ := w.Subjects[0].As(nil)
		for i, series := range samples.Series {
			var got []time.Time
			teller := newTeller(grid, i, held)
			for _, span := range tune.Simulate(grid, series.Values, shape) {
				first, ok := teller.tell(span, func(slot int) { got = append(got, grid.At(slot)) })
				if !ok {
					silent++
				} else if first > span.Fired {
					late++
				}
			}
			host := series.Labels.Get("host")
			require.Len(t, got, len(want[host]), "seed %d, host %s", seed, host)
			for n := range got {
				assert.WithinDuration(t, want[host][n], got[n], time.Minute, "seed %d, host %s", seed, host)
			}
			sum += len(got)
		}
		p := part{window: grid.Span()}
		assert.Equal(t, sent{sum, sum}, p.messages(samples, shape, held))
		total += sum
	}
	assert.Greater(t, total, 1000)
	assert.Greater(t, late, 100, "alerts that outlast what held them back are among them")
	assert.Greater(t, silent, 100, "and alerts that nobody is told of")
}
