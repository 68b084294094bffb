package tsdbdir_test

import (
	"context"
	"crypto/sha256"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

var (
	start   = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	firing  = labels.FromStrings("__name__", "ALERTS", "alertname", "Down", "alertstate", "firing", "instance", "a")
	forWhen = labels.FromStrings("__name__", "ALERTS_FOR_STATE", "alertname", "Down", "instance", "a")
	stale   = math.Float64frombits(value.StaleNaN)
)

// alertMinutes writes an alert that fires from minute `from` until `to`.
func alertMinutes(t *testing.T, db *tsdb.DB, from, to int) {
	t.Helper()
	app := db.Appender(context.Background())
	for m := from; m <= to; m++ {
		ts := start.Add(time.Duration(m) * time.Minute).UnixMilli()
		v, since := 1.0, float64(start.Add(time.Duration(from)*time.Minute).Unix())
		if m == to {
			v, since = stale, stale
		}
		for _, s := range []struct {
			ls labels.Labels
			v  float64
		}{{firing, v}, {forWhen, since}} {
			_, err := app.Append(0, s.ls, ts, s.v)
			require.NoError(t, err)
		}
	}
	require.NoError(t, app.Commit())
}

func openDB(t *testing.T, dir string) *tsdb.DB {
	t.Helper()
	db, err := tsdb.Open(dir, slog.New(slog.DiscardHandler), nil, tsdb.DefaultOptions(), nil)
	require.NoError(t, err)
	return db
}

// blockDir is a data directory with one block and no log.
func blockDir(t *testing.T) string {
	t.Helper()
	scratch, dir := t.TempDir(), t.TempDir()
	db := openDB(t, scratch)
	alertMinutes(t, db, 10, 20)
	require.NoError(t, db.Snapshot(dir, true))
	require.NoError(t, db.Close())
	return dir
}

func episodes(t *testing.T, dir string) []noise.Episode {
	t.Helper()
	d, err := tsdbdir.Open(tsdbdir.Options{Path: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	var b episode.Builder
	window := slo.Interval{From: start, To: start.Add(24 * time.Hour)}
	info, err := d.Alerts(context.Background(), window, &b)
	require.NoError(t, err)
	require.True(t, info.Route.Markers())
	return b.Episodes(episode.Options{Window: window, Markers: true})
}

func TestBlocksAreRead(t *testing.T) {
	got := episodes(t, blockDir(t))
	require.Len(t, got, 1)
	assert.Equal(t, start.Add(10*time.Minute), got[0].FiredAt)
	assert.Equal(t, start.Add(20*time.Minute), got[0].ResolvedAt)
	assert.Equal(t, noise.EdgeExact, got[0].Certainty.Resolved)
}

func TestALiveDirectoryIsReadWithItsLogAndLeftAlone(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, dir)
	alertMinutes(t, db, 0, 9)
	alertMinutes(t, db, 300, 310)
	require.NoError(t, db.CompactHead(tsdb.NewRangeHead(db.Head(), start.UnixMilli(), start.Add(2*time.Hour).UnixMilli()-1)))
	alertMinutes(t, db, 400, 410)
	before := fingerprints(t, dir)
	got := episodes(t, dir)
	assert.Equal(t, before, fingerprints(t, dir), "nothing may be written into the directory")
	require.NoError(t, db.Close())
	require.Len(t, got, 3, "one in a block, two in the log")
	assert.Equal(t, start.Add(400*time.Minute), got[2].FiredAt)
}

func fingerprints(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		out[path] = sha256.Sum256(text)
		return err
	}))
	return out
}

func TestWhatIsNoDataDirectorySaysSo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, c := range map[string]struct{ path, says string }{
		"missing": {filepath.Join(t.TempDir(), "nowhere"), "no such file"},
		"a file":  {file, "it is a file"},
		"empty":   {t.TempDir(), "neither blocks nor a wal"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tsdbdir.Open(tsdbdir.Options{Path: c.path})
			assert.ErrorContains(t, err, c.says)
			assert.ErrorContains(t, err, c.path)
		})
	}
}

func TestADamagedBlockIsNamed(t *testing.T) {
	for name, damage := range map[string]func(block string) error{
		"index cut short":  func(b string) error { return os.Truncate(filepath.Join(b, "index"), 100) },
		"index gone":       func(b string) error { return os.Remove(filepath.Join(b, "index")) },
		"meta is no JSON":  func(b string) error { return os.WriteFile(filepath.Join(b, "meta.json"), []byte("{"), 0o600) },
		"chunks are gone":  func(b string) error { return os.RemoveAll(filepath.Join(b, "chunks")) },
		"chunks cut short": func(b string) error { return os.Truncate(filepath.Join(b, "chunks", "000001"), 4) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := blockDir(t)
			blocks, err := filepath.Glob(filepath.Join(dir, "0*"))
			require.NoError(t, err)
			require.NoError(t, damage(blocks[0]))
			_, err = tsdbdir.Open(tsdbdir.Options{Path: dir})
			assert.ErrorContains(t, err, filepath.Base(blocks[0]))
			assert.ErrorContains(t, err, "damaged")
		})
	}
}

func TestAChunkThatIsDamagedInsideIsAnErrorAndNotLessHistory(t *testing.T) {
	dir := blockDir(t)
	files, err := filepath.Glob(filepath.Join(dir, "0*", "chunks", "000001"))
	require.NoError(t, err)
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	for i := 8; i < len(text); i++ {
		text[i] = 0xff
	}
	require.NoError(t, os.WriteFile(files[0], text, 0o600))
	d, err := tsdbdir.Open(tsdbdir.Options{Path: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	var b episode.Builder
	_, err = d.Alerts(context.Background(), slo.Interval{From: start, To: start.Add(time.Hour)}, &b)
	assert.ErrorContains(t, err, dir)
}

func TestNewest(t *testing.T) {
	d, err := tsdbdir.Open(tsdbdir.Options{Path: blockDir(t)})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	last := start.Add(19 * time.Minute) // minute 20 holds staleness markers only
	for name, c := range map[string]struct{ now, want time.Time }{
		"old data end after their last minute": {start.Add(48 * time.Hour), last.Add(time.Minute)},
		"fresh data end before the present":    {last.Add(90 * time.Second), last},
		"data of the future are not asked for": {start.Add(15*time.Minute + 30*time.Second), start.Add(14 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := d.Newest(context.Background(), c.now)
			require.NoError(t, err)
			assert.Equal(t, c.want, got)
		})
	}
	_, err = d.Newest(context.Background(), start)
	assert.ErrorIs(t, err, collector.ErrNoData)
}

func TestQueryRangeAndRules(t *testing.T) {
	d, err := tsdbdir.Open(tsdbdir.Options{Path: blockDir(t)})
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	r := collector.Range{From: start, To: start.Add(30 * time.Minute), Step: time.Minute}
	res, err := d.QueryRange(context.Background(), `sum(ALERTS{alertname="Down"})`, r)
	require.NoError(t, err)
	require.Len(t, res.Series, 1)
	assert.Len(t, res.Series[0].Points, 10)
	_, err = d.QueryRange(context.Background(), "sum(", r)
	assert.ErrorContains(t, err, "parse")
	_, err = d.Rules(context.Background())
	assert.ErrorIs(t, err, collector.ErrRulesUnknown)
}
