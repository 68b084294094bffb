package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
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
// it fires in an incident, or stays quiet where the rule as it was fired
// needlessly. What is expected was found by Prometheus' own engine over the
// excerpt alone.
type Excerpt struct {
	Case rulefile.Case
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

// excerpts finds one of each kind for each rule that changes and stays.
func (r *Reading) excerpts(ctx context.Context, src collector.Source, t *Tuning, incidents []noise.Incident) {
	for i := range t.Rules {
		tr := &t.Rules[i]
		if c := tr.Advice.Change; c == nil || c.Delete {
			continue
		}
		e := excerpting{src: src, rule: tr, incidents: incidents}
		err := e.prepare(t, i)
		if err == nil {
			err = e.find(ctx)
		}
		if err != nil {
			tr.NoTest = err.Error()
		}
	}
}

// excerpting looks for excerpts of one rule.
type excerpting struct {
	src       collector.Source
	rule      *TunedRule
	incidents []noise.Incident

	tuned     noise.Rule
	namesakes []noise.Rule // others of its name in the file, as they will be
	selectors []string
	back      time.Duration // how far the expression looks
	before    []placed      // episodes as it was
	after     []placed      // and as it will be
}

// placed is an episode of a series.
type placed struct {
	tune.Span
	series  int
	outside bool
}

// prepare works out the changed rule and where it fires.
func (e *excerpting) prepare(t *Tuning, at int) error {
	var err error
	if e.tuned, err = e.rule.final(); err != nil {
		return err
	}
	for i := range t.Rules {
		o := &t.Rules[i]
		if i == at || o.Rule.Name != e.tuned.Name || o.Rule.File != e.tuned.File || o.Advice.Change != nil && o.Advice.Change.Delete {
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
	c := e.rule.Advice.Change
	view := e.rule.Subject.Views[c.View]
	now := tune.Shape{For: e.rule.Rule.For, KeepFiringFor: e.rule.Rule.KeepFiringFor}
	if view.Atom != tune.Whole {
		a := e.rule.Subject.Form.Atoms[view.Atom]
		now.Op, now.Threshold = a.Op, a.Threshold
	}
	e.before, e.after = e.episodes(view.Samples, now), e.episodes(view.Samples, c.Shape)
	return nil
}

// final is the rule as it will be.
func (t *TunedRule) final() (noise.Rule, error) {
	out, c := t.Rule, t.Advice.Change
	if c == nil {
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
			p := placed{Span: span, series: i, outside: true}
			for _, in := range e.incidents {
				p.outside = p.outside && !(in.Concerns(series.Labels) && in.Overlaps(fires))
			}
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return (a.Resolved - a.Active) - (b.Resolved - b.Active) })
	return out
}

// tuneLead is how long before an incident an alert may be about it.
const tuneLead = 10 * time.Minute

// find takes the first episode of each kind whose excerpt shows it.
func (e *excerpting) find(ctx context.Context) error {
	fires := func(p placed) bool { return !p.outside }
	quiet := func(p placed) bool {
		return p.outside && !slices.ContainsFunc(e.after, func(o placed) bool {
			return o.series == p.series && o.Fired < p.Resolved && o.Resolved > p.Active
		})
	}
	found := 0
	for _, kind := range []struct {
		of    []placed
		fit   func(placed) bool
		fires bool
	}{{e.after, fires, true}, {e.before, quiet, false}} {
		tries := 0
		for _, p := range kind.of {
			if tries == mostExcerptTries || ctx.Err() != nil {
				break
			}
			if !kind.fit(p) {
				continue
			}
			tries++
			x, err := e.excerpt(ctx, p, kind.fires)
			if err == nil {
				e.rule.Excerpts = append(e.rule.Excerpts, x)
				found++
				break
			}
			if !errors.Is(err, errNoExcerpt) {
				return err
			}
		}
	}
	if found == 0 {
		return errNoExcerpt
	}
	return nil
}

// excerpt reads what the rule reads around an episode, and works out what the
// changed rule makes of it.
func (e *excerpting) excerpt(ctx context.Context, p placed, fires bool) (Excerpt, error) {
	samples := e.rule.Subject.Views[e.rule.Advice.Change.View].Samples
	g := samples.Grid
	margin := 5 * g.Step
	from := p.Active - int(math.Ceil(float64(e.back+margin)/float64(g.Step)))
	to := min(p.Resolved+2, p.Fired+5+int(e.tuned.For/g.Step))
	if !fires {
		to = p.Resolved + 2
	}
	from, to = max(0, from), min(to, g.Slots)
	if to-from > mostExcerptSlots {
		return Excerpt{}, errNoExcerpt
	}
	grid := tune.Grid{Start: g.At(from), Step: g.Step, Slots: to - from}
	series, err := e.read(ctx, grid, samples.Series[p.series].Labels)
	if err != nil {
		return Excerpt{}, err
	}
	step := grid.Step
	if e.back > 0 {
		series, step = between(series), step/2
	}
	firing, err := e.try(ctx, evaluation{grid: grid, step: step, series: series}, p.Fired-from)
	if err != nil || fires != (len(firing) > 0) || !steady(firing) {
		return Excerpt{}, cmp.Or(err, errNoExcerpt)
	}
	name := "stays quiet where it fired needlessly on"
	if fires {
		name = "fires in the incident of"
	}
	return Excerpt{Fires: fires, Case: rulefile.Case{
		Name: fmt.Sprintf("%s %s %s", e.tuned.Name, name, g.At(p.Fired).Format(time.RFC3339)), Step: step, Series: series,
		Expect: []rulefile.Expectation{{At: time.Duration(p.Fired-from) * grid.Step, Firing: firing}},
	}}, nil
}

// try gives what the changed rule fires at a slot. An excerpt on which a rule of
// the same name fires then is of no use: promtool tells them not apart.
func (e *excerpting) try(ctx context.Context, v evaluation, at int) ([]rulefile.Firing, error) {
	v.grid.Start = time.Unix(0, 0).UTC()
	for _, r := range e.namesakes {
		v.rule = r
		firing, err := v.run(ctx)
		if err != nil {
			return nil, err
		}
		if len(firing[at]) > 0 {
			return nil, errNoExcerpt
		}
	}
	v.rule = e.tuned
	firing, err := v.run(ctx)
	if err != nil {
		return nil, err
	}
	return firing[at], nil
}

// read takes the samples of each selector that may bear on an alert.
func (e *excerpting) read(ctx context.Context, g tune.Grid, alert labels.Labels) ([]rulefile.Series, error) {
	seen := map[string]bool{}
	var out []rulefile.Series
	for _, selector := range e.selectors {
		res, err := e.src.QueryRange(ctx, selector, collector.Range{From: g.Start, To: g.At(g.Slots - 1), Step: g.Step})
		if err != nil {
			return nil, fmt.Errorf("read an excerpt: %w", err)
		}
		for _, s := range res.Series {
			key := string(s.Labels.Bytes(nil))
			if seen[key] || !agree(s.Labels, alert) {
				continue
			}
			seen[key] = true
			if len(out) == mostExcerptSeries {
				return nil, errNoExcerpt
			}
			one := rulefile.Series{Labels: s.Labels, Samples: make([]rulefile.Sample, g.Slots)}
			for _, p := range s.Points {
				if at := (p.T - g.Start.UnixMilli()) / g.Step.Milliseconds(); at >= 0 && at < int64(g.Slots) {
					one.Samples[at] = rulefile.Sample{Value: p.V, Known: true}
				}
			}
			out = append(out, one)
		}
	}
	return out, nil
}
