package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// journal is a store that is as durable as one has to be: every group is
// written to a file and synced.
type journal struct {
	f     *os.File
	rooms atomic.Int64 // notifications
	calls atomic.Int64
}

func (j *journal) Store(_ context.Context, events []alertmanager.Event) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	notes := int64(0)
	for _, e := range events {
		line := map[string]any{"key": e.Key, "kind": e.Kind, "at": e.At}
		if e.Notification != nil {
			notes++
			line["group"] = e.Notification.GroupKey
		}
		if e.Alert != nil {
			line["labels"] = e.Alert.Labels
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	if _, err := j.f.Write(text.Bytes()); err != nil {
		return err
	}
	if err := j.f.Sync(); err != nil {
		return err
	}
	j.rooms.Add(notes)
	j.calls.Add(1)
	return nil
}

// load is a sender that does as Alertmanager does: it comes again after a 503
// and holds a delivery until it was answered with 200.
type load struct {
	url     string
	client  *http.Client
	again   atomic.Int64
	answers atomic.Int64
}

func (l *load) send(t testing.TB, body []byte) {
	for {
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, l.url+WebhookPath, bytes.NewReader(body))
		if !assert.NoError(t, err) {
			return
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := l.client.Do(req)
		if !assert.NoError(t, err) {
			return
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode == http.StatusOK {
			l.answers.Add(1)
			return
		}
		if !assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode) {
			return
		}
		l.again.Add(1)
	}
}

const loadSenders = 64

// loadGroup is how a second's 5,000 alerts come: in groups of this many.
const loadGroup = 5

func newLoad(t testing.TB) (*load, *journal, *Intake) {
	f, err := os.Create(filepath.Join(t.TempDir(), "journal"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.Close() })
	j := &journal{f: f}
	l, in := loadTo(t, j)
	return l, j, in
}

// loadTo is a sender to an intake that stores in a sink.
func loadTo(t testing.TB, sink Sink) (*load, *Intake) {
	in, err := New(Options{}, Wiring{Sink: sink})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); in.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	server := httptest.NewServer(in.Handler())
	t.Cleanup(server.Close)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: loadSenders}}
	t.Cleanup(client.CloseIdleConnections)
	return &load{url: server.URL, client: client}, in
}

// run sends 5,000 alerts a second for so long and waits for the answers. It tells
// how many deliveries that were.
func (l *load) run(t *testing.T, in *Intake, length time.Duration) int {
	deliveries := int(length.Seconds() * 5000 / loadGroup)
	work := make(chan int)
	var all sync.WaitGroup
	for range loadSenders {
		all.Go(func() {
			for i := range work {
				l.send(t, delivered(t, fmt.Sprint("Rule", i), "ops", loadGroup))
			}
		})
	}
	var took time.Duration
	most := peak(func(look func()) {
		start := time.Now()
		for i := range deliveries {
			// The pace is the load's, not what burnish can take.
			if due := start.Add(time.Duration(i) * time.Second * loadGroup / 5000); time.Until(due) > 2*time.Millisecond {
				pause(t, due)
			}
			if i%500 == 0 {
				look()
			}
			work <- i
		}
		close(work)
		all.Wait()
		took = time.Since(start)
	})
	t.Logf("%d alerts in %d deliveries in %s: %.0f alerts/s, %d times told to come again, at most %d MiB of heap with the senders",
		deliveries*loadGroup, deliveries, took.Round(time.Millisecond), float64(deliveries*loadGroup)/took.Seconds(), l.again.Load(), most>>20)
	assert.Equal(t, int64(deliveries), l.answers.Load())
	assert.Less(t, most, 200<<20)
	assert.Zero(t, in.queued())
	return deliveries
}

// TestLoad sends 5,000 alerts a second in 1,000 deliveries and wants each stored
// once. BURNISH_LOAD sets for how long, a second where it is not set; the figure
// to reach is a minute.
func TestLoad(t *testing.T) {
	l, j, in := newLoad(t)
	deliveries := l.run(t, in, loadLength(t, time.Second))
	assert.Equal(t, int64(deliveries), j.rooms.Load(), "nothing lost, nothing doubled")
	checkJournal(t, j, deliveries)
}

// checkJournal reads back what is on disk.
func checkJournal(t *testing.T, j *journal, deliveries int) {
	f, err := os.Open(j.f.Name())
	require.NoError(t, err)
	defer f.Close()
	keys, kinds := map[string]bool{}, map[alertmanager.Kind]int{}
	for dec := json.NewDecoder(f); dec.More(); {
		var line struct {
			Key  string
			Kind alertmanager.Kind
		}
		require.NoError(t, dec.Decode(&line))
		keys[line.Key] = true
		kinds[line.Kind]++
	}
	assert.Equal(t, map[alertmanager.Kind]int{
		alertmanager.KindNotification: deliveries, alertmanager.KindStart: deliveries * loadGroup,
	}, kinds)
	assert.Len(t, keys, deliveries*(1+loadGroup))
}

func pause(t testing.TB, until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// BenchmarkWebhooks is how many alerts a second are taken when senders do not
// wait for each other, in deliveries of one, of five and of a hundred.
func BenchmarkWebhooks(b *testing.B) {
	for _, size := range []int{1, 5, 100} {
		b.Run(fmt.Sprint("alerts=", size), func(b *testing.B) {
			l, j, _ := newLoad(b)
			var n atomic.Int64
			b.SetParallelism(max(1, loadSenders/runtime.GOMAXPROCS(0)))
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					l.send(b, delivered(b, fmt.Sprint("Rule", n.Add(1)), "ops", size))
				}
			})
			b.StopTimer()
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "alerts/s")
			require.Equal(b, int64(b.N), j.rooms.Load())
		})
	}
}
