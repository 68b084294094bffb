package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/dashboards/report"
)

func TestNewerFiguresAreLaidOverTheReport(t *testing.T) {
	base := NewSnapshot(input())
	require.NotEmpty(t, base.slos)
	was := base.slos[0]
	left := -0.25
	fresh := was.SLO
	fresh.Remaining, fresh.BurnDown, fresh.TrafficShare, fresh.LossIncidents, fresh.Notes = &left, nil, nil, nil, nil
	at := end.Add(4 * time.Minute)
	laid := base.WithStanding(at, []report.SLO{fresh})

	assert.Equal(t, was, base.slos[0], "the snapshot before stays as it was")
	row := laid.slos[0]
	assert.Equal(t, stateGone, row.State)
	assert.Equal(t, was.BurnDown, row.BurnDown)
	assert.Equal(t, was.LossIncidents, row.LossIncidents)
	assert.Equal(t, was.TrafficShare, row.TrafficShare)
	for _, other := range laid.slos[1:] {
		assert.Nil(t, other.AsOf)
	}
	rec := httptest.NewRecorder()
	New(Options{Current: func() State { return State{Snapshot: laid} }}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/api/v1"+was.URL, nil))
	var got struct {
		SLOs []struct {
			AsOf      time.Time `json:"as_of"`
			Remaining float64   `json:"budget_remaining_ratio"`
		}
	}
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got), rec.Body.String())
	assert.Equal(t, at, got.SLOs[0].AsOf)
	assert.Equal(t, left, got.SLOs[0].Remaining)
	rec = httptest.NewRecorder()
	New(Options{Current: func() State { return State{Snapshot: laid} }}).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, was.URL, nil))
	assert.Contains(t, rec.Body.String(), "00:04 UTC")
}
