package decide

import (
	"strconv"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// cover is which rules told of which incidents as they began, without the rules
// that are to go.
type cover struct {
	known  bool
	of     map[noise.RuleKey][]int // incidents that a rule told of
	by     []int                   // how many rules that stay told of an incident
	scores map[noise.RuleKey]slo.Proportion
}

func newCover(j *truth.Judgement) cover {
	c := cover{of: map[noise.RuleKey][]int{}, scores: map[noise.RuleKey]slo.Proportion{}}
	if j == nil || !j.Known {
		return c
	}
	c.known, c.by = true, make([]int, len(j.Incidents))
	for i := range j.Incidents {
		seen := map[noise.RuleKey]bool{}
		for _, s := range j.Incidents[i].Signals {
			if s.Onset && !seen[s.RuleKey] {
				seen[s.RuleKey] = true
				c.of[s.RuleKey] = append(c.of[s.RuleKey], i)
				c.by[i]++
			}
		}
	}
	for _, s := range j.Rules {
		c.scores[s.RuleKey] = s.Precision
	}
	return c
}

func (c *cover) precision(key noise.RuleKey) slo.Proportion { return c.scores[key] }

// told is how many incidents the rule told of.
func (c *cover) told(key noise.RuleKey) int { return len(c.of[key]) }

// canSpare tells whether the rule told of incidents, and others that stay told of
// each of them.
func (c *cover) canSpare(key noise.RuleKey) bool {
	for _, i := range c.of[key] {
		if c.by[i] < 2 {
			return false
		}
	}
	return c.known && len(c.of[key]) > 0
}

// drop takes a rule out.
func (c *cover) drop(key noise.RuleKey) {
	for _, i := range c.of[key] {
		c.by[i]--
	}
	delete(c.of, key)
}

func count(n int) string { return strconv.Itoa(n) }
