package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// normal is a range with its 99.5th percentile at 90.
func normal(operator string, threshold float64) Range {
	return Range{
		Rule: ref("R"), Operator: operator, Threshold: threshold, Q50: 50, Q95: 80, Q99: 85, Q995: 90, Q999: 95, Extreme: 99,
		Samples: 10_000, FiringShare: 0.012, IncidentsKnown: true,
	}
}

func TestTightThreshold(t *testing.T) {
	in := func(g Range) Input {
		in := over(exact("R", "a", 0, 1))
		in.Ranges = []Range{g}
		return in
	}
	mirror := normal("<", 15)
	mirror.Q995, mirror.Q999 = 10, 5
	loose := mirror
	loose.Threshold = 9
	few := normal(">", 89)
	few.Samples = 199
	unknown := normal(">", 89)
	unknown.Rule = ref("Other")
	table{
		"under the percentile":              {in(normal(">", 89)), Options{}, []string{"R"}},
		"at the percentile":                 {in(normal(">", 90)), Options{}, nil},
		"beyond the percentile":             {in(normal(">=", 91)), Options{}, nil},
		"smaller than, over the percentile": {in(mirror), Options{}, []string{"R"}},
		"smaller than, under it":            {in(loose), Options{}, nil},
		"equality has no side":              {in(normal("==", 89)), Options{}, nil},
		"too few samples":                   {in(few), Options{}, nil},
		"a rule that nobody knows":          {in(unknown), Options{}, nil},
	}.run(t, noise.KindTightThreshold)
}

func TestTightThresholdSavesWhatMetNoIncident(t *testing.T) {
	in := over(every(20, day/2, 30, exact("R", "a", 0, 1))...)
	in.Ranges = []Range{normal(">", 80)}
	f := theOne(t, noise.KindTightThreshold, in)
	assert.Nil(t, f.Saves, "without truth nobody can say")
	assert.Contains(t, f.Title, "1.2%")
	assert.Contains(t, f.Advice, "to 95 or beyond")

	f = theOne(t, noise.KindTightThreshold, in.judged(truth.Score{RuleKey: key("R"), Precision: right(5, 20)}))
	assert.InDelta(t, 7.5, *f.Saves, 1e-9, "three quarters of ten a week")

	in.Ranges[0].IncidentsKnown = false
	assert.Equal(t, noise.Weak, theOne(t, noise.KindTightThreshold, in).Confidence)
}
