package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFileIsReplacedAsAWholeOrNotAtAll: until the new text is complete the old
// file is there, byte for byte, so that whoever is killed half-way leaves it; and
// whoever fails leaves nothing else.
func TestAFileIsReplacedAsAWholeOrNotAtAll(t *testing.T) {
	const old, fresh = "groups: []\n", "groups:\n- name: new\n  rules: []\n"
	half := func(path string, then error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, err := io.WriteString(w, fresh[:len(fresh)/2])
			require.NoError(t, err)
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, old, string(text), "the old file while the new one is half written")
			if then != nil {
				return then
			}
			_, err = io.WriteString(w, fresh[len(fresh)/2:])
			return err
		}
	}
	broken := errors.New("no space left on device")
	for name, c := range map[string]struct {
		fails error
		want  string
	}{
		"complete":            {nil, fresh},
		"the writer fails":    {broken, old},
		"what it wraps stays": {errors.Join(io.ErrShortWrite, broken), old},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rules.yml")
			require.NoError(t, os.WriteFile(path, []byte(old), 0o600))
			err := writeFile(path, half(path, c.fails))
			if c.fails != nil {
				require.ErrorIs(t, err, broken)
				assert.ErrorContains(t, err, path)
			} else {
				require.NoError(t, err)
			}
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(text))
			assertAlone(t, path)
		})
	}
	t.Run("the last step fails", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "rules.yml")
		require.NoError(t, os.MkdirAll(filepath.Join(path, "in the way"), 0o700))
		require.Error(t, writeFile(path, func(w io.Writer) error { _, err := io.WriteString(w, fresh); return err }))
		assert.DirExists(t, filepath.Join(path, "in the way"))
		assertAlone(t, path)
	})
	t.Run("no folder", func(t *testing.T) {
		require.ErrorIs(t, writeFile(filepath.Join(t.TempDir(), "none", "rules.yml"), half("", nil)), os.ErrNotExist)
	})
}

// assertAlone wants nothing beside a file.
func assertAlone(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// TestTuningRefusesWhatItCannotRead: a malformed file is refused with its place,
// and no file is touched, the sound one beside it neither.
func TestTuningRefusesWhatItCannotRead(t *testing.T) {
	dir := t.TempDir()
	texts := map[string]string{
		"a.yml": "groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0}\n",
		"b.yml": "groups:\n- name: b\n  rules:\n  - alert: B\n    expr: up ==\n",
	}
	for name, text := range texts {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	code, _, stderr := burnish("rules", "tune", filepath.Join(dir, "*.yml"), "--tsdb.path", dir, "--write")
	assert.Equal(t, exitUsage, code)
	assert.Contains(t, stderr, filepath.Join(dir, "b.yml")+":5:11: ")
	for name, text := range texts {
		now, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, text, string(now), name)
	}
}
