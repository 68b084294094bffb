package realserver

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrometheusOfBothVersions(t *testing.T) {
	for _, c := range []struct {
		version Version
		build   string
	}{
		{Old, `"version":"2.`},
		{New, `"version":"` + newRelease},
	} {
		t.Run("version "+string(c.version), func(t *testing.T) {
			s := Prometheus(t, Options{Version: c.version})
			assert.Contains(t, get(t, s.URL+"/api/v1/status/buildinfo"), c.build)

			s.Kill()
			assert.False(t, answers(t.Context(), s.URL+"/-/ready"), "a killed server answers no more")
			s.Restart()
			assert.True(t, answers(t.Context(), s.URL+"/-/ready"), "it answers again at the same URL")

			s.Reload("global: {external_labels: {cluster: reloaded}}\n")
			assert.Contains(t, get(t, s.URL+"/api/v1/status/config"), "reloaded")
			s.Stop()
			assert.False(t, answers(t.Context(), s.URL+"/-/ready"), "a stopped server answers no more")
			s.Stop() // stopping twice is harmless
		})
	}
}

func TestPausedServerAcceptsAndNeverAnswers(t *testing.T) {
	s := Prometheus(t, Options{})
	s.Pause()
	client := http.Client{Timeout: 300 * time.Millisecond}
	resp, err := client.Get(s.URL + "/-/ready")
	if err == nil {
		resp.Body.Close()
	}
	require.Error(t, err)
	assert.True(t, os.IsTimeout(err), "a timeout and no refusal: %v", err)
	s.Resume()
	assert.True(t, answers(t.Context(), s.URL+"/-/ready"))
}

func TestVictoriaMetricsTakesSamples(t *testing.T) {
	s := VictoriaMetrics(t, Options{})
	resp, err := http.Post(s.URL+"/api/v1/import/prometheus", "text/plain", strings.NewReader("m 7 1794700000000\n"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	s.Flush()
	got := get(t, s.URL+"/api/v1/query?time=1794700000&query="+url.QueryEscape("m"))
	assert.Contains(t, got, `[1794700000,"7"]`)
}

func TestTSDBIsServedByBothVersions(t *testing.T) {
	dir := CopyTSDB(t)
	episodes, err := filepath.Glob(filepath.Join(dir, "episodes", "*.jsonl"))
	require.NoError(t, err)
	assert.Len(t, episodes, len(quickCorpora), "the rule engine's own list lies beside the blocks")
	for _, v := range []Version{Old, New} {
		s := Prometheus(t, Options{Version: v, DataDir: dir})
		got := get(t, s.URL+"/api/v1/query?time=1794700000&query="+url.QueryEscape(`count(last_over_time(ALERTS[3d]))`))
		assert.Contains(t, got, `"status":"success"`)
		assert.NotContains(t, got, `"result":[]`, "alert history is there")
		s.Stop()
	}
}

func TestMissingFailsWhereNothingMayBeMissing(t *testing.T) {
	for _, c := range []struct {
		name, ci     string
		fatal, skips bool
	}{
		{"on a user's machine", "", false, true},
		{"in continuous integration", "true", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			fake := &fakeT{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				Missing(fake, "no %s", "thing")
			}()
			<-done
			assert.Equal(t, c.fatal, fake.fatal)
			assert.Equal(t, c.skips, fake.skipped)
		})
	}
}

func TestCachedIsMadeOnceAndNeverByHalves(t *testing.T) {
	t.Setenv("HOME", t.TempDir()) // where other systems than Linux put the cache
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	made := 0
	create := func(err error) func(string) error {
		return func(path string) error {
			made++
			require.NoError(t, os.WriteFile(path, []byte("made"), 0o600))
			return err
		}
	}
	_, err := cached("thing", create(os.ErrPermission))
	require.ErrorIs(t, err, os.ErrPermission)

	first, err := cached("thing", create(nil))
	require.NoError(t, err)
	second, err := cached("thing", create(nil))
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.Equal(t, 2, made, "once for the failure, once for good")
}

// fakeT records how a test would have ended.
type fakeT struct {
	testing.TB
	fatal, skipped bool
}

func (f *fakeT) Helper() {}

func (f *fakeT) Fatalf(string, ...any) {
	f.fatal = true
	runtime.Goexit()
}

func (f *fakeT) Skipf(string, ...any) {
	f.skipped = true
	runtime.Goexit()
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(body)
}
