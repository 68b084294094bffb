package collector

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// The grids on which the events of an SLI are counted: raw samples by the
// minute, PromQL by five, so that an increase has samples to stand on.
const (
	rawStep   = time.Minute
	queryStep = 5 * time.Minute
	// margin is read before a window, so that a series that goes on into it is
	// told from one that is born in it.
	margin = 65 * time.Minute
)

// RawReader is a source that can stream raw samples, staleness markers included.
// ErrRawUnknown says that this one can't after all.
type RawReader interface {
	// Raw calls series with the labels of each series that the matchers select,
	// in any order, and what it returns with its samples that lie in the
	// window, in time order; unix milliseconds. A series may come in pieces,
	// and from its beginning again after a read broke half way: series then
	// has to give the same function, and that has to pass over samples that
	// are not after its last.
	Raw(ctx context.Context, ms []*labels.Matcher, window slo.Interval, series func(labels.Labels) func(ts int64, v float64)) error
}

// ErrRawUnknown means that the source offers no way to raw samples.
var ErrRawUnknown = errors.New("the source does not stream raw samples")

// SLISteps are the events of one group of an SLO.
type SLISteps struct {
	Group labels.Labels // the GroupBy labels; empty without grouping
	Steps *slo.Steps
	Exact bool // counted from raw samples, not extrapolated by PromQL
}

// ReadSLI counts the events of an SLO over a window, group by group, ordered by
// group. An SLO that has no series at all gives no group: its events are
// unknown.
func ReadSLI(ctx context.Context, src Source, s slo.SLO, window slo.Interval) ([]SLISteps, []string, error) {
	if counted, ok := src.(StepsReader); ok {
		return counted.SLISteps(ctx, s, window)
	}
	sli := s.SLI
	sliced, isSliced := sli.(slo.Slices)
	if isSliced {
		sli = sliced.Of
	}
	out, warnings, err := events{sli: sli, by: s.GroupBy, window: window}.read(ctx, src)
	if err != nil {
		return nil, warnings, fmt.Errorf("count the events of %s: %w", s.ID(), err)
	}
	if isSliced {
		for i := range out {
			out[i].Steps = out[i].Steps.Slices(sliced.Length, sliced.Target)
		}
	}
	slices.SortFunc(out, func(a, b SLISteps) int { return labels.Compare(a.Group, b.Group) })
	return out, warnings, nil
}

// events are what is to be counted.
type events struct {
	sli    slo.SLI
	by     []string
	window slo.Interval
}

func (e events) read(ctx context.Context, src Source) ([]SLISteps, []string, error) {
	raw, ok := src.(RawReader)
	selectors := e.sli.Selectors()
	if !ok || !countable(selectors) {
		return e.query(ctx, src)
	}
	out, err := e.raw(ctx, raw, selectors)
	if errors.Is(err, ErrRawUnknown) {
		return e.query(ctx, src)
	}
	return out, nil, err
}

// group is the labels of a series that keep the SLO apart.
func (e events) group(ls labels.Labels) labels.Labels {
	return labels.NewBuilder(ls).Keep(e.by...).Labels()
}

// countable tells whether an SLI is made of plain series of numbers.
func countable(selectors []slo.Selector) bool {
	if len(selectors) == 0 {
		return false
	}
	for _, s := range selectors {
		if _, err := matchers(s.Expr); err != nil || s.Role == slo.RoleBuckets {
			return false
		}
	}
	return true
}

// matchers is what a plain vector selector selects by.
func matchers(selector string) ([]*labels.Matcher, error) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(selector)
	if err != nil {
		return nil, fmt.Errorf("parse selector: %w", err)
	}
	v, ok := expr.(*parser.VectorSelector)
	if !ok || v.OriginalOffset != 0 || v.Timestamp != nil || v.StartOrEnd != 0 {
		return nil, fmt.Errorf("parse selector %q: it is no plain vector selector", selector)
	}
	return v.LabelMatchers, nil
}

// raw counts raw samples.
func (e events) raw(ctx context.Context, src RawReader, selectors []slo.Selector) ([]SLISteps, error) {
	reach := slo.Interval{From: e.window.From.Add(-margin), To: e.window.To}
	groups := map[string]*SLISteps{}
	counting := map[string]*slo.Counting{}
	open := map[string]func(int64, float64){}
	for _, sel := range selectors {
		ms, err := matchers(sel.Expr)
		if err != nil {
			return nil, err
		}
		err = src.Raw(ctx, ms, reach, func(ls labels.Labels) func(int64, float64) {
			id := sel.Expr + ls.String()
			if open[id] != nil {
				return open[id]
			}
			group := e.group(ls)
			key := group.String()
			if counting[key] == nil {
				counting[key] = slo.NewCounting(e.window, rawStep)
				groups[key] = &SLISteps{Group: group.Copy(), Exact: true}
			}
			open[id] = counting[key].Series(sel.Role).Add
			return open[id]
		})
		if err != nil {
			return nil, err
		}
	}
	out := make([]SLISteps, 0, len(groups))
	for key, g := range groups {
		g.Steps = counting[key].Steps()
		out = append(out, *g)
	}
	return out, nil
}

// query counts by PromQL, step by step.
func (e events) query(ctx context.Context, src Source) ([]SLISteps, []string, error) {
	grid := slo.NewSteps(e.window, queryStep).Interval()
	r := Range{From: grid.From.Add(queryStep), To: grid.To, Step: queryStep}
	counts := e.sli.Counts(queryStep, e.by)
	bad, err := src.QueryRange(ctx, counts.Bad, r)
	if err != nil {
		return nil, bad.Warnings, err
	}
	groups := map[string]*SLISteps{}
	at := func(ls labels.Labels) *slo.Steps {
		group := e.group(ls)
		key := group.String()
		if groups[key] == nil {
			groups[key] = &SLISteps{Group: group, Steps: slo.NewSteps(e.window, queryStep)}
		}
		return groups[key].Steps
	}
	total := bad
	if counts.Total != "" {
		if total, err = src.QueryRange(ctx, counts.Total, r); err != nil {
			return nil, total.Warnings, err
		}
		for _, s := range total.Series {
			take(at(s.Labels), s.Points, takeTotal)
		}
	}
	for _, s := range bad.Series {
		if counts.Total == "" {
			take(at(s.Labels), s.Points, takeRatio)
		} else {
			take(at(s.Labels), s.Points, takeBad)
		}
	}
	out := make([]SLISteps, 0, len(groups))
	for _, g := range groups {
		out = append(out, *g)
	}
	warnings := slices.Concat(bad.Warnings, total.Warnings)
	slices.SortFunc(warnings, strings.Compare)
	return out, slices.Compact(warnings), nil
}

// take gives every point that is a number to the step that ends at it.
func take(s *slo.Steps, points []Point, put func(s *slo.Steps, i int, v float64)) {
	for _, p := range points {
		i := int(time.UnixMilli(p.T).Sub(s.From)/s.Step) - 1
		if i < 0 || i >= s.Len() || math.IsNaN(p.V) || math.IsInf(p.V, 0) {
			continue
		}
		put(s, i, max(0, p.V))
	}
}

func takeTotal(s *slo.Steps, i int, v float64) { s.Total[i], s.Known[i] = s.Total[i]+v, true }
func takeBad(s *slo.Steps, i int, v float64)   { s.Bad[i] += v }

// takeRatio gives each step one event, as much of it bad as the ratio says.
func takeRatio(s *slo.Steps, i int, v float64) {
	s.Total[i], s.Bad[i], s.Known[i] = 1, min(1, v), true
}
