package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// reason says why a refresh failed.
type reason string

const (
	reasonSource  reason = "source"  // the report function gave an error
	reasonTimeout reason = "timeout" // it took too long
	reasonRender  reason = "render"  // the report could not be written
)

// failure is why there is no newer report.
type failure struct {
	why   reason
	err   error
	since time.Time // start of the first of the refreshes in a row that failed
}

// refresher makes the report anew on an interval and publishes what came of it.
// Only its loop changes it; current may be read at any time.
type refresher struct {
	o       Options
	metrics *metrics
	log     *slog.Logger
	current atomic.Pointer[pages]

	report *rendered // the last good one; nil before the first
	fault  *failure  // nil while all is well
}

func newRefresher(o Options) *refresher {
	r := &refresher{o: o, metrics: newMetrics(o), log: o.Logger.With("component", "refresh"), report: o.Kept.last.Load()}
	r.publish()
	return r
}

// loop refreshes at once and then on every tick until ctx ends. A tick that
// falls into a refresh under way is dropped, so refreshes never overlap.
func (r *refresher) loop(ctx context.Context) {
	tick := time.NewTicker(r.o.Interval)
	defer tick.Stop()
	for ctx.Err() == nil {
		r.refresh(ctx)
		select {
		case <-tick.C: // fell into the refresh
		default:
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-r.o.Trigger:
		}
	}
}

// answer is what a report function gave.
type answer struct {
	report Report
	err    error
}

// refresh makes and publishes one report. It waits for the report function even
// past the timeout, so that a function that does not heed its context is never
// run twice at once; only the end of the daemon leaves it behind.
func (r *refresher) refresh(parent context.Context) {
	started := r.o.Now()
	ctx, cancel := context.WithTimeout(parent, r.o.Timeout)
	defer cancel()
	done := make(chan answer, 1)
	go func() {
		report, err := r.o.Report(ctx, started)
		done <- answer{report, err}
	}()
	select {
	case a := <-done:
		r.settle(parent, started, r.timedOut(ctx, a))
		return
	case <-ctx.Done():
	}
	if parent.Err() == nil {
		r.settle(parent, started, r.timedOut(ctx, answer{}))
		select {
		case <-done:
			return
		case <-parent.Done():
		}
	}
	select {
	case <-done:
	case <-time.After(stopGrace):
		r.log.WarnContext(parent, "left a refresh behind that did not end when told to")
	}
}

// timedOut words the answer of a refresh whose time ran out; another answer
// stays as it is.
func (r *refresher) timedOut(ctx context.Context, a answer) answer {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && (a.report == nil || a.err != nil) {
		return answer{err: fmt.Errorf("no report within %s: %w", r.o.Timeout, context.DeadlineExceeded)}
	}
	return a
}

// settle records how a refresh ended. One that the daemon's own end cut short
// says nothing about the source and is not counted.
func (r *refresher) settle(parent context.Context, started time.Time, a answer) {
	if parent.Err() != nil {
		return
	}
	took := r.o.Now().Sub(started)
	why, err := reasonSource, a.err
	if errors.Is(err, context.DeadlineExceeded) {
		why = reasonTimeout
	}
	var made *rendered
	if err == nil {
		why = reasonRender
		made, err = render(a.report, started)
	}
	if err == nil && r.o.Made != nil {
		r.o.Made(a.report)
	}
	if err != nil {
		r.failed(parent, failure{why: why, err: err, since: started})
	} else {
		r.succeeded(parent, started, made)
	}
	r.metrics.observe(took, r.fault, r.o.Now())
	r.publish()
}

// failed notes a failure; in a row of them the first one's start counts.
func (r *refresher) failed(ctx context.Context, f failure) {
	if r.fault != nil {
		f.since = r.fault.since
	}
	r.fault = &f
	serving := "the last report"
	if r.report == nil {
		serving = "no report yet"
	}
	r.log.WarnContext(ctx, "refresh failed", "serving", serving, "reason", f.why, "source", r.o.Source, "since", f.since.UTC(), "err", f.err)
}

func (r *refresher) succeeded(ctx context.Context, started time.Time, made *rendered) {
	if r.fault != nil {
		r.log.InfoContext(ctx, "refresh works again", "source", r.o.Source, "after", started.Sub(r.fault.since))
	}
	r.report, r.fault = made, nil
	r.o.Kept.last.Store(made)
}

func (r *refresher) publish() { r.current.Store(newPages(r.report, r.fault)) }
