package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// beside is what the reports tell beside their own window, kept from one to the next.
type beside struct {
	mtx sync.Mutex

	weeks    *report.Trends       // the last that are complete
	counting *pipeline.WeekByWeek // those that are being counted; nil between
	due      time.Time            // when they are counted anew

	earlierID history.ReportID
	earlier   *report.Earlier
}

// trendsEvery is how often weeks are counted anew at most; where that takes long, it
// is a hundred times as long as it takes.
const trendsEvery = time.Hour

// trends are the weeks before now. To count them takes no more than a quarter of the
// time that a report has; what is missing then is counted for the next one.
func (st *station) trends(ctx context.Context, src collector.Source, r *pipeline.Reading, o pipeline.Options, by pipeline.JudgeOptions) (*report.Trends, error) {
	b := &st.beside
	b.mtx.Lock()
	defer b.mtx.Unlock()
	began := time.Now()
	if b.counting == nil {
		if began.Before(b.due) {
			return b.weeks, nil
		}
		b.counting = &pipeline.WeekByWeek{Until: r.Window.To, Of: trendWeeks}
	}
	some, stop := context.WithTimeout(ctx, time.Duration(st.c.Report.Timeout)/4)
	defer stop()
	err := b.counting.Count(some, src, o, by)
	if err != nil && some.Err() == nil || ctx.Err() != nil {
		return nil, err
	}
	if err == nil {
		b.weeks, b.counting = &report.Trends{Weeks: b.counting.Done}, nil
		b.due = began.Add(max(trendsEvery, 100*time.Since(began)))
	}
	return b.weeks, nil
}

// adviceLasts is how long before a window a report may have ended whose advice is
// followed up.
const adviceLasts = 35 * 24 * time.Hour

// earlierReport is the newest of some schedules' reports whose period ends before a
// window begins, but not long before; nil where there is none. The last one that was
// read is kept.
func (st *station) earlierReport(ctx context.Context, schedules []string, window slo.Interval) (*report.Earlier, error) {
	var newest history.StoredReport
	for _, name := range schedules {
		kept, err := st.store.Reports(ctx, name)
		if err != nil {
			return nil, err
		}
		fits := func(r history.StoredReport) bool {
			return r.Form == "json" && !r.Period.To.After(window.From) && r.Period.To.After(window.From.Add(-adviceLasts))
		}
		// The newest is the first.
		if i := slices.IndexFunc(kept, fits); i >= 0 && kept[i].Period.To.After(newest.Period.To) {
			newest = kept[i]
		}
	}
	if newest.Name == "" {
		return nil, nil
	}
	b := &st.beside
	b.mtx.Lock()
	defer b.mtx.Unlock()
	if b.earlierID == newest.ReportID {
		return b.earlier, nil
	}
	text, err := st.store.Report(ctx, newest.ReportID)
	if err != nil {
		return nil, err
	}
	earlier, err := report.ReadEarlier(bytes.NewReader(text))
	if err != nil && !errors.Is(err, report.ErrNoReport) {
		return nil, err
	}
	b.earlierID, b.earlier = newest.ReportID, earlier
	return earlier, nil
}

// wholeSchedules are those whose reports are about all teams.
func (st *station) wholeSchedules() []string {
	var out []string
	for _, s := range st.c.Schedules {
		if s.Team == "" {
			out = append(out, s.Name)
		}
	}
	return out
}
