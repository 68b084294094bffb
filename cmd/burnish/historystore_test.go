package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
)

// TestABackfilledReportIsTheSourcesOwn holds reports from a store against reports
// from the data that it was filled from, byte by byte, over windows whose edges cut
// episodes.
func TestABackfilledReportIsTheSourcesOwn(t *testing.T) {
	sim, err := simulate.Run(t.Context(), simulate.Options{Dir: t.TempDir(), Seed: 7, End: demoEnd, Days: 12})
	require.NoError(t, err)
	store := filepath.Join(t.TempDir(), "history.db")
	source := []string{"--tsdb.path", sim.TSDBDir, "--rules.files", filepath.Join(filepath.Dir(sim.RuleFiles[0]), "*.yml")}
	slos := []string{"--slo.files", sim.SLOFiles[0]}
	fill := with([]string{"history", "backfill", "--history.url", store}, source, slos)
	// In two goes, with an overlap, the second from where the first one ended, and
	// then some of it again.
	must(t, append(fill, "--from", sim.From.Format(time.RFC3339), "--to", "2026-10-27T13:37:00Z")...)
	must(t, fill...)
	must(t, append(fill, "--last", "3d", "--piece", "1d")...)

	same := func(t *testing.T, args ...string) {
		t.Helper()
		want := must(t, with(args, source)...)
		assert.JSONEq(t, want, must(t, with(args, source, []string{"--history.url", store})...))
	}
	for _, window := range [][]string{
		{"--last", "4d"},
		{"--last", "12d"},
		{"--from", "2026-10-25T10:00:00Z", "--to", "2026-10-31T04:30:00Z"},
		{"--from", "2026-10-31T00:00:00Z", "--to", "2026-11-01T00:00:00Z"}, // after a restart
	} {
		t.Run("report "+strings.Join(window, " "), func(t *testing.T) {
			same(t, with([]string{"report", "--format", "json", "--incidents", sim.IncidentsFile}, window, slos)...)
		})
	}
	t.Run("slo status", func(t *testing.T) {
		same(t, "slo", "status", "--format", "json", sim.SLOFiles[0])
	})
	t.Run("export", func(t *testing.T) {
		assert.Equal(t, must(t, with([]string{"history", "export"}, source)...), must(t, "history", "export", "--history.url", store))
	})
	t.Run("the store alone", func(t *testing.T) { reportOfStoreAlone(t, store, with(source, slos)) })
}

// with is words one after another.
func with(words ...[]string) []string {
	var out []string
	for _, w := range words {
		out = append(out, w...)
	}
	return out
}

// reportOfStoreAlone holds what needs no metrics against the source's own report.
func reportOfStoreAlone(t *testing.T, store string, source []string) {
	t.Helper()
	type counted struct {
		Source  string
		Summary json.RawMessage
		Rules   []struct{ Name, Group, Severity string }
		SLOs    json.RawMessage `json:"slos"`
	}
	var want, got counted
	require.NoError(t, json.Unmarshal([]byte(must(t, with([]string{"report", "--format", "json"}, source)...)), &want))
	text := must(t, with([]string{"report", "--format", "json", "--history.url", store}, source[4:])...)
	require.NoError(t, json.Unmarshal([]byte(text), &got))
	assert.Equal(t, want.Source, got.Source)
	assert.JSONEq(t, string(want.SLOs), string(got.SLOs))
	assert.Equal(t, want.Rules, got.Rules)
	assert.Contains(t, text, "read from the history store alone", "it says what it can't tell")
}

// TestABackfillOverHTTP fills a store from a real server.
func TestABackfillOverHTTP(t *testing.T) {
	server := realserver.Prometheus(t, realserver.Options{Version: realserver.Old, DataDir: realserver.CopyTSDB(t)})
	store := filepath.Join(t.TempDir(), "history.db")
	rules := filepath.Join(realserver.Data(t), "rules", "*.rules.yml")
	source := []string{"--prometheus.url", server.URL, "--rules.files", rules}
	must(t, with([]string{"history", "backfill", "--history.url", store, "--piece", "2d"}, source)...)
	direct := must(t, with([]string{"history", "export"}, source)...)
	require.NotEmpty(t, direct)
	assert.Equal(t, direct, must(t, "history", "export", "--history.url", store))
	report := []string{"report", "--format", "json", "--last", "2d"}
	assert.JSONEq(t, must(t, with(report, source)...), must(t, with(report, source, []string{"--history.url", store})...))
}

func TestEpisodesGoOutAndIn(t *testing.T) {
	dir := t.TempDir()
	lines := filepath.Join(dir, "episodes.jsonl")
	text := `{"rule":"A","group":"g","labels":{"severity":"page"},"active_at":"2026-11-01T00:00:00Z","fired_at":"2026-11-01T00:05:00Z","resolved_at":"2026-11-01T01:00:00Z","certainty":{"active":"","fired":"","resolved":"","bridged_gaps":0,"bridged_seconds":0,"replicas":1,"pipeline":[]}}` + "\n"
	require.NoError(t, os.WriteFile(lines, []byte(text), 0o600))
	store := filepath.Join(dir, "history.db")
	must(t, "history", "import", lines, "--history.url", store)
	must(t, "history", "import", lines, "--history.url", store)
	export := []string{"history", "export", "--history.url", store}
	assert.Equal(t, text, must(t, export...))
	assert.Equal(t, text, must(t, append(export, "--last", "1h")...))
	assert.Empty(t, must(t, append(export, "--to", "2026-11-01T00:00:00Z")...))

	parquet := filepath.Join(dir, "episodes.parquet")
	require.NoError(t, os.WriteFile(parquet, []byte(must(t, append(export, "--format", "parquet")...)), 0o600))
	other := filepath.Join(dir, "other.db")
	must(t, "history", "import", parquet, "--history.url", other, "--source", "x")
	assert.Equal(t, text, must(t, "history", "export", "--history.url", other, "--history.source", "x"))

	backup, dumped := filepath.Join(dir, "backup.db"), filepath.Join(dir, "dump.jsonl")
	must(t, "history", "backup", backup, "--history.url", store)
	must(t, "history", "backup", dumped, "--history.url", store, "--dump")
	restored := filepath.Join(dir, "restored.db")
	must(t, "history", "import", dumped, "--history.url", restored)
	for _, s := range []string{backup, restored} {
		assert.Equal(t, text, must(t, "history", "export", "--history.url", s))
	}
	must(t, "history", "prune", "--history.url", backup, "--keep", "7d")
	must(t, "report", "--history.url", store, "--last", "1d")

	address := filepath.Join(dir, "address")
	require.NoError(t, os.WriteFile(address, []byte(store+"\n"), 0o600))
	assert.Equal(t, text, must(t, "history", "export", "--history.url", "@"+address))
}

func TestAStoreThatCanNotBeReadIsOneLine(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600))
	empty := filepath.Join(dir, "empty.db")
	bad := filepath.Join(dir, "bad.jsonl")
	require.NoError(t, os.WriteFile(bad, []byte("{}\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		code int
		says string
	}{
		"no store":                 {[]string{"report", "--history.url", filepath.Join(dir, "none.db")}, exitError, "fill one with `burnish history backfill`"},
		"no folder":                {[]string{"history", "import", bad, "--history.url", filepath.Join(dir, "no", "x.db")}, exitError, "check that its folder is there"},
		"no SQLite file":           {[]string{"report", "--history.url", text}, exitError, "damaged or is no SQLite file"},
		"no URL":                   {[]string{"history", "prune", "--keep", "9d"}, exitUsage, "--history.url is needed"},
		"a URL of something else":  {[]string{"report", "--history.url", "mysql://u:secret@h/d"}, exitError, "want a file name"},
		"nothing in it":            {[]string{"history", "import", bad, "--history.url", empty}, exitError, "line 1: the episode has no rule"},
		"an empty store":           {[]string{"report", "--history.url", empty}, exitError, "holds no alert history"},
		"nobody listens":           {[]string{"report", "--history.url", "postgres://u:secret@127.0.0.1:1/d"}, exitError, "does not answer"},
		"backfill from nowhere":    {[]string{"history", "backfill", "--history.url", empty}, exitUsage, "say where to read from"},
		"backfill to nowhere":      {[]string{"history", "backfill", "--tsdb.path", dir}, exitUsage, "--history.url is needed"},
		"backfill in tiny pieces":  {[]string{"history", "backfill", "--tsdb.path", dir, "--history.url", empty, "--piece", "1s"}, exitUsage, "--piece"},
		"prune nearly all":         {[]string{"history", "prune", "--history.url", empty, "--keep", "1h"}, exitUsage, "7d at least"},
		"a missing file":           {[]string{"history", "import", filepath.Join(dir, "none"), "--history.url", empty}, exitError, "no such file"},
		"parquet of a server":      {[]string{"history", "export", "--tsdb.path", dir, "--format", "parquet"}, exitUsage, "backfill a store"},
		"an address in no file":    {[]string{"report", "--history.url", "@" + filepath.Join(dir, "none")}, exitUsage, "no such file"},
		"a backup over something":  {[]string{"history", "backup", text, "--history.url", empty}, exitError, "is there already"},
		"a source that is unknown": {[]string{"report", "--history.url", empty, "--history.source", "x"}, exitError, "no alert history of x"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.says != "fill one" && strings.Contains(strings.Join(c.args, " "), empty) {
				_, _, _ = burnish("history", "import", bad, "--history.url", empty) // makes it
			}
			code, stdout, stderr := burnish(c.args...)
			assert.Equal(t, c.code, code, stderr)
			assert.Contains(t, stderr, c.says)
			assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %s", stderr)
			assert.Empty(t, stdout)
			assert.NotContains(t, stderr, "secret")
		})
	}
}
