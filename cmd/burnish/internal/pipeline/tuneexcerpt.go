package pipeline

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// Excerpt is a piece of the history on which a changed rule does what it should:
// it fires in an incident, or stays quiet where the rule as it was fires. Of a
// rule that is taken out it is one on which another still fires in an incident, or
// nothing of its name does where it did. What is expected, and what the rule as it
// was does, was found by Prometheus' own engine over the excerpt alone.
type Excerpt struct {
	Case rulefile.Case
	// Of is the rule that fires in place of one that is taken out; else nil.
	Of *TunedRule
	// Fires tells whether it is of an incident.
	Fires bool
}

// The bounds on excerpts, and how many places are tried for one.
const (
	mostExcerptSeries = 20
	mostExcerptSlots  = 600
	mostExcerptTries  = 8
)

var errNoExcerpt = errors.New("no short excerpt of the history shows it")

// excerpts finds one of each kind for each rule that changes.
func (r *Reading) excerpts(ctx context.Context, src collector.Source, t *Tuning, incidents []noise.Incident) {
	x := &excerptings{src: src, all: t, incidents: incidents, prepared: map[int]*excerpting{}}
	for i := range t.Rules {
		tr := &t.Rules[i]
		if tr.Advice.Change == nil {
			continue
		}
		e, err := x.of(i)
		if err == nil {
			err = e.find(ctx)
		}
		if err != nil {
			tr.NoTest = err.Error()
		}
	}
}

// excerptings are those of a tuning's rules, as far as they were asked for.
type excerptings struct {
	src       collector.Source
	all       *Tuning
	incidents []noise.Incident
	prepared  map[int]*excerpting
}

// of is that of the rule at a place, prepared; nil and why where there is none.
func (x *excerptings) of(at int) (*excerpting, error) {
	if e, ok := x.prepared[at]; ok {
		return e, e.wrong
	}
	e := &excerpting{excerptings: x, at: at, rule: &x.all.Rules[at]}
	x.prepared[at] = e
	e.wrong = e.prepare()
	return e, e.wrong
}

// excerpting looks for excerpts of one rule.
type excerpting struct {
	*excerptings
	at    int // the rule's place among all
	rule  *TunedRule
	wrong error // why it has none

	tuned     noise.Rule
	namesakes []noise.Rule // others of its name in the file, as they will be
	selectors []string
	back      time.Duration // how far the expression looks
	samples   tune.Samples  // what decides
	before    []placed      // episodes as it was
	after     []placed      // and as it will be
}

// placed is an episode of a series, and the incidents that it may be about.
type placed struct {
	tune.Span
	series int
	about  []int
}

// prepare works out the rule as it will be and where it fires.
func (e *excerpting) prepare() error {
	var err error
	if len(e.rule.Subject.Views) == 0 {
		return errNoExcerpt
	}
	if e.tuned, err = e.rule.final(); err != nil {
		return err
	}
	for i := range e.all.Rules {
		o := &e.all.Rules[i]
		if i == e.at || o.Rule.Name != e.tuned.Name || o.Rule.File != e.tuned.File || o.isDeleted() {
			continue
		}
		other, err := o.final()
		if err != nil {
			return err
		}
		e.namesakes = append(e.namesakes, other)
	}
	for _, r := range append([]noise.Rule{e.tuned}, e.namesakes...) {
		selectors, back, err := reads(r.Expr)
		if err != nil {
			return err
		}
		e.selectors, e.back = append(e.selectors, selectors...), max(e.back, back)
	}
	e.place()
	return nil
}

// place finds the episodes, as the rule was and as it will be.
func (e *excerpting) place() {
	c := e.rule.Advice.Change
	view := e.rule.Subject.Views[0]
	if c != nil {
		view = e.rule.Subject.Views[c.View]
	}
	now := tune.Shape{For: e.rule.Rule.For, KeepFiringFor: e.rule.Rule.KeepFiringFor}
	if view.Atom != tune.Whole {
		a := e.rule.Subject.Form.Atoms[view.Atom]
		now.Op, now.Threshold = a.Op, a.Threshold
	}
	e.samples, e.before = view.Samples, e.episodes(view.Samples, now)
	switch {
	case c == nil:
		e.after = e.before
	case !c.Delete:
		e.after = e.episodes(view.Samples, c.Shape)
	}
}

func (t *TunedRule) isDeleted() bool { return t.Advice.Change != nil && t.Advice.Change.Delete }

// final is the rule as it will be, or as it was where it is taken out.
func (t *TunedRule) final() (noise.Rule, error) {
	out, c := t.Rule, t.Advice.Change
	if c == nil || c.Delete {
		return out, nil
	}
	var err error
	out.Expr, err = t.Expr()
	out.For, out.KeepFiringFor = c.Shape.For, c.Shape.KeepFiringFor
	out.Labels = without(out.Labels, c.DropLabels)
	return out, err
}

func without(l labels.Labels, names []string) labels.Labels {
	b := labels.NewBuilder(l)
	for _, n := range names {
		b.Del(n)
	}
	return b.Labels()
}

// episodes are those of a form, the shortest first.
func (e *excerpting) episodes(s tune.Samples, shape tune.Shape) []placed {
	var out []placed
	for i, series := range s.Series {
		for _, span := range tune.Simulate(s.Grid, series.Values, shape) {
			fires := slo.Interval{From: s.Grid.At(span.Fired).Add(-tuneLead), To: s.Grid.At(span.Resolved)}
			out = append(out, placed{Span: span, series: i, about: e.about(series, fires)})
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return (a.Resolved - a.Active) - (b.Resolved - b.Active) })
	return out
}

// about is the incidents that an alert meets in an interval, by their places.
func (e *excerpting) about(series tune.Series, fires slo.Interval) []int {
	var out []int
	for k, in := range e.incidents {
		if in.Concerns(series.Labels) && in.Overlaps(fires) {
			out = append(out, k)
		}
	}
	return out
}

// tuneLead is how long before an incident an alert may be about it.
const tuneLead = 10 * time.Minute

// find takes the first episode of each kind whose excerpt shows it.
func (e *excerpting) find(ctx context.Context) error {
	fires := func(p placed) bool { return len(p.about) > 0 }
	quiet := func(p placed) bool {
		return len(p.about) == 0 && !slices.ContainsFunc(e.after, func(o placed) bool {
			return o.series == p.series && o.Fired < p.Resolved && o.Resolved > p.Active
		})
	}
	if e.rule.isDeleted() {
		if err := e.findInstead(ctx); err != nil {
			return err
		}
	} else if x, err := e.first(ctx, filtered(e.after, fires), true); x != nil || err != nil {
		e.take(x)
		if err != nil {
			return err
		}
	}
	x, err := e.first(ctx, filtered(e.before, quiet), false)
	e.take(x)
	if err == nil && len(e.rule.Excerpts) == 0 {
		err = errNoExcerpt
	}
	return err
}

func (e *excerpting) take(x *Excerpt) {
	if x != nil {
		e.rule.Excerpts = append(e.rule.Excerpts, *x)
	}
}

func filtered(all []placed, fit func(placed) bool) []placed {
	return slices.DeleteFunc(slices.Clone(all), func(p placed) bool { return !fit(p) })
}

// first is the excerpt of the first episode that has one; nil where none of those
// that are tried has.
func (e *excerpting) first(ctx context.Context, of []placed, fires bool) (*Excerpt, error) {
	for _, p := range of[:min(len(of), mostExcerptTries)] {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		x, err := e.excerpt(ctx, p, fires)
		if err == nil {
			return &x, nil
		}
		if !errors.Is(err, errNoExcerpt) {
			return nil, err
		}
	}
	return nil, nil
}
