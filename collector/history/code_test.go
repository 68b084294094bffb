package history

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

// randomText is short, of letters that keys care about.
func randomText(rng *rand.Rand) string {
	b := make([]byte, rng.IntN(4))
	for i := range b {
		b[i] = []byte{0, 1, 2, 'a', 'b', 0xfe, 0xff}[rng.IntN(7)]
	}
	return string(b)
}

// TestKeysAreInTheOrderOfEpisodes holds the byte order of keys against the order of
// names and labels.
func TestKeysAreInTheOrderOfEpisodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	made := func() noise.Episode {
		b := labels.NewScratchBuilder(3)
		for range rng.IntN(4) {
			b.Add("n"+randomText(rng), "v"+randomText(rng))
		}
		b.Sort()
		return noise.Episode{Rule: randomText(rng), Labels: labels.NewBuilder(b.Labels()).Labels()}
	}
	for range 5_000 {
		x, y := made(), made()
		if hasTwins(x.Labels) || hasTwins(y.Labels) {
			continue
		}
		kx, ky := alertKey(x.Rule, x.Labels), alertKey(y.Rule, y.Labels)
		require.Equal(t, sign(noise.Compare(x, y)), sign(bytes.Compare(kx, ky)), "%q %s and %q %s", x.Rule, x.Labels, y.Rule, y.Labels)
		rule, ls, err := splitAlertKey(kx)
		require.NoError(t, err)
		require.Equal(t, x.Rule, rule)
		require.True(t, labels.Equal(x.Labels, ls))
	}
}

func hasTwins(ls labels.Labels) bool {
	_, twins := ls.HasDuplicateLabelNames()
	return twins
}

func sign(n int) int { return max(-1, min(1, n)) }

func FuzzKeys(f *testing.F) {
	f.Add([]byte("A\x00\x01a\x00\x01b\x00\x01"))
	f.Fuzz(func(t *testing.T, key []byte) {
		rule, ls, err := splitAlertKey(key)
		if err != nil || hasTwins(ls) {
			return
		}
		again, same, err := splitAlertKey(alertKey(rule, ls))
		require.NoError(t, err)
		assert.Equal(t, rule, again)
		assert.True(t, labels.Equal(labels.NewBuilder(ls).Labels(), same) || labels.Equal(ls.WithoutEmpty(), same))
	})
}

func TestChunksComeBackAsTheyWere(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	odd := []float64{0, 1, 0.1, 1e300, 1 << 53, 1<<53 - 1, math.Copysign(0, -1), -3, math.Inf(1), math.MaxFloat64, 5e-324}
	for range 300 {
		var c chunk
		for i := range c {
			c[i] = slot{odd[rng.IntN(len(odd))], float64(rng.IntN(1000)), rng.IntN(2) == 0, rng.IntN(2) == 0}
		}
		got, err := decodeChunk(c.encode())
		require.NoError(t, err)
		require.Equal(t, c, got)
	}
	var quiet chunk
	assert.Less(t, len(quiet.encode()), 300)
}

func FuzzDecodeChunk(f *testing.F) {
	var c chunk
	c[3] = slot{0.5, 7, true, true}
	f.Add(c.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decodeChunk(b)
		if err != nil {
			assert.Equal(t, errChunk, err)
			return
		}
		again, err := decodeChunk(got.encode())
		require.NoError(t, err)
		assert.Equal(t, got.encode(), again.encode())
	})
}

// FuzzImport throws files at an import: it takes all of one or says what is wrong,
// and what it took comes out again.
func FuzzImport(f *testing.F) {
	line, err := fired("A", 5, 10).MarshalJSON()
	require.NoError(f, err)
	f.Add(append(line, '\n'))
	f.Add([]byte("{\"rule\":\"\",\"active_at\":\"9999-12-31T23:59:59Z\"}\n\n"))
	f.Add([]byte("PAR1garbagePAR1"))
	store := newStore(f)
	require.NoError(f, store.Commit(f.Context(), Batch{Source: "x", Episodes: []noise.Episode{fired("A", 5, 10), fired("B", 1, 0)}}))
	var file bytes.Buffer
	require.NoError(f, store.Export(f.Context(), &file, Query{}, Parquet))
	f.Add(file.Bytes())
	f.Add(file.Bytes()[:file.Len()/2])
	f.Fuzz(func(t *testing.T, text []byte) {
		var got []noise.Episode
		i := &importing{commit: func(all []noise.Episode) error { got = append(got, all...); return nil }}
		taken, err := i.run(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			assert.Zero(t, taken, "nothing of less than a batch")
		}
		for _, e := range got {
			require.NoError(t, sound(e))
			key := alertKey(e.Rule, e.Labels)
			rule, _, err := splitAlertKey(key)
			require.NoError(t, err)
			assert.Equal(t, e.Rule, rule)
		}
	})
}
