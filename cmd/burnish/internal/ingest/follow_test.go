package ingest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// scene is a recorder's file that somebody follows. Its time is a bubble's.
type scene struct {
	t     *testing.T
	path  string
	kept  *FilePositions
	store *memory
	in    *Intake
	stop  func()
	next  int
}

func newScene(t *testing.T) *scene {
	dir := t.TempDir()
	return &scene{t: t, path: filepath.Join(dir, "events.jsonl"), kept: &FilePositions{Path: filepath.Join(dir, "positions.json")}, store: newMemory()}
}

// follow starts a new process' worth of it.
func (s *scene) follow() {
	in, err := New(Options{}, Wiring{Sink: s.store})
	require.NoError(s.t, err)
	s.in = in
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	ran := make(chan struct{})
	go func() { defer close(ran); in.Run(ctx) }()
	go func() { done <- in.Follow(ctx, s.path, s.kept) }()
	s.stop = func() {
		cancel()
		<-ran
		require.NoError(s.t, <-done)
	}
	s.pass(0)
}

func (s *scene) pass(d time.Duration) {
	time.Sleep(d) // in the bubble this takes no time
	synctest.Wait()
}

// write appends so many events to a file.
func (s *scene) write(path string, events int) {
	var text strings.Builder
	for range events {
		s.next++
		fmt.Fprintf(&text, `{"@timestamp":"2026-11-05T12:00:00.%09dZ","instance":"a","data":{"alertCreated":{"alert":`, s.next)
		fmt.Fprintf(&text, `{"labels":{"labels":[{"key":"alertname","value":"rule%d"}]},"startsAt":"2026-11-05T11:00:00Z"}}}}`+"\n", s.next)
	}
	s.append(path, text.String())
}

func (s *scene) append(path, text string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(s.t, err)
	_, err = f.WriteString(text)
	require.NoError(s.t, err)
	require.NoError(s.t, f.Close())
}

// rules are the names that were stored, and each was stored once.
func (s *scene) stored(count int) {
	s.t.Helper()
	var want, got []string
	for i := range count {
		want = append(want, fmt.Sprint("rule", i+1))
	}
	s.store.mtx.Lock()
	defer s.store.mtx.Unlock()
	for _, e := range s.store.events {
		got = append(got, e.Alert.Labels.Get("alertname"))
	}
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(s.t, want, got)
}

func TestFollow(t *testing.T) {
	cases := []struct {
		name string
		play func(s *scene)
		want int
	}{
		{"a file that grows", func(s *scene) {
			s.write(s.path, 3)
			s.follow()
			s.stored(3)
			s.write(s.path, 5000)
			s.pass(pollEvery)
		}, 5003},
		{"a file that comes later", func(s *scene) {
			s.follow()
			s.write(s.path, 3)
			s.pass(2 * pollEvery)
		}, 3},
		{"a line that is written in two halves", func(s *scene) {
			s.follow()
			s.write(s.path+".x", 1)
			text, err := os.ReadFile(s.path + ".x")
			require.NoError(s.t, err)
			s.append(s.path, string(text[:50]))
			s.pass(3 * pollEvery)
			s.stored(0)
			s.append(s.path, string(text[50:]))
			s.pass(pollEvery)
		}, 1},
		{"lines that are no events", func(s *scene) {
			s.write(s.path, 1)
			s.append(s.path, "\nhello\n{\"@timestamp\":\n\xff\n")
			s.write(s.path, 1)
			s.append(s.path, strings.Repeat("x", 20<<20)+"\n")
			s.write(s.path, 1)
			s.follow()
			refused := s.in.metrics.refused
			assert.InDelta(s.t, 2, testutil.ToFloat64(refused.WithLabelValues("file", "malformed")), 0)
			assert.InDelta(s.t, 1, testutil.ToFloat64(refused.WithLabelValues("file", "utf8")), 0)
			assert.InDelta(s.t, 1, testutil.ToFloat64(refused.WithLabelValues("file", whyLarge)), 0)
		}, 3},
		{"renamed, and written to until the writer notices", func(s *scene) {
			s.write(s.path, 2)
			s.follow()
			require.NoError(s.t, os.Rename(s.path, s.path+".1"))
			s.pass(pollEvery)
			s.write(s.path+".1", 2)
			s.write(s.path, 2)
			s.pass(3 * pollEvery)
			s.write(s.path, 2)
			s.pass(pollEvery)
		}, 8},
		{"truncated", func(s *scene) {
			s.write(s.path, 5)
			s.follow()
			require.NoError(s.t, os.Truncate(s.path, 0))
			s.write(s.path, 1)
			s.pass(pollEvery)
		}, 6},
		{"truncated and grown beyond where it was", func(s *scene) {
			s.write(s.path, 2)
			s.follow()
			require.NoError(s.t, os.Truncate(s.path, 0))
			s.write(s.path, 9)
			s.pass(pollEvery)
		}, 11},
		{"goes on after a restart", func(s *scene) {
			s.write(s.path, 2)
			s.follow()
			s.stop()
			s.write(s.path, 2)
			offers := s.store.offers
			s.follow()
			assert.Equal(s.t, offers+2, s.store.offers, "what was read is not read again")
		}, 4},
		{"rotated three times while nobody looked", func(s *scene) {
			s.write(s.path, 2)
			s.follow()
			s.stop()
			s.write(s.path, 2)
			base := time.Now().Add(-time.Hour)
			for i, name := range []string{"-20261105", "-20261106", "-20261107"} {
				require.NoError(s.t, os.Rename(s.path, s.path+name))
				require.NoError(s.t, os.Chtimes(s.path+name, base, base.Add(time.Duration(i)*time.Minute)))
				s.write(s.path, 2)
			}
			offers := s.store.offers
			s.follow()
			assert.Equal(s.t, offers+8, s.store.offers)
		}, 10},
		{"removed while nobody looked", func(s *scene) {
			s.write(s.path, 2)
			s.follow()
			s.stop()
			require.NoError(s.t, os.Remove(s.path))
			s.write(s.path, 2)
			s.follow()
		}, 4},
		{"a store that fails for a while", func(s *scene) {
			s.store.setFail(assert.AnError)
			s.write(s.path, 3)
			s.follow()
			s.pass(time.Minute)
			s.stored(0)
			s.store.setFail(nil)
			s.pass(againAfter)
		}, 3},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t)
				c.play(s)
				s.stored(c.want)
				s.stop()
			})
		})
	}
}

func TestPositionsThatCantBeRead(t *testing.T) {
	kept := &FilePositions{Path: filepath.Join(t.TempDir(), "positions.json")}
	require.NoError(t, os.WriteFile(kept.Path, []byte("{"), 0o600))
	in, err := New(Options{}, Wiring{Sink: newMemory()})
	require.NoError(t, err)
	require.Error(t, in.Follow(t.Context(), "x", kept), "rather than to read everything again")
}
