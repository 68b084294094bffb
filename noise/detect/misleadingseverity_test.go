package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

func TestMisleadingPages(t *testing.T) {
	scored := func(severity string, count, of int) Input {
		return over(every(10, day, 30, with(severity, exact("R", "a", 0, 1)))...).
			judged(truth.Score{RuleKey: keyOf("R", severity), Precision: right(count, of)})
	}
	table{
		"a page that is hardly ever right": {scored("page", 4, 50), Options{}, []string{"R"}},
		"a page at the limit":              {scored("page", 5, 50), Options{}, nil},
		"too few to say":                   {scored("page", 0, 9), Options{}, nil},
		"a ticket may be wrong":            {scored("warning", 4, 50), Options{}, nil},
		"a severity that says nothing":     {scored("purple", 4, 50), Options{}, nil},
	}.run(t, noise.KindMisleadingSeverity)
	assert.Equal(t, noise.Weak, theOne(t, noise.KindMisleadingSeverity, scored("page", 4, 50)).Confidence, "4 of 50 may be 19%")
	assert.Equal(t, noise.Strong, theOne(t, noise.KindMisleadingSeverity, scored("page", 1, 100)).Confidence)
}

func TestMisleadingTickets(t *testing.T) {
	compared := func(ticket, page int) Input {
		episodes := append(every(10, day, 30, with("warning", exact("T", "a", 0, 1))), every(10, day, 30, exact("P", "a", 0, 1))...)
		return over(episodes...).judged(
			truth.Score{RuleKey: keyOf("T", "warning"), Precision: right(8, 10), Onset: right(ticket, 20), SLOs: []string{"shop/api"}},
			truth.Score{RuleKey: key("P"), Precision: right(5, 10), Onset: right(page, 20), SLOs: []string{"shop/api"}},
			truth.Score{RuleKey: key("Q"), Precision: right(5, 10), Onset: right(0, 20), SLOs: []string{"shop/api"}},
		)
	}
	table{
		"tells of more than the best page": {compared(18, 4), Options{}, []string{"T"}},
		"tells of as many":                 {compared(4, 4), Options{}, nil},
		"tells of two only":                {compared(2, 0), Options{}, nil},
	}.run(t, noise.KindMisleadingSeverity)
	f := theOne(t, noise.KindMisleadingSeverity, compared(18, 4))
	assert.Equal(t, noise.NotGiven, f.Action, "the loss was there, and nobody was woken")
	assert.Equal(t, "P", f.Others[0].Name)
	assert.Equal(t, noise.Strong, f.Confidence)
	assert.Equal(t, noise.Weak, theOne(t, noise.KindMisleadingSeverity, compared(6, 5)).Confidence)
}
