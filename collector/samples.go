package collector

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// DefaultEvaluation is the evaluation interval of rules that tell none:
// Prometheus' own default.
const DefaultEvaluation = time.Minute

// RuleGrid is the evaluations of a rule in a window. They lie where the rule's
// episodes show that they do, since Prometheus gives each group a phase of its
// own; where no episode shows it, on whole intervals.
func RuleGrid(r noise.Rule, episodes []noise.Episode, window slo.Interval) tune.Grid {
	step := r.Interval
	if step <= 0 {
		step = DefaultEvaluation
	}
	start := window.From.UTC().Truncate(step).Add(phase(r, episodes, step))
	for start.Before(window.From) {
		start = start.Add(step)
	}
	slots := 0
	if start.Before(window.To) {
		slots = int((window.To.Sub(start)-1)/step) + 1
	}
	return tune.Grid{Start: start, Step: step, Slots: slots}
}

// phase is where in the interval most of the group's known starts lie.
func phase(r noise.Rule, episodes []noise.Episode, step time.Duration) time.Duration {
	votes := map[time.Duration]int{}
	for i := range episodes {
		e := &episodes[i]
		if e.Group != r.Group || e.File != r.File || !e.Fired() || e.Certainty.Fired != noise.EdgeExact {
			continue
		}
		votes[e.FiredAt.Sub(e.FiredAt.Truncate(step))]++
	}
	var best time.Duration
	for at, n := range votes {
		if n > votes[best] || n == votes[best] && at < best {
			best = at
		}
	}
	return best
}

// ReadSamples evaluates an expression of a rule at the rule's evaluations, each
// series with the labels that its alert would have; labels that are templates
// are left out. A query offset of the group needs no care: alert samples bear the
// time that the expression was evaluated at. Warnings are the source's.
func ReadSamples(ctx context.Context, src Source, r noise.Rule, query string, grid tune.Grid) (tune.Samples, []string, error) {
	out := tune.Samples{Grid: grid}
	if grid.Slots == 0 {
		return out, nil, nil
	}
	res, err := src.QueryRange(ctx, query, Range{From: grid.Start, To: grid.At(grid.Slots - 1), Step: grid.Step})
	if err != nil {
		return out, nil, fmt.Errorf("read what rule %s compares: %w", r.Name, err)
	}
	start, step := grid.Start.UnixMilli(), grid.Step.Milliseconds()
	for _, s := range res.Series {
		values := make([]float64, grid.Slots)
		for i := range values {
			values[i] = tune.Absent()
		}
		for _, p := range s.Points {
			if at := (p.T - start) / step; at >= 0 && at < int64(grid.Slots) {
				values[at] = p.V
			}
		}
		out.Series = append(out.Series, tune.Series{Labels: alertLabels(r, s.Labels), Values: values})
	}
	slices.SortFunc(out.Series, func(a, b tune.Series) int { return labels.Compare(a.Labels, b.Labels) })
	return out, res.Warnings, nil
}

// alertLabels is the labels of the alert that a sample makes.
func alertLabels(r noise.Rule, sample labels.Labels) labels.Labels {
	b := labels.NewBuilder(sample).Del(model.MetricNameLabel)
	r.Labels.Range(func(l labels.Label) {
		if strings.Contains(l.Value, "{{") {
			b.Del(l.Name)
			return
		}
		b.Set(l.Name, l.Value)
	})
	return b.Labels()
}
