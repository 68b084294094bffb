package historysuite

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// filled is a store with something of every kind, at some day of November.
func filled(t *testing.T, s *history.Store, day int) {
	t.Helper()
	at := day * 1440
	name := "day " + minute(at).Format("02")
	b := alerts("p", at, at+1000, episode(name, at+5, at+10), episode("A", at+20, at+30))
	b.Alerts.Spells = []noise.Spell{{Interval: minutes(at+1, at+9), Kind: noise.SpellRestart}}
	b.Alerts.Rules, b.Alerts.RulesKnown = []noise.Rule{{Name: "A", Expr: name}}, true
	b.Notifications = []history.Notification{{Key: name, At: minute(at)}}
	b.Silences = []noise.Silence{silence(name, at, at+5, 1)}
	b.Acknowledgements = []history.Acknowledgement{{ID: name, At: minute(at)}}
	b.Findings = []history.Finding{{Period: minutes(at, at+7), Finding: noise.Finding{ID: "f"}}}
	steps := slo.NewSteps(minutes(at, at+240), stepLength)
	for i := range steps.Total {
		steps.Total[i], steps.Known[i] = 1.5, true
	}
	b.Increments = []history.Increments{{SLO: "s/a", Group: labels.FromStrings("g", "x"), Window: minutes(at, at+240), Steps: steps}}
	commit(t, s, b)
	require.NoError(t, s.PutIncident(t.Context(), noise.Incident{ID: name, Interval: minutes(at, at+5), Declared: true}))
	require.NoError(t, s.PutReport(t.Context(), history.ReportID{Name: "r", Period: minutes(at, at+1440), Form: "md"}, []byte(name)))
	ok, err := s.ClaimPeriod(t.Context(), history.Claim{Name: "r", Period: minutes(at, at+1440), Holder: "h"})
	require.NoError(t, err)
	assert.True(t, ok)
}

func testPrune(t *testing.T, d *database) {
	s := open(t, d.fresh(t)) // its clock says minute 100,000: day 69
	for day := 60; day < 69; day++ {
		filled(t, s, day)
	}
	whole := dump(t, s)
	none, err := s.Prune(t.Context(), history.Retention{})
	require.NoError(t, err)
	assert.Zero(t, none)
	assert.Equal(t, whole, dump(t, s), "nothing is dropped that has no limit")
	keep := 100_000*time.Minute - 65*24*time.Hour // what is of day 65 and later
	got, err := s.Prune(t.Context(), history.Retention{
		Episodes: keep, Notifications: keep, Silences: keep, Acknowledgements: keep, Increments: keep, Incidents: keep, Findings: keep, Reports: keep - time.Minute,
	})
	require.NoError(t, err)
	assert.Equal(t, history.Pruned{
		Episodes: 10, Notifications: 5, Silences: 5, Acknowledgements: 5, Increments: 10, Incidents: 5, Findings: 5, Reports: 5,
	}, got)
	assert.Len(t, read(t, s, history.Query{}), 8)
	again, err := s.Prune(t.Context(), history.Retention{Episodes: keep})
	require.NoError(t, err)
	assert.Zero(t, again)

	fresh := open(t, d.fresh(t))
	for day := 65; day < 69; day++ {
		filled(t, fresh, day)
	}
	assert.Equal(t, read(t, fresh, history.Query{}), read(t, s, history.Query{}))
	src, err := history.NewSource(t.Context(), s, history.SourceOptions{})
	require.NoError(t, err)
	rules, err := src.Rules(t.Context())
	require.NoError(t, err)
	assert.Len(t, rules, 1, "the rules in force are kept however old they are")
}

func dump(t *testing.T, s *history.Store) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, s.Dump(t.Context(), &b))
	return b.String()
}

func testDump(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	filled(t, s, 60)
	filled(t, s, 61)
	text := dump(t, s)
	for name, url := range map[string]string{"of the same kind": d.fresh(t), "of SQLite": filepath.Join(t.TempDir(), "other.db")} {
		other := open(t, url)
		require.NoError(t, other.Restore(t.Context(), bytes.NewBufferString(text)), name)
		assert.Equal(t, read(t, s, history.Query{}), read(t, other, history.Query{}), name)
		assert.Len(t, dump(t, other), len(text), name)
		require.ErrorIs(t, other.Restore(t.Context(), bytes.NewBufferString(text)), history.ErrNotEmpty, name)
	}
	for _, bad := range []string{"", "{}\n", text + "[]\n", text[:len(text)/2], text + `["nothing",1]` + "\n", text + `["alerts",1]` + "\n"} {
		other := open(t, d.fresh(t))
		require.Error(t, other.Restore(t.Context(), bytes.NewBufferString(bad)))
		assert.Empty(t, read(t, other, history.Query{}), "nothing is restored of a dump that is broken")
	}

	path := filepath.Join(t.TempDir(), "backup")
	require.NoError(t, s.Backup(t.Context(), path))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.ErrorContains(t, s.Backup(t.Context(), path), "is there already")
	var copied *history.Store
	if d.server == nil {
		copied = open(t, path)
	} else {
		copied = open(t, d.fresh(t))
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		require.NoError(t, copied.Restore(t.Context(), f))
	}
	assert.Equal(t, read(t, s, history.Query{}), read(t, copied, history.Query{}))
}

func testTransfer(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	odd := episode("B", 7, 9)
	odd.Labels = labels.FromStrings("a", "b", "z", "\"\n日本")
	odd.Certainty.Gaps, odd.Certainty.Bridged, odd.Certainty.Pipeline = 2, 1500*time.Millisecond, []noise.SpellKind{noise.SpellOutage, noise.SpellRestart}
	pending := episode("C", 30, 50)
	pending.FiredAt, pending.Certainty.Fired = time.Time{}, noise.EdgeNone
	want := []noise.Episode{episode("A", 5, 10), odd, episode("A", 20, 40), pending, episode("A", 90, 0)}
	commit(t, s, alerts("p", 0, 100, want...))
	for _, form := range []history.Format{history.JSONLines, history.Parquet} {
		var b bytes.Buffer
		require.NoError(t, s.Export(t.Context(), &b, history.Query{}, form))
		other := open(t, d.fresh(t))
		for range 2 {
			n, err := other.Import(t.Context(), "file", bytes.NewReader(b.Bytes()), int64(b.Len()))
			require.NoError(t, err, form)
			assert.Equal(t, len(want), n)
		}
		got := read(t, other, history.Query{})
		if form == history.JSONLines { // which has no files
			for i := range got {
				assert.Empty(t, got[i].File)
				got[i].File = want[i].File
			}
		}
		assert.Equal(t, want, got, form)
	}
	require.ErrorContains(t, s.Export(t.Context(), &bytes.Buffer{}, history.Query{}, "csv"), "unknown format")
}

func testSource(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	_, err := history.NewSource(t.Context(), s, history.SourceOptions{})
	require.ErrorIs(t, err, collector.ErrNoData)
	rule := noise.Rule{Name: "A", Group: "g", File: "rules/f.yml", Interval: 4 * time.Minute}
	first, second := alerts("http://p", 0, 100, episode("A", 90, 0)), alerts("http://p", 90, 200, cutAt(91, episode("A", 90, 150)), episode("B", 160, 0))
	second.Alerts.Rules, second.Alerts.RulesKnown, second.Alerts.HealthKnown = []noise.Rule{rule}, true, true
	second.Alerts.Spells = []noise.Spell{{Interval: minutes(140, 155), Kind: noise.SpellRestart}}
	first.Alerts.HealthKnown = true
	first.Alerts.Spells = []noise.Spell{{Interval: minutes(95, 100), Kind: noise.SpellRestart}}
	commit(t, s, second, first)
	src, err := history.NewSource(t.Context(), s, history.SourceOptions{Source: "http://p"})
	require.NoError(t, err)
	assert.Equal(t, "http://p", src.Name())
	newest, err := src.Newest(t.Context(), minute(1000))
	require.NoError(t, err)
	assert.Equal(t, minute(200), newest)

	all, err := src.History(t.Context(), minutes(0, 200))
	require.NoError(t, err)
	assert.Equal(t, []noise.Episode{episode("A", 90, 150), episode("B", 160, 0)}, all.Episodes)
	assert.Equal(t, []noise.Rule{rule}, all.Rules)
	assert.True(t, all.RulesKnown && all.HealthKnown && all.Markers)
	assert.Equal(t, collector.Route("blocks"), all.Info.Route)

	inside, err := src.History(t.Context(), minutes(101, 149))
	require.NoError(t, err)
	want := episode("A", 90, 0)
	want.FiredAt = minute(102) // the first evaluation in the window: every four minutes from its end on
	want.Certainty.Active, want.Certainty.Fired = noise.EdgeCut, noise.EdgeCut
	assert.Equal(t, []noise.Episode{want}, inside.Episodes)
	assert.Equal(t, []noise.Spell{{Interval: minutes(140, 155), Kind: noise.SpellRestart}}, inside.Spells)
	assert.Equal(t, minute(102), inside.Reach.From)

	_, err = src.QueryRange(t.Context(), "up", collector.Range{})
	require.ErrorIs(t, err, history.ErrNoMetrics)
	_, err = src.LabelValues(t.Context(), "job", nil, slo.Interval{})
	require.ErrorIs(t, err, collector.ErrPresenceUnknown)
	_, err = history.NewSource(t.Context(), s, history.SourceOptions{Source: "http://q"})
	require.ErrorIs(t, err, collector.ErrNoData)
}
