package history

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// life is what really happened to an alert, in minutes.
type life struct {
	alert                   string
	active, fired, resolved int // fired may be no earlier than resolved: never
}

// every is how far apart evaluations lie, in minutes; windows begin and end between
// them.
const every = 2

// randomLives are episodes of a few alerts that do not overlap.
func randomLives(rng *rand.Rand, end int) []life {
	var out []life
	for i := range 1 + rng.IntN(3) {
		for at := every * rng.IntN(10); at < end; {
			l := life{alert: "A" + strconv.Itoa(i), active: at, fired: at + every*rng.IntN(8)}
			l.resolved = at + every*(1+rng.IntN(30))
			out = append(out, l)
			at = l.resolved + every*(1+rng.IntN(15))
		}
	}
	return out
}

// reading is what one reading of a window shows of the lives.
func reading(lives []life, from, to int) []noise.Episode {
	var out []noise.Episode
	first := (from + every - 1) / every * every // evaluation in the window
	for _, l := range lives {
		if max(l.active, first) >= min(l.resolved, to) {
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
			e.FiredAt, e.Certainty.Fired = minute(max(l.fired, first)), noise.EdgeExact
			if l.active < from && l.fired <= first {
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

// cover is windows that together cover all of it, each of which begins three minutes
// or more before another ends, and some more, some of them twice, in any order.
func cover(rng *rand.Rand, end int) [][2]int {
	var out [][2]int
	for at := 0; at < end; {
		to := min(end, at+2+rng.IntN(80))
		out = append(out, [2]int{max(0, at-3-rng.IntN(20)), to})
		at = to
	}
	for range rng.IntN(8) {
		from := rng.IntN(end - 1)
		out = append(out, [2]int{from, from + 1 + rng.IntN(end-from)})
	}
	out = append(out, out[rng.IntN(len(out))], out[rng.IntN(len(out))])
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// TestAnyOrderOfOverlappingReadingsIsOneReading holds what is left of many readings
// against a single one of all.
func TestAnyOrderOfOverlappingReadingsIsOneReading(t *testing.T) {
	for seed := range uint64(800) {
		rng := rand.New(rand.NewPCG(seed, 1))
		end := 50 + rng.IntN(300)
		lives := randomLives(rng, end)
		known := map[string][]stretch{}
		windows := cover(rng, end)
		for _, c := range windows {
			w := windowOf(slo.Interval{From: minute(c[0]), To: minute(c[1])})
			paintAll(known, reading(lives, c[0], c[1]), w)
		}
		var got []noise.Episode
		for _, all := range known {
			for _, s := range all {
				got = append(got, s.Episode)
			}
		}
		slices.SortFunc(got, noise.Compare)
		require.Equal(t, lines(t, reading(lives, 0, end)), lines(t, got), "seed %d, windows %v", seed, windows)
	}
}

// lines is episodes as text that can be compared by eye.
func lines(t *testing.T, episodes []noise.Episode) string {
	t.Helper()
	var out []byte
	for _, e := range episodes {
		var err error
		out, err = e.AppendJSON(out)
		require.NoError(t, err)
		out = append(out, '\n')
	}
	return string(out)
}

// paintAll does to a map what a commit does to a store.
func paintAll(known map[string][]stretch, episodes []noise.Episode, w window) {
	fresh := map[string][]stretch{}
	for _, e := range episodes {
		fresh[e.Rule] = append(fresh[e.Rule], seen(e, w))
	}
	for name := range fresh {
		known[name] = append(known[name], []stretch{}...)
	}
	for name, all := range known {
		known[name] = repaint(all, apart(fresh[name]), w, 2*time.Minute.Milliseconds())
	}
}

func TestPainting(t *testing.T) {
	cut := func(e noise.Episode) noise.Episode {
		e.Certainty.Active, e.Certainty.Fired = noise.EdgeCut, noise.EdgeCut
		return e
	}
	ended := func(e noise.Episode, edge noise.Edge) noise.Episode {
		e.Certainty.Resolved = edge
		return e
	}
	type read struct {
		from, to int
		episodes []noise.Episode
	}
	from := func(at int, e noise.Episode) noise.Episode { e.FiredAt = minute(at); return e }
	shifted := func(at int, e noise.Episode) noise.Episode { e.ActiveAt = minute(at); return e }
	for name, c := range map[string]struct {
		reads []read
		want  []noise.Episode
	}{
		"a start that shifted after a restart is the same episode": {
			[]read{{0, 100, []noise.Episode{fired("A", 50, 0)}}, {90, 200, []noise.Episode{from(90, shifted(63, cut(fired("A", 50, 120))))}}},
			[]noise.Episode{fired("A", 50, 120)},
		},
		"one that was lost and comes back with an older start goes on": {
			[]read{{0, 100, []noise.Episode{ended(fired("A", 50, 80), noise.EdgeLost)}}, {90, 200, []noise.Episode{from(95, shifted(50, cut(fired("A", 50, 120))))}}},
			[]noise.Episode{func() noise.Episode {
				e := fired("A", 50, 120)
				e.Certainty.Gaps, e.Certainty.Bridged = 1, 10*time.Minute
				return e
			}()},
		},
		"an end that was seen stays, and the next begins after it": {
			[]read{{0, 100, []noise.Episode{fired("A", 50, 80)}}, {90, 200, []noise.Episode{from(95, shifted(70, cut(fired("A", 50, 120))))}}},
			[]noise.Episode{fired("A", 50, 80), from(95, shifted(80, cut(fired("A", 50, 120))))},
		},
		"one that a later reading does not show was a mistake": {
			[]read{{0, 100, []noise.Episode{fired("A", 50, 80)}}, {0, 200, nil}},
			nil,
		},
		"what a reading does not reach stays": {
			[]read{{0, 100, []noise.Episode{fired("A", 10, 20), fired("A", 50, 80)}}, {40, 200, nil}},
			[]noise.Episode{fired("A", 10, 20)},
		},
		"a reading of the past does not open what has ended": {
			[]read{{0, 100, []noise.Episode{fired("A", 10, 80)}}, {0, 50, []noise.Episode{fired("A", 10, 0)}}},
			[]noise.Episode{fired("A", 10, 80)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			known := map[string][]stretch{}
			for _, r := range slices.Concat(c.reads, c.reads[len(c.reads)-1:]) {
				paintAll(known, r.episodes, windowOf(slo.Interval{From: minute(r.from), To: minute(r.to)}))
			}
			var got []noise.Episode
			for _, s := range known["A"] {
				got = append(got, s.Episode)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

// TestToldEpisodesInAnyOrder: an episode may be told while it is open, again when
// it has ended, and late.
func TestToldEpisodesInAnyOrder(t *testing.T) {
	for seed := range uint64(800) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var want, told []noise.Episode
		for at := 0; at < 300; {
			e := fired("A", at, at+2+rng.IntN(40))
			open := e
			open.ResolvedAt, open.Certainty.Resolved = time.Time{}, noise.EdgeOpen
			want = append(want, e)
			told = append(told, e, open, e)
			at += 45 + rng.IntN(20)
		}
		rng.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		var known []stretch
		for _, e := range told {
			known = tell(known, toldStretch(e))
		}
		slices.SortFunc(known, byStart)
		var got []noise.Episode
		for _, s := range known {
			got = append(got, s.Episode)
		}
		require.Equal(t, want, got, "seed %d", seed)
	}
}
