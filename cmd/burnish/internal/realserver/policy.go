package realserver

import (
	"os"
	"os/exec"
	"testing"
)

// Requires skips the test unless every program is on the PATH; with CI=true it
// fails the test instead. Under -short it always skips, since whoever asks for
// a short run wants no servers.
func Requires(t testing.TB, programs ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers are left out of a -short run")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			Missing(t, "%s is not installed; `make deps` installs it on Debian", p)
		}
	}
}

// Missing ends a test for want of something on this machine: it skips, or fails
// where CI=true says that nothing may be missing.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
