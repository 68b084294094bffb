package ingest

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// endless is a body that goes on for so many bytes, of which only a buffer
// exists.
type endless struct {
	pattern []byte
	left    int
}

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := 0
	for n < len(p) && n < e.left {
		n += copy(p[n:min(len(p), e.left)], e.pattern)
	}
	e.left -= n
	return n, nil
}

// heap is how much is in use after a collection.
func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// peak runs something and tells the most memory that it was seen to use beyond
// what was in use before.
func peak(work func(look func())) int {
	before, most := heap(), 0
	var mtx sync.Mutex
	work(func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		mtx.Lock()
		defer mtx.Unlock()
		most = max(most, int(m.HeapAlloc)-before)
	})
	return most
}

// TestHugeBodies sends bodies of 100 MB, many at once, of the kinds that cost
// most for their size, announced and not.
func TestHugeBodies(t *testing.T) {
	r := newRig(t, Options{}, newMemory())
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	patterns := []string{" ", `{"version":"4","alerts":[`, "[[[[[[[[", "\xff"}
	const senders = 8
	most := peak(func(look func()) {
		var all sync.WaitGroup
		for i := range senders {
			all.Go(func() {
				body := &endless{[]byte(patterns[i%len(patterns)]), 100 << 20}
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+WebhookPath, body)
				assert.NoError(t, err)
				req.Header.Set("Content-Type", "application/json")
				if i%2 == 0 {
					req.ContentLength = 100 << 20
				}
				resp, err := http.DefaultClient.Do(req)
				look()
				if err != nil {
					return // the connection was closed on it, which is right
				}
				defer resp.Body.Close()
				assert.Contains(t, []int{http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable, http.StatusRequestTimeout}, resp.StatusCode)
			})
		}
		all.Wait()
	})
	t.Logf("%d bodies of 100 MB: at most %d MiB of heap", senders, most>>20)
	assert.Less(t, most, 200<<20)
	assert.Zero(t, r.queued())
	assert.Equal(t, http.StatusOK, r.post(t, EventsPath, started("after")).Code)
}

// TestDenseBodies sends bodies just under the limit that hold as many things as
// their size allows.
func TestDenseBodies(t *testing.T) {
	r := newRig(t, Options{}, newMemory())
	full := func(head, item, tail string) []byte {
		n := (16<<20 - len(head) - len(tail) - 1) / (len(item) + 1)
		return []byte(head + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + tail)
	}
	bodies := map[string][]byte{
		"alerts":     full(`{"version":"4","receiver":"r","groupKey":"k","alerts":[`, `{"status":"firing","labels":{"a":"b"},"startsAt":"2026-11-05T11:00:00Z"}`, `]}`),
		"nulls":      full(`{"version":"4","receiver":"r","groupKey":"k","alerts":[`, `null`, `]}`),
		"labels":     full(`{"version":"4","receiver":"r","groupKey":"k","alerts":[{"status":"firing","startsAt":"2026-11-05T11:00:00Z","labels":{`, `"a":""`, `}}]}`),
		"fields":     full(`{`, `"a":1`, `}`),
		"deep lists": []byte(strings.Repeat("[", 16<<20-1)),
		"deep names": []byte(strings.Repeat(`{"a":`, 3<<20)),
		"events":     full(`[`, `{}`, `]`),
		"muted":      full(`{"@timestamp":"2026-11-05T11:00:00Z","data":{"notification":{"mutedAlerts":[`, `{}`, `]}}}`),
		"matchers":   full(`{"@timestamp":"2026-11-05T11:00:00Z","data":{"silenceCreated":{"silence":{"matchers":[`, `{"type":"TYPE_REGEXP","name":"a","pattern":"b{1000}"}`, `]}}}}`),
		"numbers":    []byte(`{"version":"4","truncatedAlerts":` + strings.Repeat("9", 16<<20-100) + `}`),
	}
	for name, body := range bodies {
		path := WebhookPath
		if body[0] == '[' || bytes.Contains(body[:40], []byte("timestamp")) {
			path = EventsPath
		}
		most := peak(func(look func()) {
			rec := r.post(t, path, body)
			look()
			want := http.StatusBadRequest
			if name == "matchers" { // nothing of it can be kept
				want = http.StatusOK
			}
			assert.Equal(t, want, rec.Code, "%s: %s", name, rec.Body)
		})
		assert.Less(t, most, 100<<20, name)
	}
	assert.Zero(t, r.queued())
}

// TestRandomDamage sends deliveries with random damage. BURNISH_HOSTILE sets how
// many.
func TestRandomDamage(t *testing.T) {
	tries := 5000
	if n, err := strconv.Atoi(os.Getenv("BURNISH_HOSTILE")); err == nil {
		tries = n
	}
	store := newMemory()
	r := newRig(t, Options{}, store)
	seeds := [][]byte{delivered(t, "Down", "ops", 3), started("x"), fmt.Appendf(nil, "[%s,%s]", started("y"), started("z"))}
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that can be repeated
	tokens := []string{`"`, `{`, `}`, `[`, `]`, `null`, "\xff", `\ud800`, `1e999`, `-1`, "\x00", `,`, `:`, `0001-01-01T00:00:00Z`, `9999-12-31T23:59:59Z`}
	codes := map[int]int{}
	for range tries {
		body := bytes.Clone(seeds[rng.IntN(len(seeds))])
		for range 1 + rng.IntN(4) {
			at := rng.IntN(len(body))
			switch rng.IntN(4) {
			case 0:
				body[at] = byte(rng.IntN(256))
			case 1:
				body = append(body[:at:at], append([]byte(tokens[rng.IntN(len(tokens))]), body[at:]...)...)
			case 2:
				body = append(body[:at:at], body[min(len(body), at+rng.IntN(20)):]...)
			case 3:
				to := min(len(body), at+rng.IntN(60))
				body = append(body[:to:to], body[at:]...)
			}
			if len(body) == 0 {
				body = []byte("0")
			}
		}
		path := []string{WebhookPath, EventsPath}[rng.IntN(2)]
		codes[r.post(t, path, body).Code]++
	}
	t.Logf("%d damaged deliveries: %v", tries, codes)
	assert.Len(t, codes, 2)
	assert.Equal(t, tries, codes[http.StatusOK]+codes[http.StatusBadRequest])
	assert.Positive(t, codes[http.StatusOK])
	assert.Zero(t, r.queued())
	require.Positive(t, store.count(alertmanager.KindStart))
}
