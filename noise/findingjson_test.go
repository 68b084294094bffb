package noise_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func TestAFindingIsWrittenAsDocumented(t *testing.T) {
	seconds, saves, nan := 90.5, 12.0, math.NaN()
	at := time.Date(2026, 11, 12, 8, 30, 0, 0, time.UTC)
	full := noise.Finding{
		ID: "flapping-0123456789", Kind: noise.KindFlapping, Gravity: noise.GravityWarning,
		Rule:   noise.RuleRef{RuleKey: noise.RuleKey{Name: "A", Group: "g", File: "f.yml", Severity: "page"}, Line: 7},
		Others: []noise.RuleRef{{RuleKey: noise.RuleKey{Name: "B"}}}, SLO: "shop/checkout", Incidents: []string{"i1"},
		Action: noise.GivenNeedlessly, Title: "<b>", Advice: "Wait.",
		Evidence: []noise.Fact{
			{Name: "share", Share: &slo.Proportion{Count: 3, Of: 3}}, {Name: "longest_seconds", Value: &seconds},
			{Name: "note", Text: "a\nb"}, {Name: "note", Text: "again"}, {Name: "unknown"}, {Name: "nan", Value: &nan},
		},
		Examples: []noise.Episode{{Rule: "A", Labels: labels.FromStrings("x", "1"), ActiveAt: at, FiredAt: at, ResolvedAt: at.Add(time.Minute)}},
		Saves:    &saves, Confidence: noise.Strong, Why: "Counted.",
	}
	for name, c := range map[string]struct {
		finding noise.Finding
		want    string
	}{
		"everything known": {full, `{
			"id":"flapping-0123456789","kind":"flapping","gravity":"warning","confidence":"strong","why":"Counted.",
			"rule":"A","group":"g","file":"f.yml","severity":"page","line":7,
			"others":[{"rule":"B","group":null,"file":null,"severity":null,"line":null}],"others_count":1,"slo":"shop/checkout","incidents":["i1"],
			"control_action":"given_needlessly","title":"<b>","advice":"Wait.",
			"evidence":{"share":{"value_ratio":1,"count":3,"of":3,"low_ratio":0.4385,"high_ratio":1},"longest_seconds":90.5,
				"note":"a\nb","note_2":"again","unknown":null,"nan":null},
			"examples":[{"rule":"A","group":null,"labels":{"x":"1"},"active_at":"2026-11-12T08:30:00Z","fired_at":"2026-11-12T08:30:00Z",
				"resolved_at":"2026-11-12T08:31:00Z","certainty":{"active":"","fired":"","resolved":"","bridged_gaps":0,"bridged_seconds":0,"replicas":1,"pipeline":[]}}],
			"saves_notifications_per_week":12}`},
		"about no rule": {noise.Finding{ID: "x", Kind: noise.KindBlindSpot, Gravity: noise.GravityError, Confidence: noise.Weak, Action: noise.NotGiven, Saves: &nan}, `{
			"id":"x","kind":"blind_spot","gravity":"error","confidence":"weak","why":"","rule":null,"group":null,"file":null,"severity":null,"line":null,"others":[],"others_count":0,
			"slo":null,"incidents":[],"control_action":"not_given","title":"","advice":"","evidence":{},"examples":[],"saves_notifications_per_week":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := json.Marshal(c.finding)
			require.NoError(t, err)
			var got, want map[string]any
			require.NoError(t, json.Unmarshal(b, &got))
			require.NoError(t, json.Unmarshal([]byte(c.want), &want))
			if share, ok := got["evidence"].(map[string]any)["share"].(map[string]any); ok {
				assert.InDelta(t, 0.4385, share["low_ratio"], 1e-4)
				share["low_ratio"] = 0.4385
			}
			assert.Equal(t, want, got)
		})
	}
}

func TestEvidenceKeepsItsOrder(t *testing.T) {
	b, err := json.Marshal(noise.Finding{Evidence: []noise.Fact{{Name: "z", Text: "1"}, {Name: "a", Text: "2"}}})
	require.NoError(t, err)
	assert.Contains(t, string(b), `"evidence":{"z":"1","a":"2"}`)
}

func TestAFindingNamesTheFirstRulesAndCountsAll(t *testing.T) {
	others := make([]noise.RuleRef, 5000)
	for i := range others {
		others[i].Name = "Rule" + strconv.Itoa(i)
	}
	for name, c := range map[string]struct {
		calls       [][]noise.RuleRef
		named, more int
	}{
		"none":            {nil, 0, 0},
		"few":             {[][]noise.RuleRef{others[:3]}, 3, 0},
		"as many as fit":  {[][]noise.RuleRef{others[:10]}, 10, 0},
		"one too many":    {[][]noise.RuleRef{others[:11]}, 10, 1},
		"thousands":       {[][]noise.RuleRef{others}, 10, 4990},
		"in two portions": {[][]noise.RuleRef{others[:8], others[8:16], others[16:20]}, 10, 10},
	} {
		t.Run(name, func(t *testing.T) {
			var f noise.Finding
			for _, call := range c.calls {
				f.SeenWith(call...)
			}
			assert.Equal(t, c.more, f.MoreOthers)
			assert.Equal(t, append([]noise.RuleRef(nil), others[:c.named]...), f.Others, "the first, in their order")
			b, err := json.Marshal(f)
			require.NoError(t, err)
			assert.Contains(t, string(b), fmt.Sprintf(`"others_count":%d,`, c.named+c.more))
		})
	}
}
