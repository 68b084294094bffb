package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/deliver"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/schedule"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// scheduled makes, keeps and sends the reports of the schedules.
type scheduled struct {
	st *station
	to *deliver.Deliverer

	// One report at a time; the last one serves all targets of its period.
	mtx  sync.Mutex
	last *sentReport
}

// schedules is what does the configured schedules; nil where there are none.
func (st *station) schedules() (*schedule.Runner, error) {
	if len(st.c.Schedules) == 0 {
		return nil, nil
	}
	to, err := deliver.New(st.c.Delivery, deliver.Wiring{Registry: st.registry, Logger: st.log})
	if err != nil {
		return nil, err
	}
	s := &scheduled{st: st, to: to}
	var jobs []schedule.Job
	for i, c := range st.c.Schedules {
		more, err := s.jobs(c)
		if err != nil {
			return nil, fmt.Errorf("schedules[%d]: %w", i, err)
		}
		jobs = append(jobs, more...)
	}
	return schedule.New(jobs, schedule.Wiring{Claims: schedule.StoreClaims{Store: st.store, Holder: holder()}, Registry: st.registry, Logger: st.log})
}

// jobs are the archive's and one for each target, so that each gets the report
// once whatever happens to the others.
func (s *scheduled) jobs(c config.Schedule) ([]schedule.Job, error) {
	when, err := schedule.Parse(c.Cron, c.Zone)
	if err != nil {
		return nil, err
	}
	job := func(name string, do func(ctx context.Context, r *sentReport) error) schedule.Job {
		return schedule.Job{Name: name, Schedule: when, CatchUp: time.Duration(c.CatchUp), Do: func(ctx context.Context, period slo.Interval) error {
			r, err := s.report(ctx, c, period)
			if err != nil {
				return err
			}
			return do(ctx, r)
		}}
	}
	out := []schedule.Job{job(c.Name, s.keep)}
	targets := c.To
	if len(targets) == 0 {
		targets = s.to.Targets()
	}
	for _, target := range targets {
		if !slices.Contains(s.to.Targets(), target) {
			return nil, fmt.Errorf("no target of delivery is called %q", target)
		}
		out = append(out, job(c.Name+"/"+target, func(ctx context.Context, r *sentReport) error {
			return s.to.Deliver(ctx, r, target).Err
		}))
	}
	return out, nil
}

// report is the report of a period, made once for all that want it.
func (s *scheduled) report(ctx context.Context, c config.Schedule, period slo.Interval) (*sentReport, error) {
	s.mtx.Lock()
	defer s.mtx.Unlock()
	if s.last != nil && s.last.schedule == c.Name && s.last.period == period {
		return s.last, nil
	}
	made, err := s.make(ctx, c, period)
	if err != nil {
		return nil, err
	}
	name := c.Name + "-" + period.To.UTC().Format("2006-01-02")
	s.last = &sentReport{Report: made, schedule: c.Name, period: period, name: name}
	if base := s.st.c.Web.ExternalURL; base != "" {
		id := archiveID(history.StoredReport{ReportID: history.ReportID{Name: c.Name, Period: period}})
		s.last.url = base + "/reports/" + id
	}
	return s.last, nil
}

func (s *scheduled) make(ctx context.Context, c config.Schedule, period slo.Interval) (made *report.Report, err error) {
	o, err := s.st.options(period.To)
	if err != nil {
		return nil, err
	}
	o.Window, o.Last, o.Before, o.Weeks = period, 0, true, trendWeeks
	by, err := s.st.judgeBy(ctx)
	if err != nil {
		return nil, err
	}
	extras := pipeline.Extras{Team: c.Team}
	if extras.Earlier, err = s.st.earlierReport(ctx, []string{c.Name}, period); err != nil {
		return nil, err
	}
	err = s.st.withLive(ctx, func(src collector.Source) error {
		r, err := pipeline.Read(ctx, src, o)
		if err != nil {
			return err
		}
		if r.Newest.Before(period.To.Add(-late)) {
			return fmt.Errorf("history reaches to %s only; the report waits for the rest", r.Newest.Format(time.RFC3339))
		}
		judged, err := r.Judge(ctx, src, by)
		if err != nil {
			return err
		}
		if extras.Past, err = r.Past(ctx, src, o, by); err != nil {
			return err
		}
		made = r.ReportWith(judged, version, extras)
		return nil
	})
	return made, err
}

// late is how much of a period's end may be missing when its report is made: what
// is under way in the source.
const late = 5 * time.Minute

// keep puts a report into the archive, and its findings beside it.
func (s *scheduled) keep(ctx context.Context, r *sentReport) error {
	files, err := r.Files()
	if err != nil {
		return err
	}
	for _, f := range files {
		id := history.ReportID{Name: r.schedule, Period: r.period, Form: f.Name[len("report."):]}
		if err := s.st.store.PutReport(ctx, id, f.Body); err != nil {
			return err
		}
	}
	b := history.Batch{Source: r.schedule}
	doc := r.Document()
	for _, f := range doc.Findings {
		b.Findings = append(b.Findings, history.Finding{Period: r.period, Finding: f})
	}
	return s.st.store.Commit(ctx, b)
}

// sentReport is a report as deliver takes it.
type sentReport struct {
	*report.Report

	schedule, name, url string
	period              slo.Interval
}

// Name tells it from others.
func (r *sentReport) Name() string { return r.name }

// Subject is its headline.
func (r *sentReport) Subject() string {
	m, err := r.letter()
	if err != nil {
		return r.name
	}
	return m.Subject
}

func (r *sentReport) letter() (report.MailMessage, error) {
	return report.Mail(r.Document(), report.MessageOptions{URL: r.url})
}

// Files are its three forms.
func (r *sentReport) Files() ([]deliver.File, error) {
	var out []deliver.File
	for _, form := range []string{"html", "json", "md"} {
		var b bytes.Buffer
		if err := forms[form](r.Report, &b); err != nil {
			return nil, err
		}
		out = append(out, deliver.File{Name: "report." + form, Body: b.Bytes()})
	}
	return out, nil
}

// Mail is the report as a letter, with the whole of it attached.
func (r *sentReport) Mail() (deliver.Mail, error) {
	m, err := r.letter()
	if err != nil {
		return deliver.Mail{}, err
	}
	files, err := r.Files()
	if err != nil {
		return deliver.Mail{}, err
	}
	files[0].Name = r.name + ".html"
	return deliver.Mail{Text: m.Text, HTML: m.HTML, Attachments: files[:1]}, nil
}

// Slack is the report as a message.
func (r *sentReport) Slack() (deliver.Slack, error) {
	m := report.Slack(r.Document(), report.MessageOptions{URL: r.url})
	blocks, err := json.Marshal(m.Blocks.BlockSet)
	return deliver.Slack{Text: m.Text, Blocks: blocks}, err
}

// JSON is the whole report.
func (r *sentReport) JSON() ([]byte, error) {
	var b bytes.Buffer
	err := r.WriteJSON(&b)
	return b.Bytes(), err
}

// holder tells this process from other replicas.
func holder() string {
	host, _ := os.Hostname() // an empty one is told apart by the process
	return host + "/" + strconv.Itoa(os.Getpid())
}
