package wholefile_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/wholefile"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(got)
}

func TestModeStays(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o640, 0o444, 0o755} {
		t.Run(mode.String(), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rules.yml")
			require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
			require.NoError(t, os.Chmod(path, mode))
			require.NoError(t, wholefile.Write(path, text("new")))
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, mode, info.Mode().Perm())
			assert.Equal(t, "new", read(t, path))
		})
	}
}

// TestLinksStayLinks has a link to a file, one to a link in another folder, and
// one to a file that is not there.
func TestLinksStayLinks(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.MkdirAll(at("repo"), 0o700))
	require.NoError(t, os.WriteFile(at("repo/rules.yml"), []byte("old"), 0o600))
	for link, to := range map[string]string{
		"one.yml": filepath.Join("repo", "rules.yml"), "two.yml": at("one.yml"), "new.yml": "repo/fresh.yml", "loop.yml": "loop.yml",
	} {
		require.NoError(t, os.Symlink(to, at(link)))
	}
	require.NoError(t, wholefile.Write(at("two.yml"), text("new")))
	assert.Equal(t, "new", read(t, at("repo/rules.yml")))
	require.NoError(t, wholefile.Write(at("new.yml"), text("fresh")))
	assert.Equal(t, "fresh", read(t, at("repo/fresh.yml")))
	assert.ErrorContains(t, wholefile.Write(at("loop.yml"), text("x")), "links")
	for _, link := range []string{"one.yml", "two.yml", "new.yml"} {
		info, err := os.Lstat(at(link))
		require.NoError(t, err)
		assert.NotZero(t, info.Mode()&os.ModeSymlink, link)
	}
	entries, err := os.ReadDir(at("repo"))
	require.NoError(t, err)
	assert.Len(t, entries, 2, "nothing is left behind")
}

func TestAFailureLeavesTheOldFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yml")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	broken := errors.New("no room")
	err := wholefile.Write(path, func(w io.Writer) error { return errors.Join(text("ne")(w), broken) })
	require.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, path)
	assert.Equal(t, "old", read(t, path))
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

func TestWhatIsNoFileIsWrittenTo(t *testing.T) {
	require.NoError(t, wholefile.Write(os.DevNull, text("x")))
	assert.Error(t, wholefile.Write(t.TempDir(), text("x")), "a folder")
}

// writesFor is where the process that is to be killed writes to.
const writesFor = "WHOLEFILE_TEST_WRITE"

// large is the nth text, of several writes.
func large(n int) string { return strings.Repeat(strconv.Itoa(n%10), 1<<20) }

// TestMain is the writer where a test starts this program again: it replaces the
// file on and on and says so after each time.
func TestMain(m *testing.M) {
	path := os.Getenv(writesFor)
	if path == "" {
		os.Exit(m.Run())
	}
	for n := 1; ; n++ {
		err := wholefile.Write(path, func(w io.Writer) error {
			for part := large(n); part != ""; part = part[1<<16:] {
				if err := text(part[:1<<16])(w); err != nil {
					return err
				}
				fmt.Println(n)
			}
			return nil
		})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
}

// TestWhoIsKilledLeavesAWholeFile kills the writer at many places of its writing.
func TestWhoIsKilledLeavesAWholeFile(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	halfWay := 0
	for after := 1; after <= 40; after += 3 {
		path := filepath.Join(t.TempDir(), "rules.yml")
		require.NoError(t, os.WriteFile(path, []byte(large(0)), 0o600))
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), writesFor+"="+path)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range after {
			require.True(t, lines.Scan())
		}
		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		got := read(t, path)
		require.Len(t, got, 1<<20)
		require.Equal(t, strings.Repeat(got[:1], 1<<20), got, "a mixture")
		parts, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.part"))
		require.NoError(t, err)
		halfWay += len(parts)
		matched, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.yml"))
		require.NoError(t, err)
		assert.Equal(t, []string{path}, matched, "what Prometheus would load")
	}
	assert.Positive(t, halfWay, "some were killed in the middle")
}
