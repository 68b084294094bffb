package realserver

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The Alertmanagers to test against.
const (
	// OldAlertmanager is the `prometheus-alertmanager` on the PATH; on Debian 12
	// it is 0.25.
	OldAlertmanager Version = "0.25"
	// NewAlertmanager is built from the module that the replay is built with,
	// and cached.
	NewAlertmanager Version = "0.34"
)

const newAlertmanagerModule = "v0.34.2"

// AlertmanagerOptions say how an Alertmanager is started.
type AlertmanagerOptions struct {
	// Version is OldAlertmanager or NewAlertmanager; New where it is empty.
	Version Version
	// Config is the text of the configuration file.
	Config string
	// ExtraArgs come last on the command line.
	ExtraArgs []string
}

// Alertmanager starts an Alertmanager without a cluster and waits until it can be
// asked. config is the text of its configuration file.
func Alertmanager(t testing.TB, v Version, config string) *Server {
	t.Helper()
	return StartAlertmanager(t, AlertmanagerOptions{Version: v, Config: config})
}

// StartAlertmanager is Alertmanager with more to choose.
func StartAlertmanager(t testing.TB, o AlertmanagerOptions) *Server {
	t.Helper()
	program := alertmanagerProgram(t, o.Version)
	file, dir := writeConfig(t, o.Config), t.TempDir()
	return start(t, spec{
		name:    "alertmanager " + string(o.Version),
		program: program,
		ready:   "/-/ready",
		args: func(address string) []string {
			return append([]string{
				"--config.file=" + file,
				"--storage.path=" + dir,
				"--web.listen-address=" + address,
				"--cluster.listen-address=",
			}, o.ExtraArgs...)
		},
	}, dir)
}

func alertmanagerProgram(t testing.TB, v Version) string {
	t.Helper()
	switch v {
	case OldAlertmanager:
		Requires(t, "prometheus-alertmanager")
		return "prometheus-alertmanager"
	case NewAlertmanager, "":
		Requires(t, "go")
		path, err := cached("alertmanager-"+newAlertmanagerModule, buildAlertmanager)
		if err != nil {
			Missing(t, "build Alertmanager %s: %v", newAlertmanagerModule, err)
		}
		return path
	}
	t.Fatalf("no such Alertmanager version: %q", v)
	return ""
}

// buildAlertmanager builds the server from a copy of its module, into which it
// puts an empty web page: the real one is made by other tools and is missing from
// the module, and nothing asks for it.
func buildAlertmanager(path string) error {
	scratch, err := os.MkdirTemp("", "burnish-build-")
	if err != nil {
		return fmt.Errorf("make a scratch directory: %w", err)
	}
	defer os.RemoveAll(scratch)
	source, err := moduleDir("github.com/prometheus/alertmanager@" + newAlertmanagerModule)
	if err != nil {
		return err
	}
	module := filepath.Join(scratch, "alertmanager")
	if err := os.CopyFS(module, os.DirFS(source)); err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	page := filepath.Join(module, "ui", "app", "dist")
	if err := os.MkdirAll(page, 0o755); err != nil {
		return fmt.Errorf("make room for the web page: %w", err)
	}
	if err := os.WriteFile(filepath.Join(page, "index.html"), nil, 0o600); err != nil {
		return fmt.Errorf("write the web page: %w", err)
	}
	return runGo(module, "build", "-o", filepath.Clean(path), "./cmd/alertmanager")
}

// moduleDir is where the module cache holds a module, which it downloads.
func moduleDir(module string) (string, error) {
	out, err := exec.Command("go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w", module, err)
	}
	var told struct{ Dir string }
	if err := json.Unmarshal(out, &told); err != nil {
		return "", fmt.Errorf("read what go says of %s: %w", module, err)
	}
	return told.Dir, nil
}
