package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/ledgers"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/dashboards/web"
)

// standing is how the SLOs stand between reports.
type standing struct {
	book  *ledgers.Book
	asked chan struct{} // something was gathered
	leads atomic.Bool   // this replica gathers

	showing sync.Mutex // one at a time shows metrics

	// The pages of a report with the figures of a round, made when somebody looks.
	mtx  sync.Mutex
	base *web.Snapshot
	at   time.Time
	page *web.Snapshot
}

// stand prepares the ledgers, which know nothing yet.
func (st *station) stand() {
	st.standing.book = ledgers.New(st.store, ledgers.Options{SLOs: st.slos, Windows: pipeline.DefaultBurnWindows()})
	st.standing.asked = make(chan struct{}, 1)
}

// ask says that there may be something new.
func (s *standing) ask() {
	select {
	case s.asked <- struct{}{}:
	default: // somebody did
	}
}

// standingStore tells the ledgers what gatherers write.
type standingStore struct {
	*history.Store

	book *ledgers.Book
}

// Commit implements gather.Store.
func (s standingStore) Commit(ctx context.Context, b history.Batch) error {
	err := s.Store.Commit(ctx, b)
	if err == nil {
		s.book.Changed(b.Increments)
	}
	return err
}

// keepStanding brings the ledgers up to date after every round, or every so often
// where another replica gathers.
func (st *station) keepStanding(ctx context.Context) {
	tick := time.NewTicker(time.Duration(st.c.Collect.Interval))
	defer tick.Stop()
	for {
		err := st.refreshStanding(ctx)
		if err != nil && ctx.Err() == nil {
			st.log.WarnContext(ctx, "how SLOs stand is not up to date; it is tried again", "err", err)
		}
		if !st.news(ctx, tick.C) {
			return
		}
	}
}

// news waits until there may be something new; false where ctx ended. While this
// replica gathers, only its rounds count: a tick may fall into one.
func (st *station) news(ctx context.Context, tick <-chan time.Time) bool {
	for {
		select {
		case <-ctx.Done():
			return false
		case <-st.standing.asked:
			return true
		case <-tick:
			if !st.standing.leads.Load() {
				return true
			}
		}
	}
}

// refreshStanding brings the ledgers up to date and shows them. Before the first round
// has ended it does nothing, unless an earlier burnish left history.
func (st *station) refreshStanding(ctx context.Context) error {
	if st.first.Load() > 0 {
		if _, err := st.gatheredBefore(ctx); err != nil {
			return nil //nolint:nilerr // there will be something later
		}
	}
	src, err := history.NewSource(ctx, st.store, history.SourceOptions{})
	if errors.Is(err, collector.ErrNoData) {
		return nil
	}
	if err != nil {
		return err
	}
	at, err := src.Newest(ctx, time.Now())
	if err != nil {
		return err
	}
	if err := st.standing.book.Refresh(ctx, at); err != nil {
		return err
	}
	st.show(ctx)
	return nil
}

// show shows the newest there is as metrics: how SLOs stand by the ledgers, all else
// by the report.
func (st *station) show(ctx context.Context) {
	st.standing.showing.Lock()
	defer st.standing.showing.Unlock()
	s := exposition.Snapshot{Report: st.latest.Load()}
	if teams := st.teams.Load(); teams != nil {
		s.Teams = *teams
	}
	status, ok, err := st.standing.book.Status(ctx)
	if err != nil {
		st.log.WarnContext(ctx, "how SLOs stand can't be shown", "err", err)
	}
	if ok && (s.Report == nil || !status.At.Before(s.Report.To)) {
		s.SLOs = &status
	}
	st.exporter.Set(s)
}

// withStanding lays how SLOs stand over the pages of a report.
func (st *station) withStanding(base *web.Snapshot) *web.Snapshot {
	s := &st.standing
	at, ok := s.book.AsOf()
	if !ok {
		return base
	}
	s.mtx.Lock()
	defer s.mtx.Unlock()
	if s.base == base && s.at.Equal(at) {
		return s.page
	}
	status, ok, err := s.book.Status(context.Background())
	if !ok || err != nil {
		return base
	}
	s.base, s.at, s.page = base, status.At, base.WithStanding(status.At, status.Promises())
	return s.page
}
