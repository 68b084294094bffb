package collector

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// healthStep is the grid on which the pipeline's own metrics are asked. The
// questions are put so that a month in which all was well has short answers; in
// one that is longer than longLook it is only looked now and then whether the
// metrics are there at all.
const (
	healthStep = 5 * time.Minute
	longLook   = 48 * time.Hour
	lookStep   = time.Hour
)

// settling is how long after a start no rule group has written anything yet:
// two evaluations at the usual minute, and the wait for the first slot.
const settling = 4 * time.Minute

// Health is what the metrics that Prometheus keeps of itself tell of a window.
type Health struct {
	Spells []noise.Spell // ordered by start
	// Known is false where the source has no such metrics, so that no spell
	// does not mean well.
	Known    bool
	Warnings []string
}

// counters of trouble by rule group, and what they tell.
var troubles = []struct {
	metric string
	kind   noise.SpellKind
}{
	{"prometheus_rule_evaluation_failures_total", noise.SpellFailedEvaluation},
	{"prometheus_rule_group_iterations_missed_total", noise.SpellMissedEvaluation},
}

// ReadHealth asks a source when Prometheus itself was unwell: evaluations that
// failed or were missed, restarts, and times without any sample.
func ReadHealth(ctx context.Context, src Source, window slo.Interval) (Health, error) {
	r := Range{From: window.From.Truncate(healthStep), To: window.To.Truncate(healthStep).Add(healthStep), Step: healthStep}
	h := &health{ctx: ctx, src: src, r: r}
	for _, t := range troubles {
		h.counter(t.metric, t.kind)
	}
	h.restarts()
	h.outages()
	if h.err != nil {
		return Health{}, h.err
	}
	slices.SortFunc(h.out.Spells, func(a, b noise.Spell) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Kind, b.Kind), strings.Compare(a.Group, b.Group))
	})
	return h.out, nil
}

// health gathers what ReadHealth returns; the first error ends it.
type health struct {
	ctx context.Context //nolint:containedctx // Lives as long as one call.
	src Source
	r   Range
	out Health
	err error
}

func (h *health) ask(expr string, r Range) []Series {
	if h.err != nil {
		return nil
	}
	res, err := h.src.QueryRange(h.ctx, expr, r)
	h.err = err
	h.out.Warnings = append(h.out.Warnings, res.Warnings...)
	return res.Series
}

// has tells whether a metric is there in the window.
func (h *health) has(metric string) bool {
	r := h.r
	if r.To.Sub(r.From) > longLook {
		r.Step = lookStep
	}
	return len(h.ask("count("+metric+")", r)) > 0
}

// counter makes a spell of every stretch of steps in which a counter rose: it is
// not what it was a step earlier, and not at zero after a start either. A rate
// would miss what happens between the last sample of one step and the first of
// the next.
func (h *health) counter(metric string, kind noise.SpellKind) {
	if !h.has(metric) {
		return
	}
	h.out.Known = true
	for _, s := range h.ask("sum by (rule_group) ("+metric+" != "+metric+" offset 5m) > 0", h.r) {
		group := s.Labels.Get("rule_group")
		for _, p := range s.Points {
			h.add(noise.Spell{Interval: slo.Interval{From: time.UnixMilli(p.T).UTC().Add(-healthStep), To: time.UnixMilli(p.T).UTC()}, Kind: kind, Group: group})
		}
	}
}

// add appends a spell, or lengthens the last one where it goes on.
func (h *health) add(s noise.Spell) {
	if n := len(h.out.Spells); n > 0 {
		last := &h.out.Spells[n-1]
		if last.Kind == s.Kind && last.Group == s.Group && !s.From.After(last.To) {
			last.To = s.To
			return
		}
	}
	h.out.Spells = append(h.out.Spells, s)
}

// The start times of Prometheus servers, and of these the ones that were not the
// same a step earlier.
const (
	startTimes    = "process_start_time_seconds and on (job, instance) prometheus_build_info"
	newStartTimes = "(process_start_time_seconds unless process_start_time_seconds == process_start_time_seconds offset 5m)" +
		" and on (job, instance) prometheus_build_info"
)

// restarts makes a spell of every start of Prometheus in the window, from its
// last sample before the start until its rules write again.
func (h *health) restarts() {
	last := map[string]float64{}
	for _, s := range h.ask(startTimes, Range{From: h.r.From, To: h.r.From, Step: healthStep}) {
		h.out.Known = true
		last[s.Labels.String()] = s.Points[0].V
	}
	for _, s := range h.ask(newStartTimes, h.r) {
		h.out.Known = true
		was := last[s.Labels.String()]
		for _, p := range s.Points {
			if was != 0 && p.V != was {
				h.restart(time.UnixMilli(int64(p.V * 1000)).UTC())
			}
			was = p.V
		}
	}
}

func (h *health) restart(at time.Time) {
	from := at
	before := Range{From: at.Add(-time.Hour).Truncate(time.Minute), To: at, Step: time.Minute}
	for _, s := range h.ask("max(timestamp(prometheus_build_info))", before) {
		if n := len(s.Points); n > 0 {
			from = time.UnixMilli(int64(s.Points[n-1].V * 1000)).UTC()
		}
	}
	if from.After(at) {
		from = at
	}
	h.add(noise.Spell{Interval: slo.Interval{From: from, To: at.Add(settling)}, Kind: noise.SpellRestart})
}

// outages makes a spell of every stretch between samples of up without any. One
// that touches the window's edge may be where the data begin or end.
func (h *health) outages() {
	step := healthStep.Milliseconds()
	for _, s := range h.ask("absent_over_time(up[5m])", h.r) {
		for rest := s.Points; len(rest) > 0; {
			n := unbroken(rest, step)
			first, last := rest[0].T, rest[n-1].T
			rest = rest[n:]
			if first <= h.r.From.UnixMilli() || last >= h.r.To.UnixMilli() {
				continue
			}
			hole := slo.Interval{From: time.UnixMilli(first - step).UTC(), To: time.UnixMilli(last).UTC()}
			h.add(noise.Spell{Interval: hole, Kind: noise.SpellOutage})
		}
	}
}

// unbroken is how many points from the first on lie one step apart.
func unbroken(points []Point, step int64) int {
	for n := 1; n < len(points); n++ {
		if points[n].T != points[n-1].T+step {
			return n
		}
	}
	return len(points)
}
