package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

func TestNonActionable(t *testing.T) {
	ten := every(10, day, 30, exact("R", "a", 0, 1))
	score := func(count, of int) truth.Score {
		return truth.Score{RuleKey: key("R"), Precision: right(count, of)}
	}
	acked := over(ten...).judged(score(0, 10))
	acked.Silences = []noise.Silence{silence(ten[3], ten[3].FiredAt)}
	quiet := over(ten...).judged(score(0, 10))
	quiet.Silences = []noise.Silence{}
	untied := over(ten...).judged(truth.Score{RuleKey: key("R"), Precision: right(0, 10), Basis: truth.BasisNone})
	table{
		"ten, none about an incident":    {over(ten...).judged(score(0, 10)), Options{}, []string{"R"}},
		"nine that could be judged":      {over(ten...).judged(score(0, 9)), Options{}, nil},
		"one about an incident":          {over(ten...).judged(score(1, 10)), Options{}, nil},
		"one acknowledged":               {acked, Options{}, nil},
		"none acknowledged":              {quiet, Options{}, []string{"R"}},
		"nothing ties it to the truth":   {untied, Options{}, nil},
		"no truth":                       {over(ten...), Options{}, nil},
		"the pipeline made half of them": {over(append(every(5, day, 30, restarted(exact("R", "a", 60, 1))), ten[:5]...)...).judged(score(0, 10)), Options{}, nil},
	}.run(t, noise.KindNonActionable)
}

func TestNonActionableGivesItsBounds(t *testing.T) {
	ten := every(10, day, 30, exact("R", "a", 0, 1))
	in := over(ten...).judged(truth.Score{RuleKey: key("R"), Precision: right(0, 10), Needless: ten[:2], SLOs: []string{"shop/api"}})
	f := theOne(t, noise.KindNonActionable, in)
	assert.Contains(t, f.Why, "up to 27.8%", "Wilson's upper bound of 0 of 10")
	assert.Equal(t, ten[:2], f.Examples)
	assert.Equal(t, "shop/api", f.SLO)
	assert.InDelta(t, 5, *f.Saves, 1e-9)
}
