package slo_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

// shelf is what a store holds: blocks by their beginnings, of which some may be missing.
type shelf struct {
	step   time.Duration
	size   int
	blocks map[time.Time]*slo.Steps
}

func (s shelf) length() time.Duration { return s.step * time.Duration(s.size) }

// write replaces the steps of an interval by random ones: busy, idle, fractional and
// unknown stretches.
func (s shelf) write(r *rand.Rand, over slo.Interval) {
	kind := r.IntN(4)
	for t := over.From; t.Before(over.To); t = t.Add(s.step) {
		if r.IntN(30) == 0 {
			kind = r.IntN(4)
		}
		begin := t.Truncate(s.length())
		if s.blocks[begin] == nil {
			s.blocks[begin] = slo.NewSteps(slo.Interval{From: begin, To: begin.Add(s.length())}, s.step)
		}
		b, i := s.blocks[begin], int(t.Sub(begin)/s.step)
		b.Bad[i], b.Total[i], b.Known[i] = 0, 0, kind != 3
		switch kind {
		case 0:
			b.Total[i] = float64(r.IntN(1000))
			b.Bad[i] = float64(r.IntN(int(b.Total[i]) + 1))
		case 1:
			b.Total[i] = r.Float64() * 100
			b.Bad[i] = r.Float64() * b.Total[i]
		}
	}
}

// ledger counts all again.
func (s shelf) ledger(t *testing.T, over slo.Interval) *slo.Ledger {
	t.Helper()
	all := slo.NewSteps(over, s.step)
	for i := range all.Total {
		at := all.From.Add(time.Duration(i) * s.step)
		if b := s.blocks[at.Truncate(s.length())]; b != nil {
			k := int(at.Sub(b.From) / s.step)
			all.Bad[i], all.Total[i], all.Known[i] = b.Bad[k], b.Total[k], b.Known[k]
		}
	}
	l, err := slo.NewLedger([]slo.Tier{{Step: s.step, Keep: over.Duration() + s.step}})
	require.NoError(t, err)
	l.Append(all)
	return l
}

func assertTally(t *testing.T, want, got slo.Tally, at string) {
	t.Helper()
	assert.InDelta(t, want.Bad, got.Bad, 1e-6, at)
	assert.InDelta(t, want.Total, got.Total, 1e-6, at)
	assert.InDelta(t, want.Covered.Seconds(), got.Covered.Seconds(), 1.01, at)
	assert.Equal(t, want.Length, got.Length, at)
}

// TestStepsAreReadAsALedgerReadsThem asks both about random windows.
func TestStepsAreReadAsALedgerReadsThem(t *testing.T) {
	var reader slo.StepReader
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 8))
		s := shelf{step: time.Minute * time.Duration(1+r.IntN(5)), size: 12, blocks: map[time.Time]*slo.Steps{}}
		over := slo.Interval{From: now.Truncate(s.step), To: now.Truncate(s.step).Add(s.step * time.Duration(1+r.IntN(400)))}
		s.write(r, over)
		all := slo.NewSteps(over, s.step)
		for i := range all.Total {
			at := all.From.Add(time.Duration(i) * s.step)
			b := s.blocks[at.Truncate(s.length())]
			k := int(at.Sub(b.From) / s.step)
			all.Bad[i], all.Total[i], all.Known[i] = b.Bad[k], b.Total[k], b.Known[k]
		}
		l, err := slo.NewLedger([]slo.Tier{{Step: s.step, Keep: over.Duration() + s.step}})
		require.NoError(t, err)
		l.Append(all)
		reader.Read(all)
		covered := time.Duration(0)
		for _, c := range all.Covered() {
			covered += c.Duration()
		}
		assert.Equal(t, covered, reader.Window(over).Covered)
		for range 50 {
			from := over.From.Add(time.Duration(r.IntN(int(over.Duration()/time.Second))-3000) * time.Second)
			window := slo.Interval{From: from, To: from.Add(time.Duration(r.IntN(100_000)) * time.Second)}
			excluded := []slo.Interval{{From: from.Add(100 * time.Second), To: from.Add(1000 * time.Second)}}
			assertTally(t, l.Window(window), reader.Window(window), window.From.String())
			assertTally(t, l.Without(window, excluded), reader.Without(window, excluded), window.From.String())
		}
	}
}

// TestBlocksEqualARecount lets random rounds write what is new, replace an overlap,
// leave gaps and change what is old, and holds every window to a count of all steps.
func TestBlocksEqualARecount(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 7))
		s := shelf{step: time.Minute * time.Duration(1+4*r.IntN(2)), size: 12, blocks: map[time.Time]*slo.Steps{}}
		windows := []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 40*time.Hour + 7*time.Minute}
		longest := windows[len(windows)-1]
		b, err := slo.NewBlocks(s.step, s.size)
		require.NoError(t, err)
		var reader slo.BlockReader
		at := now.Add(time.Duration(r.IntN(500)) * time.Minute)
		excluded := []slo.Interval{{From: at.Add(13 * time.Minute), To: at.Add(101 * time.Minute)}}
		for range 50 {
			from := at.Add(-10 * time.Minute).Truncate(s.step)
			at = at.Add(time.Duration(1+r.IntN(40)) * time.Minute)
			switch r.IntN(8) {
			case 0: // away, and nothing is read back
				at = at.Add(time.Duration(r.IntN(300)) * time.Minute)
				from = at.Truncate(s.step)
			case 1: // something old is corrected
				from = from.Add(-time.Duration(r.IntN(40)) * time.Hour).Truncate(s.step)
			}
			s.write(r, slo.Interval{From: from, To: at.Truncate(s.step)})
			for begin := from.Truncate(s.length()); begin.Before(at); begin = begin.Add(s.length()) {
				if s.blocks[begin] != nil {
					require.NoError(t, b.Put(s.blocks[begin]))
				}
			}
			edges := []time.Time{excluded[0].From, excluded[0].To}
			for _, w := range windows {
				edges = append(edges, at.Add(-w))
			}
			for _, begin := range b.Closed(edges) {
				require.NoError(t, b.Put(s.blocks[begin]))
			}
			b.Close(at.Add(-2*s.length()), edges)
			b.Forget(at.Add(-longest))
			require.Empty(t, b.Closed(edges))
			reader.Read(b)
			whole := s.ledger(t, slo.Interval{From: at.Add(-2 * longest), To: at})
			for _, w := range windows {
				over := slo.Interval{From: at.Add(-w), To: at}
				assertTally(t, whole.Window(over), reader.Window(over), over.From.String())
				assertTally(t, whole.Without(over, excluded), reader.Without(over, excluded), over.From.String())
			}
			over := slo.Interval{From: at.Add(-s.length()), To: at}
			recent := b.Recent(over)
			require.Equal(t, slo.NewSteps(over, s.step).Len(), recent.Len())
			for i := range recent.Total {
				at := recent.From.Add(time.Duration(i) * s.step)
				if stored := s.blocks[at.Truncate(s.length())]; stored != nil {
					k := int(at.Sub(stored.From) / s.step)
					require.Equal(t, stored.Total[k], recent.Total[i])
					require.Equal(t, stored.Known[k], recent.Known[i])
				}
			}
		}
	}
}

func TestBlocksTakeLittleMemory(t *testing.T) {
	b, err := slo.NewBlocks(time.Minute, 120)
	require.NoError(t, err)
	r := rand.New(rand.NewPCG(1, 2))
	for from := now; from.Before(now.AddDate(0, 0, 30)); from = from.Add(2 * time.Hour) {
		s := slo.NewSteps(slo.Interval{From: from, To: from.Add(2 * time.Hour)}, time.Minute)
		for i := range s.Total {
			s.Total[i], s.Bad[i], s.Known[i] = float64(300+r.IntN(300)), float64(r.IntN(3)), true
		}
		require.NoError(t, b.Put(s))
		b.Close(from.Add(-2*time.Hour), nil)
	}
	b.Trim()
	assert.Less(t, b.Bytes(), 4000)
	assert.Equal(t, slo.Interval{From: now, To: now.AddDate(0, 0, 30)}, b.Interval())
}

func TestBlocksRefuseWhatIsNone(t *testing.T) {
	_, err := slo.NewBlocks(1500*time.Millisecond, 10)
	require.Error(t, err)
	b, err := slo.NewBlocks(time.Minute, 10)
	require.NoError(t, err)
	for name, s := range map[string]*slo.Steps{
		"another step":           slo.NewSteps(slo.Interval{From: now, To: now.Add(50 * time.Minute)}, 5*time.Minute),
		"a part":                 slo.NewSteps(slo.Interval{From: now, To: now.Add(9 * time.Minute)}, time.Minute),
		"between two beginnings": slo.NewSteps(slo.Interval{From: now.Add(time.Minute), To: now.Add(11 * time.Minute)}, time.Minute),
	} {
		require.Error(t, b.Put(s), name)
	}
	var r slo.BlockReader
	r.Read(b)
	assert.Equal(t, slo.Tally{Length: time.Hour}, r.Window(slo.Interval{From: now, To: now.Add(time.Hour)}), "nothing is unknown, not good")
}
