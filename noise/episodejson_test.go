package noise

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnEpisodeIsWrittenAsDocumented(t *testing.T) {
	at := time.Date(2026, 11, 12, 8, 30, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		episode Episode
		want    string
	}{
		"resolved": {
			Episode{
				Rule: "APIErrorsHigh", Group: "api", Labels: labels.FromStrings("severity", "page", "instance", "api-1"),
				ActiveAt: at, FiredAt: at.Add(5 * time.Minute), ResolvedAt: at.Add(40*time.Minute + 250*time.Millisecond),
				Certainty: Certainty{
					Active: EdgeExact, Fired: EdgeExact, Resolved: EdgeWithinInterval, Gaps: 1, Bridged: 2 * time.Minute,
					Replicas: 2, Pipeline: []SpellKind{SpellRestart, SpellOutage},
				},
			},
			`{"rule":"APIErrorsHigh","group":"api","labels":{"instance":"api-1","severity":"page"},` +
				`"active_at":"2026-11-12T08:30:00Z","fired_at":"2026-11-12T08:35:00Z","resolved_at":"2026-11-12T09:10:00.25Z",` +
				`"certainty":{"active":"exact","fired":"exact","resolved":"within_interval","bridged_gaps":1,"bridged_seconds":120,` +
				`"replicas":2,"pipeline":["restart","outage"]}}`,
		},
		"open, never fired, no group, no labels, another zone": {
			Episode{
				Rule: "Odd \"name\" \n", ActiveAt: at.In(time.FixedZone("east", 3600)),
				Certainty: Certainty{Active: EdgeCut, Fired: EdgeNone, Resolved: EdgeOpen},
			},
			`{"rule":"Odd \"name\" \n","group":null,"labels":{},"active_at":"2026-11-12T08:30:00Z","fired_at":null,"resolved_at":null,` +
				`"certainty":{"active":"cut","fired":"none","resolved":"open","bridged_gaps":0,"bridged_seconds":0,"replicas":1,"pipeline":[]}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.episode.AppendJSON(nil)
			require.NoError(t, err)
			assert.Equal(t, c.want, string(got))
		})
	}
}

func TestAnEpisodeBeyondTheCalendarIsAnError(t *testing.T) {
	_, err := Episode{Rule: "R", ActiveAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}.AppendJSON(nil)
	require.ErrorContains(t, err, "write active_at of R")
}

// FuzzEpisodeJSON writes names and values of any bytes; what encoding/json makes
// of them has to come back.
func FuzzEpisodeJSON(f *testing.F) {
	f.Add("HighLatency", "service", "a<b>&\u2028", int64(1_794_700_800_000))
	f.Add("", "\xff", "\"\\\x00\x7f", int64(-1))
	f.Fuzz(func(t *testing.T, rule, name, value string, ms int64) {
		e := Episode{Rule: rule, Labels: labels.FromStrings(name, value), ActiveAt: time.UnixMilli(ms % 1e14).UTC()}
		b, err := e.AppendJSON(nil)
		require.NoError(t, err)
		var back struct {
			Rule     string            `json:"rule"`
			Labels   map[string]string `json:"labels"`
			ActiveAt time.Time         `json:"active_at"`
		}
		require.NoError(t, json.Unmarshal(b, &back))
		assert.Equal(t, asJSON(t, rule), back.Rule)
		assert.Equal(t, map[string]string{asJSON(t, name): asJSON(t, value)}, back.Labels)
		assert.Equal(t, e.ActiveAt, back.ActiveAt)
	})
}

// asJSON is what encoding/json makes of a string, which may not be UTF-8.
func asJSON(t *testing.T, s string) string {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	var out string
	require.NoError(t, json.Unmarshal(b, &out))
	return out
}
