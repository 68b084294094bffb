package historysuite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// writerEnv makes the test binary write batches into the store of this URL until
// it is killed. It says on its output which batch was taken.
const writerEnv = "BURNISH_TEST_HISTORY_WRITER"

// perBatch is how many episodes each of the writer's batches holds; they last long
// enough for a kill to fall into one.
const perBatch = 150

func writeForEver(url string) {
	ctx := context.Background()
	s, err := history.Open(ctx, url, history.Options{Now: time.Now})
	for i := 0; err == nil; i++ {
		var at time.Time
		if i == 0 {
			if at, err = s.Watermark(ctx, "w", "alerts"); err == nil && !at.IsZero() {
				i = int(at.Sub(epoch)/time.Minute) / 10
			}
		}
		if err = errors.Join(err, s.Commit(ctx, numbered(i))); err == nil {
			fmt.Println(i)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// numbered is the writer's i-th batch.
func numbered(i int) history.Batch {
	var episodes []noise.Episode
	for k := range perBatch {
		e := episode("A"+strconv.Itoa(k), 10*i, 10*i+8)
		episodes = append(episodes, e)
	}
	b := alerts("w", 10*i, 10*i+10, episodes...)
	b.Notifications = []history.Notification{{Key: strconv.Itoa(i), At: minute(10 * i)}}
	steps := slo.NewSteps(minutes(10*i, 10*i+10), stepLength)
	for k := range steps.Total {
		steps.Total[k], steps.Known[k] = 1, true
	}
	b.Increments = []history.Increments{{SLO: "s/w", Window: minutes(10*i, 10*i+10), Steps: steps}}
	return b
}

func testKilledWriter(t *testing.T, d *database) {
	self, err := os.Executable()
	require.NoError(t, err)
	target := d.fresh(t)
	rng := rand.New(rand.NewPCG(1, 2))
	acknowledged := -1
	for range 4 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), writerEnv+"="+target)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 2 + rng.IntN(4) {
			require.True(t, lines.Scan(), "the writer ended by itself")
			acknowledged, err = strconv.Atoi(lines.Text())
			require.NoError(t, err)
		}
		time.AfterFunc(time.Duration(rng.IntN(15))*time.Millisecond, func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			acknowledged, err = strconv.Atoi(lines.Text())
			require.NoError(t, err)
		}
		require.Error(t, cmd.Wait())
		checkWhole(t, target, acknowledged)
	}
}

// checkWhole holds each kind of thing in the store against the watermark: of every
// batch all is there or nothing.
func checkWhole(t *testing.T, url string, acknowledged int) {
	t.Helper()
	s, err := history.Open(t.Context(), url, history.Options{Now: time.Now})
	require.NoError(t, err)
	defer s.Close()
	at, err := s.Watermark(t.Context(), "w", "alerts")
	require.NoError(t, err)
	batches := int(at.Sub(epoch)/time.Minute) / 10
	assert.GreaterOrEqual(t, batches, acknowledged+1, "what was acknowledged is there")
	assert.LessOrEqual(t, batches, acknowledged+2)
	assert.Len(t, read(t, s, history.Query{}), batches*perBatch)
	notified := 0
	for _, err := range s.Notifications(t.Context(), "w", slo.Interval{}) {
		require.NoError(t, err)
		notified++
	}
	assert.Equal(t, batches, notified)
	steps, err := s.Increments(t.Context(), "w", "s/w", minutes(0, 10*batches+100))
	require.NoError(t, err)
	require.Len(t, steps, 1)
	sum := 0.0
	for _, v := range steps[0].Steps.Total {
		sum += v
	}
	assert.InDelta(t, 10*batches, sum, 0)
}

func testAllOrNothing(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	commit(t, s, alerts("p", 0, 50, episode("A", 5, 10)))
	b := alerts("p", 0, 100, episode("B", 60, 70))
	b.Notifications = []history.Notification{{Key: "x", At: minute(1)}}
	beyond := episode("A", 1, 2)
	beyond.ActiveAt = time.Date(20_000, 1, 1, 0, 0, 0, 0, time.UTC) // JSON can't have it
	b.Findings = []history.Finding{{Period: minutes(0, 1), Finding: noise.Finding{ID: "x", Examples: []noise.Episode{beyond}}}}
	require.Error(t, s.Commit(t.Context(), b))
	assert.Equal(t, []noise.Episode{episode("A", 5, 10)}, read(t, s, history.Query{}))
	at, err := s.Watermark(t.Context(), "p", "alerts")
	require.NoError(t, err)
	assert.Equal(t, minute(50), at)
	for _, err := range s.Notifications(t.Context(), "", slo.Interval{}) {
		t.Fatal("a notification of a batch that failed", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Commit(gone, alerts("p", 0, 100)), context.Canceled)
	assert.Len(t, read(t, s, history.Query{}), 1)
}

func testSecrets(t *testing.T, d *database) {
	right, err := url.Parse(d.fresh(t))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(*url.URL)
		is     error
	}{
		"a wrong password": {func(u *url.URL) { u.User = url.UserPassword("burnish", realserver.PostgresPassword+"!") }, history.ErrDenied},
		"no such database": {func(u *url.URL) { u.Path = "/none" }, history.ErrDenied},
		"a closed port":    {func(u *url.URL) { u.Host = "127.0.0.1:1" }, history.ErrUnreachable},
		"no such host":     {func(u *url.URL) { u.Host = "nowhere.invalid" }, history.ErrUnreachable},
		"a bad setting": {func(u *url.URL) {
			u.RawQuery = "sslmode=maybe&password=" + url.QueryEscape(realserver.PostgresPassword)
		}, nil},
		"a bad port": {func(u *url.URL) { u.Host = "127.0.0.1:99999" }, nil},
	} {
		u := *right
		c.change(&u)
		_, err := history.Open(t.Context(), u.String(), history.Options{Now: time.Now})
		require.Error(t, err, name)
		if c.is != nil {
			require.ErrorIs(t, err, c.is, name)
		}
		for _, secret := range []string{realserver.PostgresPassword, url.QueryEscape(realserver.PostgresPassword), "s3cr"} {
			assert.NotContains(t, err.Error(), secret, name)
			assert.NotContains(t, fmt.Sprintf("%+v", err), secret, name)
		}
		assert.NotContains(t, err.Error(), "\n", name)
	}
	for _, bad := range []string{"postgres://u:s3cr%zz@h/d", "postgres://u:s3cr@h:x/d", "mysql://u:s3cr@h/d", "postgres://", ""} {
		_, err := history.Open(t.Context(), bad, history.Options{Now: time.Now})
		require.Error(t, err, bad)
		assert.NotContains(t, err.Error(), "s3cr", bad)
	}
	s := open(t, right.String())
	assert.NotContains(t, s.Name(), "s3cr")
	assert.True(t, s.Shared())
}

func testRestart(t *testing.T, d *database) {
	s := open(t, d.fresh(t))
	commit(t, s, alerts("p", 0, 50, episode("A", 5, 10)))
	d.server.Stop()
	err := s.Commit(t.Context(), alerts("p", 40, 100, episode("A", 60, 70)))
	require.ErrorIs(t, err, history.ErrUnreachable)
	assert.NotContains(t, err.Error(), "s3cr")
	require.Error(t, s.Ping(t.Context()))
	d.server.Start()
	commit(t, s, alerts("p", 40, 100, episode("A", 60, 70)))
	d.server.Restart()
	require.Eventually(t, func() bool { return s.Commit(t.Context(), alerts("p", 90, 120)) == nil }, failover, 10*time.Millisecond)
	assert.Len(t, read(t, s, history.Query{}), 2)
}
