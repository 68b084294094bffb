package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func TestFleeting(t *testing.T) {
	short := every(5, day, 5, exact("R", "a", 0, 1))
	loose := every(5, day, 5, exact("R", "a", 0, 1))
	for i := range loose {
		loose[i].Certainty.Resolved = noise.EdgeLost
	}
	table{
		"five that last five minutes":              {over(short...), Options{}, []string{"R"}},
		"four of them":                             {over(short[:4]...), Options{}, nil},
		"a second too long":                        {over(every(5, day, 5.02, exact("R", "a", 0, 1))...), Options{}, nil},
		"a quarter of all":                         {over(append(every(15, hour, 20, exact("R", "b", 0, 1)), short...)...), Options{}, []string{"R"}},
		"less than a quarter of all":               {over(append(every(16, hour, 20, exact("R", "b", 0, 1)), short...)...), Options{}, nil},
		"ends that the pipeline lost are not ends": {over(loose...), Options{}, nil},
		"they were about incidents":                {overIncidents(short), Options{}, nil},
		"each was silenced while it fired":         {silencedEach(short), Options{}, nil},
	}.run(t, noise.KindFleeting)
}

// overIncidents is an input in which each episode fired about an incident.
func overIncidents(episodes []noise.Episode) Input {
	in := over(episodes...).judged()
	for i, e := range episodes {
		in.Judgement.Incidents = append(in.Judgement.Incidents, truth.Verdict{
			Incident: noise.Incident{ID: number(i), SLO: "s", Interval: slo.Interval{From: e.FiredAt, To: e.ResolvedAt}},
			Signals:  []truth.Signal{{RuleKey: key(e.Rule), Labels: e.Labels, FiredAt: e.FiredAt, ResolvedAt: e.ResolvedAt, Onset: true}},
		})
	}
	return in
}

func TestFleetingSaysWhatItDoesNotKnow(t *testing.T) {
	short := every(5, day, 5, exact("R", "a", 0, 1))
	in := over(short...).knowing(rule("R", 12))
	f := theOne(t, noise.KindFleeting, in)
	assert.Equal(t, noise.Weak, f.Confidence, "five episodes are few")
	assert.Contains(t, f.Why, "not known")
	assert.Equal(t, noise.RuleRef{RuleKey: rule("R", 0).Ref().RuleKey, Line: 12}, f.Rule)
	assert.Contains(t, f.Advice, "for: 5m")
	assert.NotContains(t, theOne(t, noise.KindFleeting, in.judged()).Why, "about an incident is not known")
}
