package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// Bounds of a replay: rules at once, evaluations of one query, evaluations and
// alerts of one rule, and episodes of one rule.
const (
	replaysAtOnce  = 2
	pieceSlots     = 4000
	mostSlots      = 10_000_000
	mostAlerts     = 20_000
	mostOfOneRule  = 2_000_000
	longestFailure = 300 // bytes of a reason
)

// replay evaluates each rule that can be, those that did not change once. Only
// the context's end is an error.
func (b *backtest) replay(ctx context.Context) error {
	type job struct {
		pair *rulePair
		side int
	}
	var jobs []job
	for i := range b.pairs {
		p := &b.pairs[i]
		for _, side := range []int{oldSide, newSide} {
			if p.side(side) == nil || p.left() || side == newSide && p.diff == RuleUnchanged {
				continue
			}
			jobs = append(jobs, job{p, side})
		}
	}
	var mtx sync.Mutex // guards done and the pair's other side
	done := 0
	var g errgroup.Group
	g.SetLimit(replaysAtOnce)
	for _, j := range jobs {
		g.Go(func() error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			episodes, err := b.replayRule(ctx, j.pair, j.side)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			mtx.Lock()
			defer mtx.Unlock()
			j.pair.take(j.side, episodes, err)
			if done++; b.options.Progress != nil {
				b.options.Progress(done, len(jobs))
			}
			return nil
		})
	}
	return g.Wait()
}

// take notes what a replay gave.
func (p *rulePair) take(side int, episodes []noise.Episode, err error) {
	if err != nil {
		p.why[side] = reason(err)
		return
	}
	p.episodes[side] = episodes
	if p.diff == RuleUnchanged {
		p.episodes[newSide] = episodes
	}
}

// reason is an error as one short line.
func reason(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > longestFailure {
		text = strings.ToValidUTF8(text[:longestFailure], "") + "..."
	}
	return text
}

// replayRule is what one side of a pair would have fired.
func (b *backtest) replayRule(ctx context.Context, p *rulePair, side int) ([]noise.Episode, error) {
	rule := *p.side(side)
	grid, err := b.grid(p, side)
	if err != nil {
		return nil, err
	}
	runs, err := b.presence(ctx, rule, grid)
	if err != nil {
		return nil, err
	}
	shape := tune.Shape{Op: tune.Present, For: rule.For, KeepFiringFor: rule.KeepFiringFor}
	values := make([]float64, grid.Slots)
	var out []noise.Episode
	for _, alert := range runs {
		alert.spread(values)
		series := tune.Series{Labels: alert.labels, Values: values}
		for _, span := range tune.Simulate(grid, values, shape) {
			e := span.Episode(grid, rule, series)
			if span.Active == 0 {
				e.Certainty.Active, e.Certainty.Fired = noise.EdgeCut, noise.EdgeCut
			}
			if e.Open() || e.ResolvedAt.After(b.window.From) {
				out = append(out, e)
			}
		}
		if len(out) > mostOfOneRule {
			return nil, fmt.Errorf("it would have fired more than %d times", mostOfOneRule)
		}
	}
	return out, nil
}

// grid is the evaluations of a side of a pair. They lie where those of the rule
// in force lie, and begin early enough that its state at the window's start is
// known.
func (b *backtest) grid(p *rulePair, side int) (tune.Grid, error) {
	rule := *p.side(side)
	phase := rule
	if p.old != nil {
		phase.Group, phase.File = p.old.Group, p.old.File
	} else {
		phase.File = b.fileOf(rule.Group)
	}
	step := rule.Interval
	if step <= 0 {
		step = collector.DefaultEvaluation
	}
	warm := rule.For + rule.KeepFiringFor + step
	if b.window.Duration()+warm > mostSlots*step {
		return tune.Grid{}, fmt.Errorf("it would take more than %d evaluations", mostSlots)
	}
	return collector.RuleGrid(phase, b.reading.Episodes, slo.Interval{From: b.window.From.Add(-warm), To: b.window.To}), nil
}

// fileOf is the file in which a group of the name is in force.
func (b *backtest) fileOf(group string) string {
	for i := range b.reading.Rules {
		if b.reading.Rules[i].Group == group {
			return b.reading.Rules[i].File
		}
	}
	return ""
}

// alertRuns are the evaluations at which the expression of a rule gave a sample
// for one alert, as runs of slots.
type alertRuns struct {
	labels labels.Labels
	runs   [][2]int // half-open, ascending, disjoint
}

// spread writes the runs as a value for each slot.
func (a *alertRuns) spread(values []float64) {
	for i := range values {
		values[i] = tune.Absent()
	}
	for _, run := range a.runs {
		for i := run[0]; i < run[1]; i++ {
			values[i] = 1
		}
	}
}

// presence evaluates a rule's whole expression piece by piece, so that no query
// and no answer grows with the window.
func (b *backtest) presence(ctx context.Context, rule noise.Rule, grid tune.Grid) ([]*alertRuns, error) {
	found := &alertsFound{byLabels: map[string]*alertRuns{}}
	fill := newFiller(&rule)
	asked := rule
	if fill != nil {
		asked = fill.bare()
	}
	for from := 0; from < grid.Slots; from += pieceSlots {
		piece := tune.Grid{Start: grid.At(from), Step: grid.Step, Slots: min(pieceSlots, grid.Slots-from)}
		samples, warnings, err := collector.ReadSamples(ctx, b.src, asked, rule.Expr, piece)
		if err != nil {
			return nil, err
		}
		if len(warnings) > 0 {
			return nil, fmt.Errorf("the source warned, so its answer may be partial: %s", warnings[0])
		}
		for _, s := range samples.Series {
			if fill == nil {
				found.alert(s.Labels).add(from, s.Values)
			} else if err := found.fill(ctx, fill, s, grid, from); err != nil {
				return nil, err
			}
		}
		if len(found.order) > mostAlerts {
			return nil, fmt.Errorf("it would have had more than %d alerts", mostAlerts)
		}
	}
	slices.SortFunc(found.order, func(x, y *alertRuns) int { return labels.Compare(x.labels, y.labels) })
	for _, a := range found.order {
		a.settle()
	}
	return found.order, nil
}

// alertsFound are the alerts of a rule.
type alertsFound struct {
	byLabels map[string]*alertRuns
	order    []*alertRuns
	key      []byte
}

// alert is the alert with these labels.
func (f *alertsFound) alert(ls labels.Labels) *alertRuns {
	f.key = ls.Bytes(f.key)
	a := f.byLabels[string(f.key)]
	if a == nil {
		a = &alertRuns{labels: ls}
		f.byLabels[string(f.key)] = a
		f.order = append(f.order, a)
	}
	return a
}

// fill notes the samples of a series from a slot on, each under the labels that
// its value makes.
func (f *alertsFound) fill(ctx context.Context, by *filler, s tune.Series, grid tune.Grid, from int) error {
	for i, v := range s.Values {
		if tune.IsAbsent(v) {
			continue
		}
		ls, err := by.alert(ctx, s.Labels, v, grid.At(from+i))
		if err != nil {
			return err
		}
		f.alert(ls).addSlot(from + i)
	}
	return nil
}

// add notes the slots of a piece at which there is a sample.
func (a *alertRuns) add(from int, values []float64) {
	for i, v := range values {
		if !tune.IsAbsent(v) {
			a.addSlot(from + i)
		}
	}
}

func (a *alertRuns) addSlot(at int) {
	if n := len(a.runs); n > 0 && a.runs[n-1][1] == at {
		a.runs[n-1][1]++
		return
	}
	a.runs = append(a.runs, [2]int{at, at + 1})
}

// settle orders and joins the runs: several series that are one alert, since
// they differ in labels that are left out alone, come one after the other.
func (a *alertRuns) settle() {
	slices.SortFunc(a.runs, func(x, y [2]int) int { return x[0] - y[0] })
	out := a.runs[:0]
	for _, run := range a.runs {
		if n := len(out); n > 0 && run[0] <= out[n-1][1] {
			out[n-1][1] = max(out[n-1][1], run[1])
			continue
		}
		out = append(out, run)
	}
	a.runs = out
}
