// Package realdata gives tests the real data that they share: what fired in seven
// corpora of alert history, the rules that fired it, and rule files that teams
// keep.
//
// The data lies beside the repository, in ../shared/data, or in the folder that
// BURNISH_TEST_DATA names. Where it is missing a test is skipped, except with
// CI=true: there it fails. Nothing but tests may import the package, which the
// house rules hold; in return it is the one package of its room that reads files.
package realdata

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// End is when the history of every corpus ends.
func End() time.Time { return time.Unix(1794700800, 0).UTC() }

// Folder is where the data is.
func Folder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join(repository(t), "..", "shared", "data")
	}
	if _, err := os.Stat(dir); err != nil {
		missing(t, err)
	}
	return dir
}

// Open opens a file of the data for as long as the test runs.
func Open(t testing.TB, parts ...string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join(append([]string{Folder(t)}, parts...)...))
	if err != nil {
		missing(t, err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// JSON reads a file of the data into a value.
func JSON(t testing.TB, into any, parts ...string) {
	t.Helper()
	if err := json.NewDecoder(Open(t, parts...)).Decode(into); err != nil {
		t.Fatalf("read %s: %v", filepath.Join(parts...), err)
	}
}

// Episodes are the episodes of a corpus as the rule engine itself listed them, so
// that all their edges are exact. They are in the order of the file.
func Episodes(t testing.TB, corpus string) []noise.Episode {
	t.Helper()
	z, err := gzip.NewReader(Open(t, "alert-history", "episodes", corpus+".jsonl.gz"))
	if err != nil {
		t.Fatalf("read the episodes of %s: %v", corpus, err)
	}
	out, err := episodes(z)
	if err != nil {
		t.Fatalf("read the episodes of %s: %v", corpus, err)
	}
	return out
}

// line is an episode in the data; times are seconds since 1970.
type line struct {
	Alert    string        `json:"alert"`
	Labels   labels.Labels `json:"labels"`
	ActiveAt int64         `json:"active_at"`
	Start    int64         `json:"start"`
	End      int64         `json:"end"`
	Open     bool          `json:"open"`
}

func episodes(r io.Reader) ([]noise.Episode, error) {
	var out []noise.Episode
	for dec := json.NewDecoder(r); ; {
		var l line
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, err
		}
		out = append(out, l.episode())
	}
}

func (l line) episode() noise.Episode {
	e := noise.Episode{
		Rule: l.Alert, Labels: l.Labels,
		ActiveAt: time.Unix(l.ActiveAt, 0).UTC(), FiredAt: time.Unix(l.Start, 0).UTC(), ResolvedAt: time.Unix(l.End, 0).UTC(),
		Certainty: noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1},
	}
	if l.Open {
		e.ResolvedAt, e.Certainty.Resolved = time.Time{}, noise.EdgeOpen
	}
	return e
}

func missing(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("the test data must be there in CI: %v", err)
	}
	t.Skipf("no test data: %v; set BURNISH_TEST_DATA to its folder", err)
}

// repository is the root of this module, found upwards from the test's folder.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("find the repository: no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
