package web

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
)

// WithStanding is the snapshot with newer figures of how SLOs stand; the snapshot
// itself stays as it is. The course of the budgets and the losses are the report's,
// and so are the SLOs that the figures do not name.
func (s *Snapshot) WithStanding(at time.Time, standing []report.SLO) *Snapshot {
	fresh := make(map[string]*report.SLO, len(standing))
	for i := range standing {
		fresh[promiseKey(standing[i])] = &standing[i]
	}
	out := *s
	out.slos = slices.Clone(s.slos)
	for i := range out.slos {
		row := &out.slos[i]
		now := fresh[promiseKey(row.SLO)]
		if now == nil {
			continue
		}
		is := *now
		is.TrafficShare, is.BurnDown, is.LossIncidents, is.Notes = row.TrafficShare, row.BurnDown, row.LossIncidents, row.Notes
		*row = newSLORow(is)
		row.AsOf = new(at.UTC())
	}
	return &out
}

func promiseKey(s report.SLO) string {
	return s.Service + "\x00" + s.Name + "\x00" + groupText(s.Group)
}
