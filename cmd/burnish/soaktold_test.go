package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
)

// door is an address that Alertmanager tells of alerts. It stays the same while the
// daemon behind it is killed and comes back elsewhere, and notes what was told and
// what the answer was.
type door struct {
	*httptest.Server
	to  atomic.Pointer[string] // the daemon's address; nil takes everything
	mtx sync.Mutex
	all []telling
}

// telling is one delivery and its answer; 502 where there was none.
type telling struct {
	at     time.Time // when it came
	path   string
	body   []byte
	status int
}

func newDoor(t *testing.T) *door {
	t.Helper()
	d := &door{}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

// ServeHTTP implements http.Handler.
func (d *door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // Alertmanager has given up
	}
	one := telling{time.Now(), req.URL.Path, body, http.StatusOK}
	if to := d.to.Load(); to != nil {
		one.status = forward(req.Context(), *to+req.URL.Path, body)
	}
	d.mtx.Lock()
	d.all = append(d.all, one)
	d.mtx.Unlock()
	w.WriteHeader(one.status)
}

// forward hands a delivery on and gives the status of the answer.
func forward(ctx context.Context, url string, body []byte) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return http.StatusBadGateway
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return http.StatusBadGateway
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return http.StatusBadGateway
	}
	return resp.StatusCode
}

// tellings are the deliveries so far of which something holds.
func (d *door) tellings(of func(telling) bool) []telling {
	d.mtx.Lock()
	defer d.mtx.Unlock()
	var out []telling
	for _, one := range d.all {
		if of(one) {
			out = append(out, one)
		}
	}
	return out
}

// answered tells whether a webhook that came since then got an answer.
func (d *door) answered(status int, since time.Time) bool {
	return len(d.tellings(func(one telling) bool {
		return one.path == ingest.WebhookPath && one.status == status && one.at.After(since)
	})) > 0
}

// message is a webhook of Alertmanager.
type message struct {
	GroupKey string
	Alerts   []struct {
		Status           string
		Labels           map[string]string
		StartsAt, EndsAt time.Time
	}
}

// read is the webhook of a delivery.
func (one telling) read(t *testing.T) message {
	t.Helper()
	var m message
	assert.NoError(t, json.Unmarshal(one.body, &m))
	return m
}

// alerts are what a message says of each alert: that it began, or that it ended.
func (m message) alerts() []string {
	var out []string
	for _, a := range m.Alerts {
		text := changed(fmt.Sprint(a.Labels), a.StartsAt, time.Time{}) // fmt orders by name
		if a.Status == "resolved" {
			text = changed(fmt.Sprint(a.Labels), a.StartsAt, a.EndsAt)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return out
}

func (m message) text() string { return m.GroupKey + " " + strings.Join(m.alerts(), " ") }

// changed is how an alert came to stand.
func changed(labels string, start, end time.Time) string {
	const millis = "15:04:05.000"
	out := labels + " from " + start.UTC().Format(millis)
	if !end.IsZero() {
		out += " to " + end.UTC().Format(millis)
	}
	return out
}

// texts are the webhooks among some deliveries, each once.
func texts(t *testing.T, of []telling) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, one := range of {
		out[one.read(t).text()] = true
	}
	return out
}

// turn is a change of an alert and when it was first told; next is when its next
// one was, zero where there was none.
type turn struct {
	text     string
	at, next time.Time
}

// turns are the changes of all alerts that some deliveries tell of.
func turns(t *testing.T, of []telling) []turn {
	t.Helper()
	var out []turn
	seen, last := map[string]bool{}, map[string]int{}
	for _, one := range of {
		for _, text := range one.read(t).alerts() {
			if seen[text] {
				continue
			}
			seen[text] = true
			alert, _, _ := strings.Cut(text, " from ")
			if i, ok := last[alert]; ok {
				out[i].next = one.at
			}
			last[alert] = len(out)
			out = append(out, turn{text: text, at: one.at})
		}
	}
	return out
}
