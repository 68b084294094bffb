package realserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Version names a Prometheus to test against.
type Version string

// The two ends of the range that burnish supports.
const (
	// Old is the `prometheus` on the PATH, which has to be of major version 2;
	// on Debian 12 it is 2.42.
	Old Version = "2"
	// New is built from the module and cached.
	New Version = "3"
)

// newModule is the module version of New, and newRelease what it calls itself.
const (
	newModule  = "v0.315.0"
	newRelease = "3.15.0"
)

// Options say how a server is started.
type Options struct {
	// Version chooses among Prometheus' releases; New where it is empty.
	Version Version
	// DataDir is the storage, which the server writes to; empty for a new one.
	// Give a copy of what TSDB returns (CopyTSDB), never that itself.
	DataDir string
	// Config is the text of the configuration file; empty for one that scrapes
	// and evaluates nothing.
	Config string
	// ExtraArgs come last on the command line.
	ExtraArgs []string
}

// Prometheus starts a Prometheus and waits until it can be asked. Its storage
// keeps ten years, so that old test data stays.
func Prometheus(t testing.TB, o Options) *Server {
	t.Helper()
	program := prometheusProgram(t, o.Version)
	if o.DataDir == "" {
		o.DataDir = t.TempDir()
	}
	if o.Config == "" {
		o.Config = "global: {scrape_interval: 1h, evaluation_interval: 1h}\n"
	}
	config := writeConfig(t, o.Config)
	return start(t, spec{
		name:    "prometheus " + string(o.Version),
		program: program,
		ready:   "/-/ready",
		args: func(address string) []string {
			return append([]string{
				"--config.file=" + config,
				"--storage.tsdb.path=" + o.DataDir,
				"--storage.tsdb.retention.time=10y",
				"--web.listen-address=" + address,
				"--web.enable-lifecycle",
			}, o.ExtraArgs...)
		},
	}, o.DataDir)
}

func prometheusProgram(t testing.TB, v Version) string {
	t.Helper()
	switch v {
	case Old:
		return oldPrometheus(t)
	case New, "":
		return newPrometheus(t)
	}
	t.Fatalf("no such Prometheus version: %q", v)
	return ""
}

func oldPrometheus(t testing.TB) string {
	t.Helper()
	Requires(t, "prometheus")
	out, err := exec.Command("prometheus", "--version").CombinedOutput()
	if err != nil {
		t.Fatalf("ask prometheus for its version: %v", err)
	}
	if !strings.Contains(string(out), "version 2.") {
		Missing(t, "the prometheus on the PATH is not of version 2: %s", firstLine(out))
	}
	return "prometheus"
}

// newPrometheus builds the server once per machine. Its service discoveries
// are left out, which halves the time and changes nothing that tests see.
func newPrometheus(t testing.TB) string {
	t.Helper()
	Requires(t, "go")
	path, err := cached("prometheus-"+newRelease, func(path string) error {
		return buildPrometheus(path)
	})
	if err != nil {
		Missing(t, "build Prometheus %s: %v", newRelease, err)
	}
	return path
}

func buildPrometheus(path string) error {
	scratch, err := os.MkdirTemp("", "burnish-build-")
	if err != nil {
		return fmt.Errorf("make a scratch module: %w", err)
	}
	defer os.RemoveAll(scratch)
	const pkg = "github.com/prometheus/prometheus/cmd/prometheus"
	stamp := "-X github.com/prometheus/common/version.Version=" + newRelease
	steps := [][]string{
		{"mod", "init", "scratch"},
		{"get", pkg + "@" + newModule},
		{"build", "-tags", "remove_all_sd", "-ldflags", stamp, "-o", path, pkg},
	}
	for _, args := range steps {
		if err := runGo(scratch, args...); err != nil {
			return err
		}
	}
	return nil
}

// runGo runs the go command without the settings of the module under test.
func runGo(dir string, args ...string) error {
	cmd := exec.CommandContext(context.Background(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("go %s: %w", args[0], err), errors.New(lastLines(out)))
	}
	return nil
}

func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

func lastLines(b []byte) string {
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

// Reload has the server read its configuration file anew, after the test wrote
// text into it.
func (s *Server) Reload(text string) {
	s.t.Helper()
	path := s.configPath()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatalf("write server configuration: %v", err)
	}
	if err := post(s.URL + "/-/reload"); err != nil {
		s.t.Fatalf("reload %s: %v\n%s", s.spec.name, err, s.logs.tail())
	}
}

func (s *Server) configPath() string {
	for _, a := range s.spec.args(s.address) {
		if p, ok := strings.CutPrefix(a, "--config.file="); ok {
			return filepath.Clean(p)
		}
	}
	s.t.Fatalf("%s has no configuration file", s.spec.name)
	return ""
}
