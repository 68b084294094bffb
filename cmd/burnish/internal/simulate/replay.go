package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/slo"
)

const (
	// Prometheus' own defaults.
	lookback         = 5 * time.Minute
	outageTolerance  = time.Hour
	forGracePeriod   = 10 * time.Minute
	resendDelay      = time.Minute
	restoreTakes     = 200 * time.Millisecond // from an evaluation to the restore after it
	maxSamples       = 1 << 30
	recordingQueries = 6 // parts of the window that a recording rule is evaluated in
)

// errUnwell is what a query answers while its group is meant to fail.
var errUnwell = errors.New("simulated failure of the query")

// fate is what became of an evaluation.
type fate int

const (
	evaluated fate = iota
	failed         // its queries failed
	missed         // it was skipped
	down           // Prometheus was not running
)

// replay evaluates rules over the samples in memory as Prometheus would have,
// each expression once for the whole window.
type replay struct {
	engine  *promql.Engine
	memory  *memory
	state   *state
	story   story
	restart slo.Interval // empty if it lies outside the window
}

func newReplay(m *memory, s *state, st story) *replay {
	r := &replay{memory: m, state: s, story: st}
	r.engine = promql.NewEngine(promql.EngineOpts{
		MaxSamples: maxSamples, Timeout: time.Hour, LookbackDelta: lookback,
		EnableAtModifier: true, EnableNegativeOffset: true, Parser: newParser(),
		NoStepSubqueryIntervalFn: func(int64) int64 { return evaluationInterval.Milliseconds() },
	})
	if at := st.Restart.interval(s.from); at.To.Before(s.to()) {
		r.restart = at
	}
	return r
}

// fate tells what became of a group's evaluation. A process that starts makes
// its first evaluation at the first slot after its start.
func (r *replay) fate(g *group, at time.Time) fate {
	switch {
	case r.restart.Contains(at):
		return down
	case g.name == r.story.Missing.Group && r.story.Missing.interval(r.state.from).Contains(at):
		return missed
	case g.name == r.story.Failing.Group && r.story.Failing.interval(r.state.from).Contains(at):
		return failed
	}
	return evaluated
}

// matrix evaluates an expression at n slots of a group. The result is valid
// until release is called.
func (r *replay) matrix(ctx context.Context, expr string, at slots) (m promql.Matrix, release func(), err error) {
	q, err := r.engine.NewRangeQuery(ctx, r.memory, nil, expr, at.first, at.time(at.n-1), at.step)
	if err != nil {
		return nil, nil, fmt.Errorf("query %s: %w", expr, err)
	}
	res := q.Exec(ctx)
	if m, err = res.Matrix(); err != nil {
		q.Close()
		return nil, nil, fmt.Errorf("query %s: %w", expr, errors.Join(ctx.Err(), err))
	}
	return m, q.Close, nil
}

// slots are evenly spaced evaluation times.
type slots struct {
	first time.Time
	step  time.Duration
	n     int
}

func (s slots) time(i int) time.Time { return s.first.Add(time.Duration(i) * s.step) }

// index is the slot of a sample's time, which is cut to milliseconds.
func (s slots) index(t int64) int { return int((t - s.first.UnixMilli()) / s.step.Milliseconds()) }

// split cuts the slots into at most k runs of about the same length.
func (s slots) split(k int) []slots {
	var out []slots
	each := (s.n + k - 1) / k
	for i := 0; i < s.n; i += each {
		out = append(out, slots{s.time(i), s.step, min(each, s.n-i)})
	}
	return out
}

// record evaluates a recording rule and adds its series to the memory.
func (r *replay) record(ctx context.Context, g *group, rule rulefmt.Rule) error {
	whole := g.slots(r.state)
	parts := whole.split(recordingQueries)
	results := make([]promql.Matrix, len(parts))
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallelism())
	for i, part := range parts {
		work.Go(func() (err error) {
			results[i], _, err = r.matrix(ctx, rule.Expr, part)
			return err
		})
	}
	if err := work.Wait(); err != nil {
		return fmt.Errorf("evaluate %s: %w", rule.Record, err)
	}
	recorded := map[string]*series{}
	for _, m := range results {
		for _, s := range m {
			into := r.recorded(recorded, rule, s.Metric, whole)
			for _, p := range s.Floats {
				into.values[whole.index(p.T)] = p.F
			}
		}
	}
	for _, key := range sortedKeys(recorded) {
		r.maskRecorded(g, whole, recorded[key].values)
		r.memory.add(recorded[key])
	}
	return nil
}

func (r *replay) recorded(all map[string]*series, rule rulefmt.Rule, metric labels.Labels, at slots) *series {
	b := labels.NewBuilder(metric).Set(labels.MetricName, rule.Record)
	for name, v := range rule.Labels {
		b.Set(name, v)
	}
	lset := b.Labels()
	s := all[lset.String()]
	if s == nil {
		s = &series{labels: lset, base: at.first.UnixMilli(), step: at.step.Milliseconds(), values: make([]float64, at.n)}
		fill(s.values, span{0, at.n}, absent())
		all[lset.String()] = s
	}
	return s
}

// maskRecorded takes away what was not evaluated, and marks where a series
// ended.
func (r *replay) maskRecorded(g *group, at slots, values []float64) {
	present := false
	for i := range values {
		switch r.fate(g, at.time(i)) {
		case down:
			values[i], present = absent(), false
		case missed, failed:
			values[i] = absent()
		case evaluated:
			was := present
			present = !isAbsent(values[i])
			if was && !present {
				values[i] = math.Float64frombits(value.StaleNaN)
			}
		}
	}
}

// alerts evaluates all alerting rules, side by side.
func (r *replay) alerts(ctx context.Context, groups []*group, step func()) ([]*series, error) {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(parallelism())
	var results []*[]*series
	for _, g := range groups {
		for _, rule := range g.rules {
			if rule.Alert == "" {
				continue
			}
			into := new([]*series)
			results = append(results, into)
			work.Go(func() (err error) {
				defer step()
				*into, err = r.alert(ctx, g, rule)
				return err
			})
		}
	}
	if err := work.Wait(); err != nil {
		return nil, err
	}
	var out []*series
	for _, of := range results {
		out = append(out, *of...)
	}
	return out, nil
}

// alert evaluates an alerting rule and returns the series that it wrote.
func (r *replay) alert(ctx context.Context, g *group, rule rulefmt.Rule) ([]*series, error) {
	at := g.slots(r.state)
	m, release, err := r.matrix(ctx, rule.Expr, at)
	if err != nil {
		return nil, fmt.Errorf("evaluate %s: %w", rule.Alert, err)
	}
	defer release()
	w := &walk{replay: r, group: g, rule: rule, sink: newSink(), matrix: m, next: make([]int, len(m))}
	if err := w.start(ctx, true); err != nil {
		return nil, err
	}
	for i := range at.n {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if err := w.slot(ctx, at.time(i)); err != nil {
			return nil, err
		}
	}
	return w.sink.series(), nil
}

// walk takes one alerting rule through its evaluations, as the rule manager of
// Prometheus does.
type walk struct {
	*replay
	group  *group
	rule   rulefmt.Rule
	sink   *sink
	matrix promql.Matrix
	next   []int // by series of the matrix: the first point that was not asked for

	engine   *rules.Group
	alerting *rules.AlertingRule
	fresh    int  // evaluations that are left until the restore; 0 once restored
	stopped  bool // Prometheus is down
	quiet    bool // no alert is active, so an empty vector changes nothing
}

// start makes the rule anew, as a process that starts does. One that was not
// running before the window has nothing to restore.
func (w *walk) start(ctx context.Context, restored bool) error {
	var err error
	if w.alerting, err = w.group.alerting(w.rule, restored); err != nil {
		return err
	}
	w.engine = w.group.engine(w.managerOptions(ctx), !restored, w.alerting)
	w.quiet, w.fresh = false, 0
	if !restored {
		w.fresh = 2
	}
	return nil
}

func (w *walk) managerOptions(ctx context.Context) *rules.ManagerOptions {
	return &rules.ManagerOptions{
		ExternalURL: &url.URL{Scheme: "http", Host: "prometheus:9090"},
		QueryFunc:   w.query, Context: ctx, Appendable: w.sink, Queryable: w.sink,
		NotifyFunc:      func(context.Context, string, ...*rules.Alert) {},
		Logger:          slog.New(slog.DiscardHandler),
		OutageTolerance: outageTolerance, ForGracePeriod: forGracePeriod, ResendDelay: resendDelay,
	}
}

// slot makes one evaluation. Where no alert is active and the vector is empty
// an evaluation changes nothing, and is left out.
func (w *walk) slot(ctx context.Context, at time.Time) error {
	switch w.fate(w.group, at) {
	case down:
		w.stopped = true
		return nil
	case missed:
		return nil
	}
	if w.stopped {
		w.stopped = false
		if err := w.start(ctx, false); err != nil {
			return err
		}
	}
	if w.quiet && w.fresh == 0 && !w.anyAt(at.UnixMilli()) {
		return nil
	}
	w.engine.Eval(ctx, at)
	if err := w.alerting.LastError(); err != nil && !errors.Is(err, errUnwell) {
		return fmt.Errorf("evaluate %s: %w", w.rule.Alert, err)
	}
	w.quiet = len(w.alerting.ActiveAlerts()) == 0
	if w.fresh > 0 {
		if w.fresh--; w.fresh == 0 {
			w.engine.RestoreForState(at.Add(restoreTakes))
		}
	}
	return nil
}

// anyAt tells whether the expression has a result at a time.
func (w *walk) anyAt(t int64) bool {
	for i := range w.matrix {
		if w.seek(i, t) {
			return true
		}
	}
	return false
}

// seek moves to the point of a series of the matrix at a time, if it has one.
// Times are asked for in order.
func (w *walk) seek(i int, t int64) bool {
	points := w.matrix[i].Floats
	for w.next[i] < len(points) && points[w.next[i]].T < t {
		w.next[i]++
	}
	return w.next[i] < len(points) && points[w.next[i]].T == t
}

// query answers the rule's query at a slot.
func (w *walk) query(_ context.Context, _ string, at time.Time) (promql.Vector, error) {
	if w.fate(w.group, at) == failed {
		return nil, errUnwell
	}
	t := at.UnixMilli()
	var out promql.Vector
	for i, s := range w.matrix {
		if w.seek(i, t) {
			out = append(out, promql.Sample{Metric: s.Metric, T: t, F: s.Floats[w.next[i]].F})
		}
	}
	return out, nil
}
