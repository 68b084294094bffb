package historysuite

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// life is what really happened to an alert, in minutes.
type life struct {
	alert                   string
	active, fired, resolved int
}

func randomLives(rng *rand.Rand, end int) []life {
	var out []life
	for i := range 5 {
		for at := rng.IntN(20); at < end; {
			l := life{alert: "A" + strconv.Itoa(i), active: at, fired: at + rng.IntN(15), resolved: at + 1 + rng.IntN(60)}
			out = append(out, l)
			at = l.resolved + 1 + rng.IntN(30)
		}
	}
	return out
}

// reading is what one reading of a window shows, by the definition.
func reading(lives []life, from, to int) []noise.Episode {
	var out []noise.Episode
	for _, l := range lives {
		if l.active >= to || l.resolved <= from {
			continue
		}
		e := noise.Episode{
			Rule: l.alert, Labels: labels.FromStrings("severity", "page"), ActiveAt: minute(l.active),
			Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeNone, Resolved: noise.EdgeOpen, Replicas: 1},
		}
		if l.active < from {
			e.Certainty.Active = noise.EdgeCut
		}
		if l.fired < min(l.resolved, to) {
			e.FiredAt, e.Certainty.Fired = minute(max(l.fired, from)), noise.EdgeExact
			if l.fired < from || l.fired == from && l.active < from {
				e.Certainty.Fired = noise.EdgeCut
			}
		}
		if l.resolved < to {
			e.ResolvedAt, e.Certainty.Resolved = minute(l.resolved), noise.EdgeExact
		}
		out = append(out, e)
	}
	slices.SortFunc(out, noise.Compare)
	return out
}

// truth is the events of an SLI, minute by minute.
func truth(rng *rand.Rand, end int) *slo.Steps {
	s := slo.NewSteps(minutes(0, end), stepLength)
	for i := range s.Total {
		s.Known[i] = rng.IntN(10) > 0
		if s.Known[i] {
			s.Total[i] = float64(rng.IntN(1000))
			s.Bad[i] = s.Total[i] * rng.Float64()
		}
	}
	return s
}

// part is what a reading of a window shows of the events, the steps at its edges
// only as far as they were read.
func part(all *slo.Steps, over slo.Interval) *slo.Steps {
	out := slo.NewSteps(over, all.Step)
	for i := range out.Total {
		at := out.From.Add(all.Step * timeCount(i))
		n := int(at.Sub(all.From) / all.Step)
		if n < 0 || n >= all.Len() {
			continue
		}
		out.Bad[i], out.Total[i], out.Known[i] = all.Bad[n], all.Total[n], all.Known[n]
		if at.Before(over.From) || at.Add(all.Step).After(over.To) {
			out.Bad[i], out.Total[i] = all.Bad[n]/2, all.Total[n]/2
		}
	}
	return out
}

func testAnyOrder(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 1))
		end := 100 + 2*rng.IntN(150)
		source := "p" + strconv.Itoa(int(seed))
		lives, events := randomLives(rng, end), truth(rng, end)
		var batches []history.Batch
		add := func(from, to int) {
			b := alerts(source, from, to, reading(lives, from, to)...)
			// Readings begin and end anywhere in a step.
			over := slo.Interval{From: minute(from).Add(-stepLength / 3), To: minute(to).Add(stepLength / 3)}
			b.Increments = []history.Increments{{SLO: "s/a", Group: labels.FromStrings("g", source), Window: over, Steps: part(events, over), Exact: true}}
			batches = append(batches, b)
		}
		for at := 0; at < end; {
			to := min(end, at+2+rng.IntN(80))
			add(max(0, at-1-rng.IntN(20)), to)
			at = to
		}
		for range rng.IntN(8) {
			from := rng.IntN(end - 1)
			add(from, from+1+rng.IntN(end-from))
		}
		batches = append(batches, batches[rng.IntN(len(batches))], batches[rng.IntN(len(batches))])
		rng.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		commit(t, s, batches...)
		require.Equal(t, reading(lives, 0, end), read(t, s, history.Query{Source: source}), "seed %d", seed)
		got, err := s.Increments(t.Context(), source, "s/a", minutes(0, end))
		require.NoError(t, err)
		require.Len(t, got, 1)
		require.Equal(t, events, got[0].Steps, "seed %d", seed)
	}
}
