package implies

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

// Condition is what decides when an alert fires.
type Condition struct {
	Expr          string
	For           time.Duration
	KeepFiringFor time.Duration
	Interval      time.Duration // of evaluation; 0 where unknown
	QueryOffset   time.Duration
	// Restless tells that a label of the alert depends on the value, so that
	// each evaluation may make a new alert and `for` may never be reached.
	Restless bool
}

// ConditionOf is the condition of a rule.
func ConditionOf(r noise.Rule) Condition {
	return Condition{
		Expr: r.Expr, For: r.For, KeepFiringFor: r.KeepFiringFor, Interval: r.Interval, QueryOffset: r.QueryOffset,
		Restless: restless(r.Labels),
	}
}

// restless tells whether a label is filled in from anything but other labels,
// which are the same at each evaluation.
func restless(ls labels.Labels) bool {
	found := false
	ls.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			steady := regexp.MustCompile(`\{\{\s*\$labels\.[a-zA-Z_][a-zA-Z0-9_]*\s*\}\}`)
			found = found || strings.Contains(steady.ReplaceAllString(l.Value, ""), "{{")
		}
	})
	return found
}

// covers tells whether b, whose expression is true whenever a's is, fires
// whenever a does. With one interval both are evaluated at the same instants, so
// a shorter `for` is reached no later, and a longer keep_firing_for, counted
// from the same evaluation or a later one, ends no earlier. With other intervals
// only an alert that fires by its expression at each instant is certain.
func (a Condition) covers(b Condition) bool {
	if a.QueryOffset != b.QueryOffset {
		return false
	}
	if b.For == 0 && a.KeepFiringFor == 0 {
		return true
	}
	return a.Interval == b.Interval && !b.Restless &&
		a.steps(a.For) >= b.steps(b.For) && a.steps(a.KeepFiringFor) <= b.steps(b.KeepFiringFor)
}

// steps is how many evaluations a duration lasts; at an unknown interval it is
// the duration itself.
func (a Condition) steps(d time.Duration) time.Duration {
	if a.Interval <= 0 {
		return d
	}
	n := d / a.Interval
	if d%a.Interval > 0 {
		n++
	}
	return n
}

// compiled is a condition that was read.
type compiled struct {
	Condition
	*reading
}

var errUnsteady = errors.New("ties are broken at random")

// unsteady tells whether two evaluations of the same text may differ. The engine
// lists the results of histogram functions and of subqueries in random order, and
// topk and its like take the first of equals.
func unsteady(e parser.Expr, picked bool) bool {
	switch e := e.(type) {
	case *parser.AggregateExpr:
		picked = picked || e.Op == parser.TOPK || e.Op == parser.BOTTOMK || e.Op == parser.LIMITK
	case *parser.SubqueryExpr:
		if picked {
			return true
		}
	case *parser.Call:
		if picked && strings.HasPrefix(e.Func.Name, "histogram_") {
			return true
		}
	}
	for child := range parser.ChildrenIter(e) {
		if sub, ok := child.(parser.Expr); ok && unsteady(sub, picked) {
			return true
		}
	}
	return false
}

// compile reads a condition; an error says why nothing can be proven of it.
func compile(c Condition) (*compiled, error) {
	r := read(c.Expr)
	if err := r.judge(); err != nil {
		return nil, err
	}
	return &compiled{c, r}, nil
}
