package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// errGathering says that the first round has not ended.
var errGathering = errors.New("history is being read for the first time; burnish_gather_watermark_timestamp_seconds tells how far it is")

// report makes the report of the configured window from the store.
func (st *station) report(ctx context.Context, now time.Time) (daemon.Report, error) {
	if st.first.Load() > 0 {
		if _, err := st.gatheredBefore(ctx); err != nil {
			return nil, err
		}
	}
	for i := range st.away {
		// Without a report the store's is better than none.
		if err := st.away[i].Load(); err != nil && st.latest.Load() != nil {
			return nil, *err
		}
	}
	src, err := st.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	o, err := st.options(now)
	if err != nil {
		return nil, err
	}
	by, err := st.judgeBy(ctx)
	if err != nil {
		return nil, err
	}
	return readShown(ctx, src, o, judgedBy{
		JudgeOptions: by,
		topology:     func(*pipeline.Reading, *truth.Judgement) *web.Topology { return st.atlas.shown(o.SLOs) },
		beside: func(r *pipeline.Reading) (x pipeline.Extras, err error) {
			if x.Trends, err = st.trends(ctx, src, r, o, by); err != nil {
				return x, err
			}
			x.Earlier, err = st.earlierReport(ctx, st.wholeSchedules(), r.Window)
			return x, err
		},
	})
}

// gathered waits until there is history to report on, or until ctx ends: a report of a
// period that was missed would fail before the first round, and wait half an hour.
func (st *station) gathered(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for st.first.Load() > 0 {
		if before, _ := st.gatheredBefore(ctx); before {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// gatheredBefore tells that an earlier burnish left history that is near enough to
// now to be shown while the first round goes on.
func (st *station) gatheredBefore(ctx context.Context) (bool, error) {
	for _, s := range st.c.Sources {
		mark, err := st.store.Watermark(ctx, sourceName(s), "alerts")
		if err != nil {
			return false, err
		}
		if time.Since(mark) > time.Duration(st.c.Report.Window) {
			return false, fmt.Errorf("%s: %w", sourceName(s), errGathering)
		}
	}
	return true, nil
}

func (st *station) options(now time.Time) (pipeline.Options, error) {
	slos, err := st.slos()
	return pipeline.Options{
		Now: now, Last: time.Duration(st.c.Report.Window), RuleFiles: st.c.Rules.Files, ReplicaLabels: st.c.ReplicaLabels, SLOs: slos,
	}, err
}

// judgeBy is what alerts are judged by: the configuration, the incidents that
// people declared, and the silences that were seen.
func (st *station) judgeBy(ctx context.Context) (pipeline.JudgeOptions, error) {
	by, err := judgeOptions(ctx, st.c, st.log)
	if err != nil {
		return by, err
	}
	declared, err := st.store.Incidents(ctx, slo.Interval{})
	if err != nil {
		return by, err
	}
	now := time.Now()
	for _, i := range declared {
		if i.To.IsZero() {
			i.To = now
		}
		by.Incidents = append(by.Incidents, i)
	}
	by.Declared = by.Declared || len(declared) > 0
	by.Silences, err = st.silences(ctx, by)
	return by, err
}

// made shows a new report as metrics and to assistants.
func (st *station) made(r daemon.Report) {
	s, ok := r.(shown)
	if !ok {
		return
	}
	doc := s.Document()
	st.latest.Store(&doc)
	st.teams.Store(&s.teams)
	st.show(context.Background())
	debug.FreeOSMemory() // what only making it needed
}

// withLive opens the stored history and does something with it.
func (st *station) withLive(ctx context.Context, do func(collector.Source) error) error {
	src, err := st.open(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	return do(src)
}
