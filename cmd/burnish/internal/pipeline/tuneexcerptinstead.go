package pipeline

import (
	"context"
	"fmt"
	"slices"
)

// findInstead looks for an incident that a rule told of that is taken out, and
// for an excerpt on which another of its file fires in that incident.
func (e *excerpting) findInstead(ctx context.Context) error {
	tries := 0
	for i := range e.all.Rules {
		o := &e.all.Rules[i]
		if i == e.at || o.isDeleted() || o.Unread != nil || o.Rule.File != e.rule.Rule.File || o.Rule.Name == e.rule.Rule.Name {
			continue
		}
		other, err := e.of(i)
		if err != nil {
			continue
		}
		of := filtered(other.after, e.sharesIncident)
		if len(of) == 0 {
			continue
		}
		if tries++; tries > mostInstead {
			return nil
		}
		x, err := other.first(ctx, of, true)
		if err != nil || x != nil {
			if x != nil {
				x.Of = o
				x.Case.Name += fmt.Sprintf(", as %s did, which is taken out", e.rule.Rule.Name)
			}
			e.take(x)
			return err
		}
	}
	return nil
}

// mostInstead bounds the other rules of which an excerpt is looked for.
const mostInstead = 4

// sharesIncident tells whether an episode is about an incident that the rule
// told of.
func (e *excerpting) sharesIncident(p placed) bool {
	return slices.ContainsFunc(e.before, func(b placed) bool {
		return slices.ContainsFunc(b.about, func(k int) bool { return slices.Contains(p.about, k) })
	})
}
