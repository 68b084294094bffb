package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpecsAreReadAgainOnlyWhenTheyChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "slo.yaml")
	write := func(text string, at time.Time) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		require.NoError(t, os.Chtimes(file, at, at))
	}
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var c specCache
	write(soakSLO, at)
	first, err := c.read([]string{file})
	require.NoError(t, err)
	require.Len(t, first, 1)
	again, err := c.read([]string{file})
	require.NoError(t, err)
	assert.Same(t, &first[0], &again[0], "nothing has changed")

	write("nonsense", at.Add(time.Second))
	_, err = c.read([]string{file})
	require.Error(t, err)
	_, err = c.read([]string{file})
	require.Error(t, err, "what was good before is not given for what is bad now")

	write(soakSLO, at)
	again, err = c.read([]string{file})
	require.NoError(t, err)
	assert.NotSame(t, &first[0], &again[0])
	require.NoError(t, os.Remove(file))
	_, err = c.read([]string{file})
	require.Error(t, err)
	empty, err := c.read(nil)
	require.NoError(t, err)
	assert.Empty(t, empty)
}
