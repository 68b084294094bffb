package realdata

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

func TestEpisodesAreReadAsTheyAreListed(t *testing.T) {
	got, err := episodes(strings.NewReader(
		`{"alert":"A","labels":{"severity":"page"},"active_at":60,"start":120,"end":180,"open":false}` + "\n" +
			`{"alert":"B","labels":{},"active_at":60,"start":120,"end":180,"open":true}` + "\n"))
	require.NoError(t, err)
	exact := noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1}
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	require.Len(t, got, 2)
	assert.Equal(t, noise.Episode{
		Rule: "A", Labels: labels.FromStrings("severity", "page"), ActiveAt: at(60), FiredAt: at(120), ResolvedAt: at(180), Certainty: exact,
	}, got[0])
	assert.True(t, got[1].Open())
	assert.Equal(t, noise.EdgeOpen, got[1].Certainty.Resolved)

	_, err = episodes(strings.NewReader(`{"alert":"A"`))
	assert.Error(t, err, "a file that was cut short is no shorter history")
}

func TestTheDataIsThere(t *testing.T) {
	assert.NotEmpty(t, Episodes(t, "upptime"))
	var truth struct {
		Rules []struct{ Alert string }
	}
	JSON(t, &truth, "rules-truth", "upptime.json")
	assert.NotEmpty(t, truth.Rules)
}
