package tsdbdir

import (
	"errors"
	"testing"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// door notes whether it was closed.
type door struct{ closed bool }

// Close closes the door.
func (d *door) Close() error {
	d.closed = true
	return nil
}

func TestQueriersAreOpenAllOrNone(t *testing.T) {
	readers := make([]tsdb.BlockReader, 3)
	var doors []*door
	open := func(tsdb.BlockReader) (*door, error) {
		doors = append(doors, &door{})
		return doors[len(doors)-1], nil
	}
	all, err := opened(readers, open)
	require.NoError(t, err)
	assert.Equal(t, doors, all)

	broken := errors.New("the block is being closed")
	doors = nil
	all, err = opened(readers, func(r tsdb.BlockReader) (*door, error) {
		if len(doors) == 2 {
			return nil, broken
		}
		return open(r)
	})
	require.ErrorIs(t, err, broken)
	assert.Nil(t, all)
	require.Len(t, doors, 2)
	for _, d := range doors {
		assert.True(t, d.closed, "an open querier keeps its block from being closed")
	}
}
