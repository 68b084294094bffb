package historysuite

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
)

// leader runs for the lead until its stop is called, and tells when it has it and
// when it lost it.
type leader struct {
	has, lost chan struct{}
	stop      context.CancelFunc
	ended     chan error
}

func runFor(t *testing.T, s *history.Store, name string) *leader {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	l := &leader{has: make(chan struct{}, 9), lost: make(chan struct{}, 9), stop: stop, ended: make(chan error, 1)}
	go func() {
		l.ended <- s.Lead(ctx, name, func(ctx context.Context) error {
			l.has <- struct{}{}
			<-ctx.Done()
			l.lost <- struct{}{}
			return ctx.Err()
		})
	}()
	t.Cleanup(func() { stop() })
	return l
}

// within waits for a sign, and gives how long that took.
func within(t *testing.T, sign <-chan struct{}, most time.Duration, what string) time.Duration {
	t.Helper()
	began := time.Now()
	select {
	case <-sign:
	case <-time.After(most):
		t.Fatalf("%s: not within %s", what, most)
	}
	return time.Since(began)
}

// failover is the longest that a store may be without a leader.
const failover = 15 * time.Second

func testLead(t *testing.T, d *database) {
	target := d.fresh(t)
	a := runFor(t, open(t, target), "collect")
	within(t, a.has, failover, "the only one leads")
	b := runFor(t, open(t, target), "collect")
	other := runFor(t, open(t, target), "another name")
	within(t, other.has, failover, "a lead of another name")
	assert.Empty(t, b.has, "two lead")
	if d.server == nil {
		a.stop()
	} else {
		cutConnections(t, d, target)
	}
	began := time.Now()
	within(t, a.lost, failover, "the leader notices")
	// After its connection was cut the old leader runs again like any other.
	select {
	case <-b.has:
	case <-a.has:
	case <-time.After(failover):
		t.Fatal("nobody follows")
	}
	t.Logf("another leads after %s", time.Since(began).Round(time.Millisecond))
	a.stop()
	require.ErrorIs(t, <-a.ended, context.Canceled)
}

// cutConnections ends every connection that holds the lead.
func cutConnections(t *testing.T, d *database, target string) {
	t.Helper()
	u, err := url.Parse(target)
	require.NoError(t, err)
	d.server.Exec(`SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
		WHERE l.locktype = 'advisory' AND l.granted AND d.datname = $1`, strings.TrimPrefix(u.Path, "/"))
}

// testHangingLeader stops a process that leads, which keeps its connection open.
func testHangingLeader(t *testing.T, d *database) {
	target := d.fresh(t)
	a := runFor(t, open(t, target), "collect")
	within(t, a.has, failover, "the only one leads")
	a.stop()
	require.ErrorIs(t, <-a.ended, context.Canceled)

	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), leaderEnv+"="+target)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "it leads")
	b := runFor(t, open(t, target), "collect")
	require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
	took := within(t, b.has, failover, "another leads while the first one hangs")
	t.Logf("took over from a process that hangs after %s", took.Round(time.Millisecond))
}

// leaderEnv makes the test binary lead the store of this URL.
const leaderEnv = "BURNISH_TEST_HISTORY_LEADER"

func leadForEver(url string) {
	s, err := history.Open(context.Background(), url, history.Options{Now: time.Now})
	if err == nil {
		err = s.Lead(context.Background(), "collect", func(ctx context.Context) error {
			fmt.Println("leading")
			<-ctx.Done()
			return ctx.Err()
		})
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
