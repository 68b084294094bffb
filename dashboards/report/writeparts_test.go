package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPartsAreWhatAnEncoderWrites compares byte for byte.
func TestPartsAreWhatAnEncoderWrites(t *testing.T) {
	for name, in := range map[string]Input{"all that a report holds": largeInput(2000, 300), "next to nothing": {}} {
		r := Build(in)
		var want, got bytes.Buffer
		enc := json.NewEncoder(&want)
		enc.SetIndent("", "  ")
		require.NoError(t, enc.Encode(r.doc), name)
		require.NoError(t, r.WriteJSON(&got), name)
		assert.Equal(t, want.String(), got.String(), name)
	}
	require.ErrorIs(t, Build(Input{}).WriteJSON(full{}), errFull)
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }
