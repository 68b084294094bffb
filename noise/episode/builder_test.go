package episode_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

var epoch = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func minute(n float64) time.Time { return epoch.Add(time.Duration(n * float64(time.Minute))) }

// simulate evaluates a rule with Prometheus' rules package every minute; the
// condition of instance i is true in the given minutes, both ends included.
func simulate(t *testing.T, hold, keep time.Duration, conditions ...[][2]int) (scenario, *store) {
	t.Helper()
	s := scenario{interval: time.Minute, hold: hold, keep: keep, start: epoch, slots: 90, events: map[int]event{}}
	for _, stretches := range conditions {
		truth := make([]bool, s.slots)
		for _, st := range stretches {
			for k := st[0]; k < st[1]; k++ {
				truth[k] = true
			}
		}
		s.truth = append(s.truth, truth)
	}
	st := &store{series: map[string]*stored{}}
	(&engine{t: t, s: s, store: st}).run()
	return s, st
}

func firing(all []noise.Episode, instance string) []noise.Episode {
	return slices.DeleteFunc(slices.Clone(all), func(e noise.Episode) bool {
		return !e.Fired() || e.Labels.Get("instance") != instance
	})
}

func TestAConditionShorterThanForPlusKeepFiringForIsOneEpisode(t *testing.T) {
	s, st := simulate(t, 5*time.Minute, 10*time.Minute, [][2]int{{10, 19}})
	for _, markers := range []bool{true, false} {
		got := firing(extract(s, st, markers), "host-0:9100")
		require.Len(t, got, 1, "markers %v", markers)
		assert.Equal(t, minute(10), got[0].ActiveAt)
		assert.Equal(t, minute(15), got[0].FiredAt)
		assert.Equal(t, minute(29), got[0].ResolvedAt, "true until minute 18, first false at 19, kept for ten minutes")
	}
}

func TestEpisodesOfOneInstanceAreNotJoinedByAnother(t *testing.T) {
	s, st := simulate(t, 0, 0, [][2]int{{0, 10}, {30, 40}}, [][2]int{{5, 35}})
	for _, markers := range []bool{true, false} {
		all := extract(s, st, markers)
		a, b := firing(all, "host-0:9100"), firing(all, "host-1:9100")
		require.Len(t, a, 2, "markers %v", markers)
		require.Len(t, b, 1, "markers %v", markers)
		assert.Equal(t, minute(30), a[1].FiredAt)
		assert.Equal(t, minute(10), a[0].ResolvedAt)
	}
}

// TestWithoutMarkersTheSameEpisodesAreSeen compares what a source without
// staleness markers shows, where nothing went wrong, with the engine's own list.
func TestWithoutMarkersTheSameEpisodesAreSeen(t *testing.T) {
	for seed := range uint64(200) {
		s := randomScenario(rand.New(rand.NewPCG(seed, 2)), false)
		st := &store{series: map[string]*stored{}}
		want := (&engine{t: t, s: s, store: st}).run()
		got := extract(s, st, false)
		if !compareEpisodes(t, s, want, got) {
			t.Fatalf("seed %d: interval %s for %s keep %s offset %s", seed, s.interval, s.hold, s.keep, s.offset)
		}
		for _, e := range got {
			assert.NotEqual(t, noise.EdgeExact, e.Certainty.Resolved, "an end that was not shown is not called exact")
		}
	}
}

// samples writes a series in a small notation: one character a minute, '_' for
// no sample, 'x' for a staleness marker, anything else for the value.
func samples(b *episode.Builder, ls labels.Labels, text string, v float64) {
	track := b.Track(ls)
	for i, c := range text {
		ts := minute(float64(i)).UnixMilli()
		switch c {
		case '_':
		case 'x':
			track.Add(ts, math.Float64frombits(value.StaleNaN))
		default:
			track.Add(ts, v)
		}
	}
}

func series(metric string, kv ...string) labels.Labels {
	return labels.FromStrings(append([]string{"__name__", metric, "alertname", "Down"}, kv...)...)
}

func read(b *episode.Builder, o episode.Options) []noise.Episode {
	if o.Window.Empty() {
		o.Window = slo.Interval{From: epoch.Add(-time.Hour), To: epoch.Add(4 * time.Hour)}
	}
	o.Markers = true
	return b.Episodes(o)
}

func TestHoles(t *testing.T) {
	at := func(m float64) float64 { return float64(minute(m).Unix()) }
	cases := map[string]struct {
		firing string
		state  []float64 // ALERTS_FOR_STATE before and after the first hole
		want   []string
	}{
		"a marker is an end":                           {"fffx__fffx", []float64{at(0), at(6)}, []string{"0-3 exact", "6-9 exact"}},
		"failed evaluations are bridged":               {"fff___fffx", []float64{at(0), at(0)}, []string{"0-9 exact, 3 min bridged"}},
		"a restart that found it active is bridged":    {"fff___fffx", []float64{at(0), at(4)}, []string{"0-9 exact, 3 min bridged"}},
		"a restart that found it inactive is an end":   {"fff___fffx", []float64{at(0), at(6)}, []string{"0-3 lost", "6-9 exact"}},
		"first active at the second evaluation":        {"fff___fffx", []float64{at(0), at(5)}, []string{"0-3 lost", "6-9 exact"}},
		"evaluations failed before the one that ended": {"fff___x", []float64{at(0)}, []string{"0-6 exact, 3 min bridged"}},
		"samples that stop for good are lost":          {"fff", []float64{at(0)}, []string{"0-3 lost"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var b episode.Builder
			samples(&b, series("ALERTS", "alertstate", "firing"), c.firing, 1)
			values, hole := 0, false
			track := b.Track(series("ALERTS_FOR_STATE"))
			for i, ch := range c.firing {
				ts := minute(float64(i)).UnixMilli()
				switch {
				case ch == 'x':
					track.Add(ts, math.Float64frombits(value.StaleNaN))
					hole = true
				case ch == '_':
					hole = true
				default:
					if hole {
						values, hole = values+1, false
					}
					track.Add(ts, c.state[values])
				}
			}
			var got []string
			for _, e := range read(&b, episode.Options{}) {
				text := fmt.Sprintf("%g-%g %s", e.FiredAt.Sub(epoch).Minutes(), e.ResolvedAt.Sub(epoch).Minutes(), e.Certainty.Resolved)
				if e.Certainty.Gaps > 0 {
					text += fmt.Sprintf(", %g min bridged", e.Certainty.Bridged.Minutes())
				}
				got = append(got, text)
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestReplicasOfAnHAPairAreOneEpisode(t *testing.T) {
	var b episode.Builder
	samples(&b, series("ALERTS", "alertstate", "firing", "prometheus_replica", "a"), "fff_ffx", 1)
	samples(&b, series("ALERTS", "alertstate", "firing", "prometheus_replica", "b"), "_fffffffx", 1)
	got := read(&b, episode.Options{ReplicaLabels: []string{"prometheus_replica"}})
	require.Len(t, got, 1)
	assert.Equal(t, minute(0), got[0].FiredAt)
	assert.Equal(t, minute(8), got[0].ResolvedAt)
	assert.Equal(t, 2, got[0].Certainty.Replicas)
	assert.False(t, got[0].Labels.Has("prometheus_replica"))
	assert.Zero(t, got[0].Certainty.Gaps, "the other replica saw what one missed")
}

func TestAnEpisodeThatIsOlderThanTheWindowIsCut(t *testing.T) {
	var b episode.Builder
	samples(&b, series("ALERTS", "alertstate", "firing"), "fffff", 1)
	samples(&b, series("ALERTS_FOR_STATE"), "fffff", float64(minute(-300).Unix()))
	got := read(&b, episode.Options{Window: slo.Interval{From: epoch, To: minute(5)}})
	require.Len(t, got, 1)
	assert.Equal(t, minute(-300), got[0].ActiveAt)
	assert.Equal(t, noise.EdgeCut, got[0].Certainty.Fired)
	assert.Equal(t, noise.EdgeOpen, got[0].Certainty.Resolved)
	assert.True(t, got[0].Open())
}

func TestLabelsAreAnyUTF8(t *testing.T) {
	var b episode.Builder
	samples(&b, series("ALERTS", "alertstate", "firing", "héllo wörld", "<script>\n", "alertstate2", "\xff\xfe"), "fx", 1)
	got := read(&b, episode.Options{})
	require.Len(t, got, 1)
	assert.Equal(t, "<script>\n", got[0].Labels.Get("héllo wörld"))
	line, err := got[0].MarshalJSON()
	require.NoError(t, err)
	var back noise.Episode
	require.NoError(t, back.UnmarshalJSON(line))
	assert.Equal(t, got[0].FiredAt, back.FiredAt)
}

func TestAnActivityThatCanNotBeIsIgnored(t *testing.T) {
	for _, value := range []float64{-5, 1e18, 253402300800, math.Inf(1), math.NaN()} {
		var b episode.Builder
		samples(&b, series("ALERTS", "alertstate", "firing"), "ffx", 1)
		samples(&b, series("ALERTS_FOR_STATE"), "ffx", value)
		got := read(&b, episode.Options{})
		require.Len(t, got, 1, "%g", value)
		assert.Equal(t, minute(0), got[0].ActiveAt, "%g", value)
		_, err := got[0].MarshalJSON()
		assert.NoError(t, err)
	}
}

func TestOtherSeriesAreIgnored(t *testing.T) {
	var b episode.Builder
	for _, ls := range []labels.Labels{
		labels.FromStrings("__name__", "up"),
		labels.FromStrings("__name__", "ALERTS", "alertstate", "firing"),
		series("ALERTS"),
		series("ALERTS", "alertstate", "recovering"),
	} {
		track := b.Track(ls)
		assert.Nil(t, track, ls.String())
		track.Add(0, 1)
	}
	assert.Empty(t, read(&b, episode.Options{}))
}

// FuzzEpisodes throws samples in any order of states, values and spacings at a
// builder: it must not panic, and episodes of one alert must not overlap.
func FuzzEpisodes(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8}, true)
	f.Add([]byte{200, 2, 0, 4, 255, 6, 0, 0, 9, 9, 9}, false)
	f.Fuzz(func(t *testing.T, in []byte, markers bool) {
		var b episode.Builder
		tracks := []*episode.Track{
			b.Track(series("ALERTS", "alertstate", "firing")),
			b.Track(series("ALERTS", "alertstate", "pending")),
			b.Track(series("ALERTS_FOR_STATE")),
		}
		ts := epoch.UnixMilli()
		for i := 0; i+1 < len(in); i += 2 {
			ts += int64(in[i]) * 997
			v := float64(int(in[i+1])-128) * 1e7
			if in[i+1]%5 == 0 {
				v = math.Float64frombits(value.StaleNaN)
			}
			tracks[int(in[i+1])%3].Add(ts, v)
		}
		got := b.Episodes(episode.Options{Window: slo.Interval{From: epoch, To: time.UnixMilli(ts + 1)}, Markers: markers})
		for i := 1; i < len(got); i++ {
			if got[i-1].Open() || got[i].ActiveAt.Before(epoch) || got[i-1].ActiveAt.Before(epoch) {
				continue
			}
			assert.False(t, got[i].FiredAt.Before(got[i-1].ActiveAt) && got[i].Fired() && got[i-1].Fired(), "episodes in order")
		}
	})
}
