package simulate

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReplayEqualsInstantQueries evaluates a day with a restart, a failing and a
// missing spell once more, slot by slot: instant queries at every slot, whole
// groups, no slot left out. The series that are written must be the same.
func TestReplayEqualsInstantQueries(t *testing.T) {
	o := Options{Dir: t.TempDir(), Seed: 3, End: end, Days: 1}
	sh, st, err := readShop(o.Days)
	require.NoError(t, err)
	st.Restart.At = offset(3 * time.Hour)
	st.Failing.At = offset(4 * time.Hour)
	st.Missing.At = offset(150 * time.Minute)
	st.Incidents = []incident{{ID: "x", At: offset(170 * time.Minute), Lasts: 100 * time.Minute, Effects: []effect{{On: "checkout", Errors: 0.2, Slow: 5}, {On: "search", Slow: 6}}}}
	groups, err := readGroups()
	require.NoError(t, err)
	s := newState(sh, st, o)
	s.minutes = 6 * 60 // instant queries are slow
	m := &month{options: o, story: st, state: s, progress: progress{}}
	r := newReplay(newMemory(m.scrape(sh, groups)), s, st)
	got, err := m.evaluate(t.Context(), r, groups)
	require.NoError(t, err)
	require.Greater(t, len(got), 20)

	var want []*series
	for _, g := range groups {
		want = append(want, slowly(t, r, g)...)
	}
	assert.Equal(t, flat(want), flat(got))
}

// slowly evaluates a group as Prometheus' own loop does.
func slowly(t *testing.T, r *replay, g *group) []*series {
	t.Helper()
	sink := newSink()
	at := g.slots(r.state)
	load := func(restored bool) *rules.Group {
		var of []rules.Rule
		for _, rule := range g.rules {
			if rule.Alert != "" {
				a, err := g.alerting(rule, restored)
				require.NoError(t, err)
				of = append(of, a)
			}
		}
		w := &walk{replay: r, group: g, sink: sink}
		opts := w.managerOptions(t.Context())
		opts.QueryFunc = func(ctx context.Context, expr string, ts time.Time) (promql.Vector, error) {
			if r.fate(g, ts) == failed {
				return nil, errUnwell
			}
			return rules.EngineQueryFunc(r.engine, r.memory)(ctx, expr, ts)
		}
		return g.engine(opts, !restored, of...)
	}
	running, fresh, stopped := load(true), 0, false
	for i := range at.n {
		switch ts := at.time(i); r.fate(g, ts) {
		case down:
			stopped = true
		case missed:
		default:
			if stopped {
				running, fresh, stopped = load(false), 2, false
			}
			running.Eval(t.Context(), ts)
			if fresh--; fresh == 0 {
				running.RestoreForState(ts.Add(restoreTakes))
			}
		}
	}
	return sink.series()
}

// point is a sample that compares equal by its bits.
type point struct {
	t int64
	v uint64
}

func flat(all []*series) map[string][]point {
	out := map[string][]point{}
	for _, s := range all {
		for i, v := range s.values {
			out[s.labels.String()] = append(out[s.labels.String()], point{s.times[i], math.Float64bits(v)})
		}
	}
	return out
}

func TestCursorSkipsWhatIsAbsent(t *testing.T) {
	s := &series{base: 1000, step: 10, values: []float64{1, absent(), absent(), 4, 5, absent()}}
	read := func(c chunkenc.Iterator) (out []float64) {
		for c.Next() == chunkenc.ValFloat {
			_, v := c.At()
			out = append(out, v)
		}
		return out
	}
	assert.Equal(t, []float64{1, 4, 5}, read(s.Iterator(nil)))
	for name, c := range map[string]struct {
		seek int64
		at   int64
		kind chunkenc.ValueType
	}{
		"before the first":     {0, 1000, chunkenc.ValFloat},
		"on a sample":          {1030, 1030, chunkenc.ValFloat},
		"between two slots":    {1031, 1040, chunkenc.ValFloat},
		"on an absent one":     {1010, 1030, chunkenc.ValFloat},
		"after the last":       {1041, 0, chunkenc.ValNone},
		"far beyond the slots": {9999, 0, chunkenc.ValNone},
	} {
		t.Run(name, func(t *testing.T) {
			it := s.Iterator(nil)
			require.Equal(t, c.kind, it.Seek(c.seek))
			if c.kind == chunkenc.ValFloat {
				assert.Equal(t, c.at, it.AtT())
				require.Equal(t, chunkenc.ValFloat, it.Seek(0), "seeking back stays")
				assert.Equal(t, c.at, it.AtT())
			}
		})
	}
}

func TestOffsetReadsDaysHoursAndMinutes(t *testing.T) {
	_, st, err := readShop(30)
	require.NoError(t, err)
	assert.Equal(t, 1*24*time.Hour+10*time.Hour+20*time.Minute, time.Duration(st.Incidents[0].At))
	_, short, err := readShop(2)
	require.NoError(t, err)
	assert.Len(t, short.Incidents, 1)
}

func TestStaleMarkersEndWhatAFailedScrapeHides(t *testing.T) {
	sc := &scraper{state: &state{minutes: 8, from: end}, hole: span{5, 7}}
	one := &target{name: "x", labels: labels.FromStrings("job", "x"), down: []bool{false, false, true, true, false, false, false, true}}
	s := sc.series(one, "m", []float64{1, 2, 3, 4, 5, 6, 7, 8})
	var got []string
	for _, v := range s.values {
		switch {
		case isAbsent(v):
			got = append(got, "-")
		case math.IsNaN(v):
			got = append(got, "end")
		default:
			got = append(got, "x")
		}
	}
	assert.Equal(t, []string{"x", "x", "end", "-", "x", "-", "-", "-"}, got)
}
