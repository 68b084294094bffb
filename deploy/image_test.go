package deploy_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// nobody is the user that the image runs as.
const nobody = 65532

// inRoot runs the image's binary with nothing but the image's root folder, as the
// image's user.
func inRoot(t *testing.T, root string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/burnish", args...)
	cmd.Dir = "/var/lib/burnish"
	cmd.Env = []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// TestImageStartsInAnEmptyRoot builds the image's root folder without Docker and
// starts it where nothing else is: no shell, no library, no time zones.
func TestImageStartsInAnEmptyRoot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("another root folder and another user need root")
	}
	root := filepath.Join(t.TempDir(), "root")
	build := exec.CommandContext(t.Context(), "./image.sh", "v0.0.0-test", root)
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	for dir := root; dir != "/" && dir != "."; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755)) //nolint:gosec // another user has to get there
		if dir == os.TempDir() {
			break
		}
	}
	version, stderr, err := inRoot(t, root, "version")
	require.NoError(t, err, stderr)
	assert.Contains(t, version, "v0.0.0-test")

	file := filepath.Join(root, "etc", "burnish", "burnish.yml")
	require.NoError(t, os.WriteFile(file, []byte("sources: [{url: https://prometheus.example.org}]\npeople: {zone: Europe/Berlin}\n"), 0o644)) //nolint:gosec // a configuration
	_, stderr, err = inRoot(t, root, "config", "check", "/etc/burnish/burnish.yml")
	assert.NoError(t, err, stderr)

	_, stderr, err = inRoot(t, root, "report", "--prometheus.url", "http://127.0.0.1:9")
	assert.Error(t, err)
	assert.NotContains(t, stderr, "panic")
}

// TestDockerfileBuildsByTheScript holds that what is tested here is what an
// image is built by.
func TestDockerfileBuildsByTheScript(t *testing.T) {
	text, err := os.ReadFile("Dockerfile")
	require.NoError(t, err)
	assert.Contains(t, string(text), `deploy/image.sh "$VERSION" /rootfs`)
	assert.Contains(t, string(text), "COPY --from=build /rootfs /")
	assert.Regexp(t, regexp.MustCompile(`(?m)^FROM scratch$`), string(text))
	mod, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	need := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))
	require.NotNil(t, need)
	assert.Contains(t, string(text), "golang:"+need[1], "the image builds with the Go of go.mod")
	assert.False(t, strings.Contains(string(text), ":latest"))
}
