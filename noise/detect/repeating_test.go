package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func TestRepeating(t *testing.T) {
	ten := every(10, day, 30, exact("R", "a", 0, 1))
	half := overIncidents(ten)
	half.Judgement.Incidents = half.Judgement.Incidents[:5]
	nine := overIncidents(ten)
	nine.Judgement.Incidents = nine.Judgement.Incidents[:1]
	table{
		"five a week, none about an incident":   {over(ten...).judged(), Options{}, []string{"R"}},
		"fewer than five a week":                {over(ten[:9]...).judged(), Options{}, nil},
		"half of them about incidents":          {half, Options{}, nil},
		"nine of ten alike":                     {nine, Options{}, []string{"R"}},
		"always about incidents":                {overIncidents(ten), Options{}, []string{"R"}},
		"always silenced":                       {silencedEach(ten), Options{}, []string{"R"}},
		"nobody can tell how any of them ended": {over(ten...), Options{}, nil},
	}.run(t, noise.KindRepeating)
}

// silencedEach is an input in which somebody made a silence in each episode.
func silencedEach(episodes []noise.Episode) Input {
	in := over(episodes...)
	for _, e := range episodes {
		in.Silences = append(in.Silences, silence(e, e.FiredAt))
	}
	return in
}

func TestRepeatingIncidentsSaveNothing(t *testing.T) {
	in := overIncidents(every(10, day, 30, exact("R", "a", 0, 1)))
	f := theOne(t, noise.KindRepeating, in)
	assert.Zero(t, *f.Saves)
	assert.Contains(t, f.Title, "about an incident")
}
