package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// disk is where a daemon keeps its store and which can be full for a while.
type disk interface {
	// dir is where the store lies.
	dir() string
	// fill leaves no room for whom it is told of, and free makes room again.
	fill(pid int)
	free(pid int)
}

// emptyLog takes the room that is left in the write-ahead log of a store, in which
// a daemon could go on for a while though the disk is full.
func emptyLog(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(1000)")
	require.NoError(t, err)
	defer db.Close()
	require.Eventually(t, func() bool {
		var busy, frames, moved int
		err := db.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &moved)
		return err == nil && busy == 0
	}, time.Minute, 10*time.Millisecond)
}

// told tells a daemon of an alert and gives the status of the answer.
func (r *running) told(alert string) int {
	r.t.Helper()
	status, _ := r.send(http.MethodPost, ingest.WebhookPath, fmt.Sprintf(`{"version":"4","groupKey":"{}:{}","status":"firing","receiver":"pager",
		"alerts":[{"status":"firing","labels":{"alertname":%q},"startsAt":"2026-11-20T10:00:00Z"}]}`, alert))
	return status
}

// TestServeOnAFullDisk: while the disk is full the daemon lives and takes nothing that
// it can't keep, and when there is room again it goes on without help.
func TestServeOnAFullDisk(t *testing.T) {
	t.Parallel()
	for name, small := range map[string]func(*testing.T) disk{"a filesystem": smallDisk, "a limit": limited} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := small(t)
			path := filepath.Join(d.dir(), "burnish.db")
			config := fmt.Sprintf("sources: [{name: x, url: 'http://127.0.0.1:9'}]\nhistory: {path: %q}\n", path)
			r := serving(t, filepath.Join(t.TempDir(), "burnish.yml"), config)
			r.eventually("/-/healthy", "200")
			require.Equal(t, http.StatusOK, r.told("Before"))

			emptyLog(t, path)
			d.fill(r.cmd.Process.Pid)
			for range 3 {
				assert.Equal(t, http.StatusServiceUnavailable, r.told("While"))
			}
			assert.Contains(t, get(r.base+"/-/healthy"), "200")
			metrics := get(r.base + "/metrics")
			assert.GreaterOrEqual(t, metric(metrics, "burnish_ingest_store_failures_total"), 3.0)
			assert.InDelta(t, 3, metric(metrics, `burnish_ingest_refused_total{door="webhook",reason="store"}`), 0)
			assert.Equal(t, 1, strings.Count(r.logs.String(), "storing events failed"), "said once\n%s", &r.logs)

			d.free(r.cmd.Process.Pid)
			for _, alert := range []string{"While", "After"} {
				assert.Equal(t, http.StatusOK, r.told(alert), &r.logs)
			}
			assert.Equal(t, 1, strings.Count(r.logs.String(), "storing events works again"), &r.logs)
			r.stop()
			assert.ElementsMatch(t, []string{"Before", "While", "After"}, alertsOf(t, path), "each once; two may be of one moment")
		})
	}
}

// TestServeWaitsForItsStore starts the daemon while the disk is full or the database
// is away: it lives, says that it is not ready, and begins as soon as it can.
func TestServeWaitsForItsStore(t *testing.T) {
	t.Parallel()
	t.Run("a database that is away", func(t *testing.T) {
		t.Parallel()
		database := realserver.StartPostgres(t)
		url := database.Database()
		database.Stop()
		waits(t, "url_file", url, database.Start)
	})
	t.Run("a full disk", func(t *testing.T) {
		t.Parallel()
		d, ok := smallDisk(t).(mountedDisk)
		if !ok {
			t.Skip("no filesystem can be mounted here")
		}
		d.fill(0)
		waits(t, "path", filepath.Join(d.dir(), "burnish.db"), func() { d.free(0) })
	})
}

// waits starts a daemon over a store that is away.
func waits(t *testing.T, setting, store string, comes func()) {
	t.Helper()
	address := store
	if setting == "url_file" {
		address = filepath.Join(t.TempDir(), "url")
		require.NoError(t, os.WriteFile(address, []byte(store), 0o600))
	}
	r := serving(t, filepath.Join(t.TempDir(), "burnish.yml"), fmt.Sprintf("sources: [{name: x, url: 'http://127.0.0.1:9'}]\nhistory: {%s: %q}\n", setting, address))
	r.eventually("/-/healthy", "200")
	assert.Contains(t, get(r.base+"/-/ready"), "503")
	assert.Equal(t, http.StatusServiceUnavailable, r.told("Early"))
	comes()
	require.Eventually(t, func() bool { return r.told("Early") == http.StatusOK }, time.Minute, 100*time.Millisecond, &r.logs)
	assert.Equal(t, 1, strings.Count(r.logs.String(), "can't be opened; waiting"), &r.logs)
	r.stop()
	assert.Equal(t, []string{"Early"}, alertsOf(t, store))
}

// alertsOf are the names of the alerts that a store's notifications are of.
func alertsOf(t *testing.T, path string) (out []string) {
	t.Helper()
	store, err := history.Open(t.Context(), path, history.Options{Now: time.Now, MustExist: true})
	require.NoError(t, err)
	defer store.Close()
	for n, err := range store.Notifications(t.Context(), "", slo.Interval{}) {
		require.NoError(t, err)
		out = append(out, n.Alerts[0].Labels.Get("alertname"))
	}
	return out
}
