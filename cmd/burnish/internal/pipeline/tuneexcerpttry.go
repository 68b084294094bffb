package pipeline

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/tune"
)

// excerpt reads what the rule reads around an episode, and works out what the
// rules make of it, as they were and as they will be.
func (e *excerpting) excerpt(ctx context.Context, p placed, fires bool) (Excerpt, error) {
	g := e.samples.Grid
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
	series, err := e.read(ctx, grid, e.samples.Series[p.series].Labels)
	if err != nil {
		return Excerpt{}, err
	}
	step := grid.Step
	if e.back > 0 {
		series, step = between(series), step/2
	}
	grid.Start = time.Unix(0, 0).UTC() // as in a promtool test
	v := evaluation{grid: grid, step: step, series: series}
	at := p.Fired - from
	var firing []rulefile.Firing
	if fires {
		at, firing, err = e.steadyAt(ctx, v, at)
	} else {
		err = e.quietAt(ctx, v, at)
	}
	if err != nil {
		return Excerpt{}, err
	}
	return Excerpt{Fires: fires, Case: rulefile.Case{
		Name: e.named(g.At(p.Fired), fires), Step: step, Series: series,
		Expect: []rulefile.Expectation{{At: time.Duration(at) * grid.Step, Firing: firing}},
	}}, nil
}

// steadyAt is the first slot, not long after the one at which an alert begins, at
// which what the changed rule fires can be told for any version of Prometheus.
func (e *excerpting) steadyAt(ctx context.Context, v evaluation, at int) (int, []rulefile.Firing, error) {
	others, err := e.othersFire(ctx, v)
	if err != nil {
		return 0, nil, err
	}
	v.rule = e.tuned
	firing, err := v.run(ctx)
	if err != nil {
		return 0, nil, err
	}
	for last := min(at+5, len(firing)); at < last; at++ {
		if now := firing[at]; len(now) > 0 && !others[at] && steady(e.tuned, now, v.series) {
			return at, now, nil
		}
	}
	return 0, nil, errNoExcerpt
}

// quietAt holds that at a slot the rule as it was fires and nothing of its name
// does as it will be. A test of a slot at which it did not could not fail.
func (e *excerpting) quietAt(ctx context.Context, v evaluation, at int) error {
	others, err := e.othersFire(ctx, v)
	if err != nil {
		return err
	}
	v.rule = e.rule.Rule
	was, err := v.run(ctx)
	if err != nil {
		return err
	}
	quiet := !others[at]
	if !e.rule.isDeleted() {
		v.rule = e.tuned
		firing, err := v.run(ctx)
		if err != nil {
			return err
		}
		quiet = quiet && len(firing[at]) == 0
	}
	if !quiet || len(was[at]) == 0 {
		return errNoExcerpt
	}
	return nil
}

// othersFire tells for each slot whether a rule of the same name fires: promtool
// tells them not apart.
func (e *excerpting) othersFire(ctx context.Context, v evaluation) ([]bool, error) {
	out := make([]bool, v.grid.Slots)
	for _, r := range e.namesakes {
		v.rule = r
		firing, err := v.run(ctx)
		if err != nil {
			return nil, err
		}
		for i, f := range firing {
			out[i] = out[i] || len(f) > 0
		}
	}
	return out, nil
}

// named says what a case shows.
func (e *excerpting) named(at time.Time, fires bool) string {
	when := at.Format(time.RFC3339)
	switch {
	case fires:
		return fmt.Sprintf("%s fires in the incident of %s", e.tuned.Name, when)
	case e.rule.isDeleted():
		return fmt.Sprintf("nothing fires as %s, which is taken out, where it fired needlessly on %s", e.tuned.Name, when)
	}
	return fmt.Sprintf("%s stays quiet where it fired needlessly on %s", e.tuned.Name, when)
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
