package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// pushEnv is for how long 5,000 alerts a second are pushed, such as 60s. Without it a
// second is.
const pushEnv = "BURNISH_PUSH"

// The load: alerts in a second, how many come in one delivery, and how many
// deliveries are under way at most.
const (
	pushRate    = 5000
	pushGroup   = 5
	pushSenders = 64
)

// pusher is senders that do as Alertmanager does: they hold a delivery until it was
// taken, and come again after a 503.
type pusher struct {
	t      *testing.T
	url    string
	client *http.Client
	again  atomic.Int64
	slow   atomic.Int64 // the longest that a delivery took, in nanoseconds
}

// push delivers one group of alerts.
func (p *pusher) push(group int) {
	var body strings.Builder
	fmt.Fprintf(&body, `{"version":"4","receiver":"ops","groupKey":"{}:{g=\"%d\"}","alerts":[`, group)
	for i := range pushGroup {
		fmt.Fprintf(&body, `%s{"status":"firing","labels":{"alertname":"Rule%d","instance":"host-%d","severity":"page","job":"node"},`+
			`"annotations":{"summary":"%0200d"},"startsAt":"2026-11-05T11:59:00Z","generatorURL":"http://prometheus/graph?g0.expr=up"}`,
			[]string{",", ""}[1-min(1, i)], group, i, i)
	}
	body.WriteString("]}")
	text, began := []byte(body.String()), time.Now()
	for {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.url, bytes.NewReader(text))
		if !assert.NoError(p.t, err) {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := p.client.Do(req)
		if !assert.NoError(p.t, err) {
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			took := time.Since(began).Nanoseconds()
			for most := p.slow.Load(); took > most && !p.slow.CompareAndSwap(most, took); most = p.slow.Load() {
			}
			return
		}
		if !assert.Equal(p.t, http.StatusServiceUnavailable, resp.StatusCode) {
			return
		}
		p.again.Add(1)
	}
}

// run pushes so many groups at the load's pace and tells how long that took.
func (p *pusher) run(groups int) time.Duration {
	work := make(chan int)
	var all sync.WaitGroup
	for range pushSenders {
		all.Go(func() {
			for i := range work {
				p.push(i)
			}
		})
	}
	began := time.Now()
	for i := range groups {
		due := began.Add(time.Duration(i) * time.Second * pushGroup / pushRate)
		if left := time.Until(due); left > 2*time.Millisecond {
			time.Sleep(left) // the pace is the load's, not what the daemon can take
		}
		work <- i
	}
	close(work)
	all.Wait()
	return time.Since(began)
}

// TestServeUnderPushedLoad pushes 5,000 alerts a second to a daemon over SQLite and
// wants every notification stored, once. BURNISH_PUSH=60s is the figure to reach.
func TestServeUnderPushedLoad(t *testing.T) {
	t.Parallel()
	length := time.Second
	if text := os.Getenv(pushEnv); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	path := filepath.Join(t.TempDir(), "burnish.db")
	r := serving(t, filepath.Join(t.TempDir(), "burnish.yml"), fmt.Sprintf("sources: [{name: x, url: 'http://127.0.0.1:9'}]\nhistory: {path: %q}\n", path))
	r.eventually("/-/healthy", "200")
	p := &pusher{t: t, url: r.base + ingest.WebhookPath, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: pushSenders}}}
	groups := int(length.Seconds() * pushRate / pushGroup)
	before := loadAverage()
	took := p.run(groups)
	r.stop()
	usage, _ := r.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.NotNil(t, usage)
	spent := r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime()
	t.Logf("%d alerts in %d deliveries in %s: %.0f alerts/s, %d times told to come again, %s at most for one; daemon: %s of processor time (%.2f cores), %d MiB at most; %d processors, load %s before, %s after",
		groups*pushGroup, groups, took.Round(time.Millisecond), float64(groups*pushGroup)/took.Seconds(), p.again.Load(), time.Duration(p.slow.Load()).Round(time.Millisecond),
		spent.Round(time.Millisecond), spent.Seconds()/took.Seconds(), usage.Maxrss>>10, runtime.NumCPU(), before, loadAverage())

	store, err := history.Open(t.Context(), path, history.Options{Now: time.Now, MustExist: true})
	require.NoError(t, err)
	defer store.Close()
	seen := map[string]bool{}
	for n, err := range store.Notifications(t.Context(), "", slo.Interval{}) {
		require.NoError(t, err)
		assert.Len(t, n.Alerts, pushGroup)
		require.False(t, seen[n.GroupKey], "doubled: %s", n.GroupKey)
		seen[n.GroupKey] = true
	}
	assert.Len(t, seen, groups, "nothing lost")
}

// loadAverage is the machine's over the last minute, where it says so.
func loadAverage() string {
	text, _ := os.ReadFile("/proc/loadavg")
	one, _, _ := strings.Cut(string(text), " ")
	return one
}
