package detect

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

func TestBlindSpot(t *testing.T) {
	r := key("R")
	slo := truth.SLOScore{SLO: "shop/api", Recall: right(2, 5), Burned: 0.4, Caught: 0.1, Rules: []noise.RuleKey{r}, TellsUs: &r, Missed: []string{"c", "a", "b"}}
	in := over(exact("R", "a", 0, 1)).judged()
	in.Judgement.SLOs = []truth.SLOScore{slo}
	f := theOne(t, noise.KindBlindSpot, in)
	assert.Equal(t, []string{"a", "b", "c"}, f.Incidents)
	assert.Equal(t, noise.GravityWarning, f.Gravity)
	assert.Equal(t, "Nobody was told of 3 of 5 (60%) incidents of shop/api.", f.Title)
	assert.InDelta(t, 0.3, fact(t, f, "budget_burned_unseen_ratio"), 1e-9)
	assert.Equal(t, noise.NotGiven, f.Action)
	assert.Zero(t, f.Rule)

	in.Judgement.SLOs[0].TellsUs = nil
	assert.Equal(t, noise.GravityError, theOne(t, noise.KindBlindSpot, in).Gravity, "nothing tells of it at all")
	in.Judgement.SLOs[0].Missed = nil
	assert.Empty(t, find(t, noise.KindBlindSpot, in))
	in.Judgement.SLOs[0].Missed, in.Judgement.Known = []string{"a"}, false
	assert.Empty(t, find(t, noise.KindBlindSpot, in), "without truth nothing is claimed")
}

func TestBlindSpotsOfGroupsAreTwo(t *testing.T) {
	in := over().judged()
	for _, region := range []string{"eu", "us"} {
		in.Judgement.SLOs = append(in.Judgement.SLOs, truth.SLOScore{
			SLO: "shop/api", Labels: labels.FromStrings("region", region), Missed: []string{region},
		})
	}
	found := find(t, noise.KindBlindSpot, in)
	assert.Len(t, found, 2)
	assert.NotEqual(t, found[0].ID, found[1].ID)
}

func TestBlindSpotOfDeclaredIncidents(t *testing.T) {
	in := over().judged()
	told := truth.Verdict{Incident: noise.Incident{ID: "1", Declared: true}, Signals: []truth.Signal{{RuleKey: key("R")}}}
	in.Judgement.Incidents = []truth.Verdict{told, {Incident: noise.Incident{ID: "2", Declared: true}}, {Incident: noise.Incident{ID: "3", SLO: "shop/api"}}}
	f := theOne(t, noise.KindBlindSpot, in)
	assert.Equal(t, []string{"2"}, f.Incidents, "those of an SLO are counted with it")
	assert.Contains(t, f.Title, "1 of 2 (50%)")
}
