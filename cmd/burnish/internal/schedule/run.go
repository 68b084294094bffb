package schedule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnish-sre/burnish/slo"
)

// Claims tell replicas and restarts of one another, in a store that all share.
type Claims interface {
	// Claim takes a job's period where nobody has it, and tells whether it did.
	// Of any number that ask at once one gets it. Who got it and died without
	// finishing may lose it after a while, to another that asks.
	Claim(ctx context.Context, job string, period slo.Interval) (claimed bool, err error)
	// Finish notes that the period is done: nobody can claim it any more.
	Finish(ctx context.Context, job string, period slo.Interval) error
	// Release gives it back, not done.
	Release(ctx context.Context, job string, period slo.Interval) error
}

// Job is something that is done once for every period.
type Job struct {
	// Name is that of the claims. To note for each target by itself whether it
	// got a report, make a job of each.
	Name     string
	Schedule *Schedule
	// CatchUp is how late a period is still done; 0 means however late.
	CatchUp time.Duration
	// Do does it. A period for which it fails is given back and tried again.
	Do func(ctx context.Context, period slo.Interval) error
}

// How long a job waits: at most between two looks at the clock, which may be
// set; until it asks again for a period that another has; after a failure.
const (
	mostSleep  = time.Minute
	askAgain   = 5 * time.Minute
	afterFault = 30 * time.Minute
)

// Wiring is what Run works with.
type Wiring struct {
	Claims   Claims                // required
	Registry prometheus.Registerer // takes the metrics; a new one where nil
	Logger   *slog.Logger          // nil discards
	Now      func() time.Time      // the clock; time.Now where nil
}

func (w Wiring) withDefaults() Wiring {
	if w.Registry == nil {
		w.Registry = prometheus.NewRegistry()
	}
	if w.Logger == nil {
		w.Logger = slog.New(slog.DiscardHandler)
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	return w
}

// Runner does jobs at their times.
type Runner struct {
	jobs []Job
	w    Wiring
	runs *prometheus.CounterVec
	last *prometheus.GaugeVec
	next *prometheus.GaugeVec
}

// New makes a runner. It fails where a job lacks something or two have one name.
func New(jobs []Job, w Wiring) (*Runner, error) {
	if w.Claims == nil {
		return nil, errors.New("schedule: no claims")
	}
	r := &Runner{jobs: jobs, w: w.withDefaults()}
	seen := map[string]bool{}
	for _, j := range jobs {
		if j.Name == "" || j.Schedule == nil || j.Do == nil {
			return nil, fmt.Errorf("schedule: job %q lacks a name, a schedule or what to do", j.Name)
		}
		if seen[j.Name] {
			return nil, fmt.Errorf("schedule: two jobs are called %q", j.Name)
		}
		seen[j.Name] = true
	}
	r.measure()
	return r, nil
}

func (r *Runner) measure() {
	r.runs = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "burnish_schedule_runs_total", Help: "Scheduled jobs that this process did, or tried to do.",
	}, []string{"job", "outcome"})
	r.last = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "burnish_schedule_last_success_timestamp_seconds", Help: "When this process last did a scheduled job, in unix seconds.",
	}, []string{"job"})
	r.next = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "burnish_schedule_next_timestamp_seconds", Help: "When a scheduled job is next due, in unix seconds.",
	}, []string{"job"})
	for _, j := range r.jobs {
		for _, outcome := range []string{"done", "failed"} {
			r.runs.WithLabelValues(j.Name, outcome)
		}
	}
	r.w.Registry.MustRegister(r.runs, r.last, r.next)
}

// Run does the jobs until ctx ends and those under way have returned. It begins
// with the newest period of each that is over, unless that was done.
func (r *Runner) Run(ctx context.Context) {
	done := make(chan struct{})
	for _, j := range r.jobs {
		go func() {
			r.loop(ctx, j)
			done <- struct{}{}
		}()
	}
	for range r.jobs {
		<-done
	}
}

func (r *Runner) loop(ctx context.Context, j Job) {
	var settled time.Time // end of the newest period that needs nothing more
	var tried time.Time   // end of the period that was last tried
	var again time.Time   // when to try it once more
	for ctx.Err() == nil {
		now := r.w.Now()
		period, over := j.Schedule.Period(now)
		if over && period.To.After(settled) && (!period.To.Equal(tried) || !now.Before(again)) {
			tried = period.To
			if wait := r.attempt(ctx, j, period); wait == 0 {
				settled, again = period.To, time.Time{}
			} else {
				again = now.Add(wait)
			}
		}
		r.sleep(ctx, j, again)
	}
}

// sleep waits until the next time, the next try, or the next look at the clock.
func (r *Runner) sleep(ctx context.Context, j Job, again time.Time) {
	now := r.w.Now()
	d := mostSleep
	if next := j.Schedule.Next(now); !next.IsZero() {
		r.next.WithLabelValues(j.Name).Set(float64(next.Unix()))
		d = min(d, next.Sub(now))
	}
	if again.After(now) {
		d = min(d, again.Sub(now))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// attempt does a period if it is ours to do, and tells after how long to look at
// it again; 0 means never.
func (r *Runner) attempt(ctx context.Context, j Job, period slo.Interval) time.Duration {
	log := r.w.Logger.With("component", "schedule", "job", j.Name, "from", period.From, "to", period.To)
	if late := r.w.Now().Sub(period.To); j.CatchUp > 0 && late > j.CatchUp {
		log.WarnContext(ctx, "a period was missed and is too old to be made up for", slog.Duration("late", late))
		return 0
	}
	claimed, err := r.w.Claims.Claim(ctx, j.Name, period)
	if err != nil {
		log.ErrorContext(ctx, "claiming a period failed; trying again", slog.Any("error", err))
		return askAgain
	}
	if !claimed {
		return askAgain // it is done, or another does it and may yet die
	}
	err = j.Do(ctx, period)
	ending := context.WithoutCancel(ctx) // what was begun is put on record
	if err != nil {
		r.runs.WithLabelValues(j.Name, "failed").Inc()
		log.ErrorContext(ctx, "a scheduled job failed; trying again", slog.Any("error", err), slog.Duration("in", afterFault))
		if err := r.w.Claims.Release(ending, j.Name, period); err != nil {
			log.ErrorContext(ctx, "giving back a period failed", slog.Any("error", err))
		}
		return afterFault
	}
	r.runs.WithLabelValues(j.Name, "done").Inc()
	r.last.WithLabelValues(j.Name).Set(float64(r.w.Now().UnixMilli()) / 1000)
	if err := r.finish(ending, j, period); err != nil {
		log.ErrorContext(ctx, "a scheduled job was done and could not be noted as done", slog.Any("error", err))
	}
	return 0
}

// finish tries for some seconds: a period that is not noted as done may be done
// again.
func (r *Runner) finish(ctx context.Context, j Job, period slo.Interval) (err error) {
	for wait := 100 * time.Millisecond; wait < 10*time.Second; wait *= 3 {
		if err = r.w.Claims.Finish(ctx, j.Name, period); err == nil {
			return nil
		}
		time.Sleep(wait)
	}
	return err
}
