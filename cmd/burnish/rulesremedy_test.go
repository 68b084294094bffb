package main

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// remedied is the part of a tuning's JSON that tells what could be done.
type remedied struct {
	Rules []struct {
		Name       string
		TrainSides struct{ Before, After remedyFigures } `json:"train"`
		HeldSides  struct{ Before, After remedyFigures } `json:"held_out"`
		Contest    *struct {
			Needless float64 `json:"needless_notifications_per_week"`
			Rows     []remedyRow
		}
	}
}

type remedyRow struct {
	Remedy            string
	Best, Recommended bool
	OnAll             bool `json:"chosen_on_all"`
	Barred, Paste     *string
	Train             *remedyFigures
	HeldOut           *remedyFigures `json:"held_out"`
}

type remedyFigures struct {
	Episodes, Incidents int
	Outside             int `json:"outside_incidents"`
	Caught              int `json:"incidents_caught"`
	InTime              int `json:"incidents_in_time"`
	Lost                int `json:"incidents_lost"`
	Fewer               int `json:"incidents_told_to_fewer"`
}

// TestRemediesAreCountedAsChangesAre holds the tables of remedies on real data
// against the figures of the changes, and the best rows against what they promise.
func TestRemediesAreCountedAsChangesAre(t *testing.T) {
	args := tuneArgs(t, "nezha")
	var got remedied
	require.NoError(t, json.Unmarshal([]byte(must(t, append(args, "--format", "json")...)), &got))
	contests, kinds := 0, map[string]int{}
	for _, r := range got.Rules {
		if r.Contest == nil {
			continue
		}
		contests++
		assert.GreaterOrEqual(t, r.Contest.Needless, 1.0, r.Name)
		best := 0
		for _, row := range r.Contest.Rows {
			kinds[row.Remedy]++
			require.NotNil(t, row.Train, r.Name)
			require.NotNil(t, row.HeldOut, r.Name)
			want, held := r.TrainSides.Before, r.HeldSides.Before
			switch {
			case row.Remedy == "change" && !row.OnAll:
				want, held = r.TrainSides.After, r.HeldSides.After
			case row.Remedy == "delete":
				want, held = remedyFigures{Incidents: want.Incidents}, remedyFigures{Incidents: held.Incidents}
			case row.Remedy == "inhibit" || row.Remedy == "change":
				want, held = *row.Train, *row.HeldOut
			}
			same(t, r.Name+" "+row.Remedy, want, *row.Train)
			same(t, r.Name+" "+row.Remedy, held, *row.HeldOut)
			if row.Best {
				best++
				assert.Nil(t, row.Barred, r.Name)
				assert.Zero(t, row.Train.Lost+row.HeldOut.Lost+row.Train.Fewer+row.HeldOut.Fewer, "%s loses", r.Name)
			}
		}
		assert.Equal(t, 1, best, r.Name)
	}
	assert.Greater(t, contests, 10)
	assert.Equal(t, contests, kinds["as_is"])
	assert.Equal(t, contests, kinds["delete"])
	assert.Positive(t, kinds["severity"])
}

// same compares what both ways of counting know.
func same(t *testing.T, name string, want, got remedyFigures) {
	t.Helper()
	assert.Equal(t, want.Episodes, got.Episodes, "%s: episodes", name)
	assert.Equal(t, want.Outside, got.Outside, "%s: outside incidents", name)
	assert.GreaterOrEqual(t, max(want.Caught, want.InTime), got.InTime, "%s: no more in time than at the onset", name)
}
