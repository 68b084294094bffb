package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
)

// KindTuned is the kind in the id of a piece of advice.
const KindTuned noise.Kind = "tuned"

// Changed is how many rules a change is recommended for.
func (t *Tuning) Changed() int {
	n := 0
	for i := range t.Rules {
		if t.Rules[i].Advice.Change != nil {
			n++
		}
	}
	return n
}

// ID is stable from run to run, whatever is advised.
func (t *TunedRule) ID() string {
	r := t.Rule
	return noise.FindingID(KindTuned, noise.RuleKey{Name: r.Name, Group: r.Group, File: r.File, Severity: r.Severity()}, r.Expr)
}

// Expr is the expression as recommended.
func (t *TunedRule) Expr() (string, error) { return t.exprOf(t.Advice.Change) }

// exprOf is the expression with a change.
func (t *TunedRule) exprOf(c *tune.Change) (string, error) {
	if c == nil || c.Delete || !t.moves(c) {
		return t.Rule.Expr, nil
	}
	written := make([]float64, len(t.Subject.Form.Atoms))
	for i, a := range t.Subject.Form.Atoms {
		written[i] = a.Written
	}
	written[t.Subject.Views[c.View].Atom] = c.Written
	return t.Subject.Form.With(written...)
}

// moves tells whether a change is of a threshold too.
func (t *TunedRule) moves(c *tune.Change) bool {
	at := t.Subject.Views[c.View].Atom
	return at != tune.Whole && c.Written != t.Subject.Form.Atoms[at].Written
}

// Apply is the text of a rule file with all that is recommended for its rules,
// the first of which is at place first of the tuning's. Changes that the file's
// form does not allow are left out, with the others of their rule, and returned
// for a person to make; there are no unit tests of those rules then.
func (t *Tuning) Apply(file *rulefile.File, first int) ([]byte, []rulefile.Handwork, error) {
	var edits []rulefile.Edit
	for i := range file.Rules() {
		own, err := t.Rules[first+i].edits(i)
		if err != nil {
			return nil, nil, err
		}
		edits = append(edits, own...)
	}
	text, err := file.Apply(edits)
	refused := refusals(err)
	if len(refused) == 0 {
		return text, nil, err
	}
	why := map[int]string{}
	for _, r := range refused {
		why[edits[r.Edit].Rule] = r.Reason
	}
	edits = slices.DeleteFunc(edits, func(e rulefile.Edit) bool { return why[e.Rule] != "" })
	if text, err = file.Apply(edits); err != nil {
		return nil, nil, err
	}
	var left []rulefile.Handwork
	for _, i := range slices.Sorted(maps.Keys(why)) {
		r := &t.Rules[first+i]
		w, err := r.Handwork()
		if err != nil {
			return nil, nil, err
		}
		w.Refused = why[i]
		r.Excerpts, r.NoTest, r.refused = nil, why[i], true
		left = append(left, w)
	}
	return text, left, nil
}

// refusals are the edits that were refused, where an error tells of nothing else.
func refusals(err error) []*rulefile.RefusedError {
	all, ok := err.(interface{ Unwrap() []error }) //nolint:errorlint // All of a joined error are wanted.
	if !ok {
		return nil
	}
	var out []*rulefile.RefusedError
	for _, e := range all.Unwrap() {
		var r *rulefile.RefusedError
		if !errors.As(e, &r) {
			return nil
		}
		out = append(out, r)
	}
	return out
}

// Handwork is what is recommended for a rule, for a person to do.
func (t *TunedRule) Handwork() (rulefile.Handwork, error) {
	edits, err := t.edits(0)
	return rulefile.Handwork{Rule: t.Rule, Edits: edits, ID: t.ID(), What: t.What(), Why: t.Why()}, err
}

// edits are the changes of one rule, with a comment that says why.
func (t *TunedRule) edits(at int) ([]rulefile.Edit, error) {
	c := t.Advice.Change
	if c == nil {
		return nil, nil
	}
	comment := t.comment()
	if c.Delete {
		return []rulefile.Edit{rulefile.CommentOut(at, comment...)}, nil
	}
	out := []rulefile.Edit{rulefile.CommentAbove(at, comment...)}
	if t.moves(c) {
		expr, err := t.Expr()
		if err != nil {
			return nil, fmt.Errorf("change rule %s: %w", t.Rule.Name, err)
		}
		a := t.Subject.Form.Atoms[t.Subject.Views[c.View].Atom]
		after := len(t.Subject.Form.Expr) - a.End
		out = append(out, rulefile.SpliceExpr(at, a.Start, a.End, expr[a.Start:len(expr)-after]))
	}
	for _, name := range c.DropLabels {
		out = append(out, rulefile.SetLabel(at, name, "")) // Prometheus drops empty labels
	}
	out = append(out, duration(at, rulefile.For, t.Rule.For, c.Shape.For)...)
	return append(out, duration(at, rulefile.KeepFiringFor, t.Rule.KeepFiringFor, c.Shape.KeepFiringFor)...), nil
}

// duration is the change of for or keep_firing_for.
func duration(at int, field rulefile.Field, before, after time.Duration) []rulefile.Edit {
	switch {
	case before == after:
		return nil
	case after == 0:
		return []rulefile.Edit{rulefile.RemoveField(at, field)}
	case field == rulefile.For:
		return []rulefile.Edit{rulefile.SetFor(at, after)}
	}
	return []rulefile.Edit{rulefile.SetKeepFiringFor(at, after)}
}

// comment is the evidence as lines above the rule.
func (t *TunedRule) comment() []string {
	lines := []string{"burnish " + t.ID() + ": " + t.What()}
	return append(lines, t.Why())
}

// What is the change in words.
func (t *TunedRule) What() string {
	return t.words(t.Advice.Change)
}

// words says a change in words.
func (t *TunedRule) words(c *tune.Change) string {
	if c == nil {
		return "no change"
	}
	if c.Delete {
		return "taken out"
	}
	var parts []string
	if t.moves(c) {
		a := t.Subject.Form.Atoms[t.Subject.Views[c.View].Atom]
		parts = append(parts, fmt.Sprintf("threshold %v to %v", a.Written, c.Written))
	}
	if c.Shape.For != t.Rule.For {
		parts = append(parts, fmt.Sprintf("for %s to %s", model.Duration(t.Rule.For), model.Duration(c.Shape.For)))
	}
	if c.Shape.KeepFiringFor != t.Rule.KeepFiringFor {
		parts = append(parts, fmt.Sprintf("keep_firing_for %s to %s", model.Duration(t.Rule.KeepFiringFor), model.Duration(c.Shape.KeepFiringFor)))
	}
	if len(c.DropLabels) > 0 {
		parts = append(parts, "label "+strings.Join(c.DropLabels, ", ")+" emptied")
	}
	return strings.Join(parts, ", ")
}

// Why is what the recommendation rests on, in one sentence or two.
func (t *TunedRule) Why() string {
	if t.Unread != nil {
		return "Not looked at: " + t.Unread.Error() + "."
	}
	a := t.Advice
	if a.Change == nil {
		return a.Why
	}
	return evidence(a.Whole, a.Change.Delete) + " " + a.Why
}
