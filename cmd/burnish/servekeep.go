package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/dashboards/web"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// archive shows the store's reports as pages.
type archive struct{ store *history.Store }

// archiveTime is how the edges of a report's window stand in its id.
const archiveTime = "20060102T150405Z"

func archiveID(r history.StoredReport) string {
	return r.Name + "." + r.Period.From.UTC().Format(archiveTime) + "." + r.Period.To.UTC().Format(archiveTime)
}

// Reports lists what is kept, the newest first.
func (a archive) Reports(ctx context.Context) ([]web.ArchivedReport, error) {
	all, err := a.store.Reports(ctx, "")
	if err != nil {
		return nil, err
	}
	var out []web.ArchivedReport
	seen := map[string]bool{}
	for _, r := range all {
		id := archiveID(r)
		if seen[id] {
			continue // another form of it
		}
		seen[id] = true
		out = append(out, web.ArchivedReport{ID: id, From: r.Period.From, To: r.Period.To, MadeAt: r.MadeAt})
	}
	return out, nil
}

// Report is one of them in a form.
func (a archive) Report(ctx context.Context, id, format string) ([]byte, error) {
	parts := strings.Split(id, ".")
	if len(parts) < 3 {
		return nil, web.ErrNotFound
	}
	from, err := time.Parse(archiveTime, parts[len(parts)-2])
	to, errTo := time.Parse(archiveTime, parts[len(parts)-1])
	if err != nil || errTo != nil {
		return nil, web.ErrNotFound
	}
	name := strings.Join(parts[:len(parts)-2], ".")
	text, err := a.store.Report(ctx, history.ReportID{Name: name, Period: slo.Interval{From: from, To: to}, Form: format})
	if errors.Is(err, history.ErrNotFound) {
		return nil, web.ErrNotFound
	}
	return text, err
}

// declarer keeps the incidents that people declare.
type declarer struct{ store *history.Store }

// Declare keeps an incident; the same one twice is kept once.
func (d declarer) Declare(ctx context.Context, in noise.Incident) (noise.Incident, error) {
	switch old, err := d.store.Incident(ctx, in.ID); {
	case errors.Is(err, history.ErrNotFound):
	case err != nil:
		return in, err
	case !alike(old, in):
		return in, web.ErrExists
	default:
		return old, nil
	}
	if err := d.store.PutIncident(ctx, in); err != nil {
		return in, err
	}
	return d.store.Incident(ctx, in.ID)
}

func alike(a, b noise.Incident) bool {
	return a.From.Equal(b.From) && a.To.Equal(b.To) && a.SLO == b.SLO && a.Note == b.Note && a.Severity == b.Severity &&
		a.Labels.String() == b.Labels.String()
}
