package realserver

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// quickCorpora are the corpora of the test data that build within seconds.
var quickCorpora = []string{"cloudmon", "nezha"}

// Data is the folder of real test data: $BURNISH_TEST_DATA, or ../shared/data
// beside the repository. Where it is missing the test is skipped, or fails with
// CI=true.
func Data(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = filepath.Join(repository(t), "..", "shared", "data")
	}
	if !exists(filepath.Join(dir, "make-tsdb.sh")) {
		Missing(t, "no test data at ../shared/data; set BURNISH_TEST_DATA to its folder")
	}
	return dir
}

// TSDB is a Prometheus data directory built from the test data: metrics, ALERTS
// and ALERTS_FOR_STATE of the corpora (the quick ones where none is named), and
// in episodes/CORPUS.jsonl the rule engine's own list of what fired. It is
// built once per machine and state of the data; it is shared, so no test may
// write to it and no server may run on it: CopyTSDB is for that.
func TSDB(t testing.TB, corpora ...string) string {
	t.Helper()
	if len(corpora) == 0 {
		corpora = quickCorpora
	}
	data := Data(t)
	sums, err := os.ReadFile(filepath.Join(data, "SHA256SUMS"))
	if err != nil {
		t.Fatalf("read the test data's checksums: %v", err)
	}
	key := sha256.Sum256(append(sums, strings.Join(corpora, " ")...))
	name := fmt.Sprintf("tsdb-%s-%x", strings.Join(corpora, "-"), key[:6])
	path, err := cached(name, func(path string) error {
		Requires(t, "promtool", "go", "bash")
		return makeTSDB(data, path, corpora)
	})
	if err != nil {
		t.Fatalf("build a data directory from the test data: %v", err)
	}
	return path
}

// CopyTSDB is a copy of TSDB's directory that the test may write to.
func CopyTSDB(t testing.TB, corpora ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(TSDB(t, corpora...))); err != nil {
		t.Fatalf("copy the data directory: %v", err)
	}
	return dir
}

func makeTSDB(data, path string, corpora []string) error {
	cmd := exec.Command("bash", append([]string{filepath.Join(data, "make-tsdb.sh"), path}, corpora...)...)
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return errors.Join(fmt.Errorf("run make-tsdb.sh: %w", err), errors.New(lastLines(out)))
	}
	return nil
}

// repository is the root of this module, found upwards from the test's folder.
func repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("find the repository: %v", err)
	}
	for !exists(filepath.Join(dir, "go.mod")) {
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("find the repository: no go.mod above the test")
		}
		dir = parent
	}
	return dir
}
