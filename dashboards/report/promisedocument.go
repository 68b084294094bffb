package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// SLO is a group of an SLO in the report: as `burnish slo status` writes it, and
// what only a report tells.
type SLO struct {
	sloJSON

	TrafficShare *float64  `json:"traffic_share_ratio"`
	BurnDown     *BurnDown `json:"burn_down"`
}

// BurnDown is the budget left at the ends of even steps of the window.
type BurnDown struct {
	From      time.Time  `json:"from"`
	Step      float64    `json:"step_seconds"`
	Remaining []*float64 `json:"budget_remaining_ratio"`
}

// Incident is a loss incident. What detected it is null as long as alerts are not
// held against it.
type Incident struct {
	ID         string            `json:"id"`
	SLO        string            `json:"slo"`
	Group      map[string]string `json:"group"`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
	Burned     float64           `json:"budget_burned_ratio"`
	Peak       float64           `json:"peak_burn_rate"`
	DetectedBy *[]string         `json:"detected_by"`
}

func newSLOs(in Input) []SLO {
	groups := in.promises().byName()
	shares := trafficShares(groups)
	out := make([]SLO, 0, len(groups))
	for i, g := range groups {
		out = append(out, SLO{sloJSON: g.json(), TrafficShare: figureOrNull(shares[i]), BurnDown: newBurnDown(g)})
	}
	return out
}

// newBurnDown is nil where nothing of the course is known.
func newBurnDown(g SLOGroup) *BurnDown {
	if !slices.ContainsFunc(g.BurnDown, func(f slo.Figure) bool { return f.Known }) {
		return nil
	}
	w := g.Status.Window
	out := &BurnDown{From: w.From.UTC(), Step: w.Duration().Seconds() / float64(len(g.BurnDown))}
	for _, f := range g.BurnDown {
		out.Remaining = append(out.Remaining, figureOrNull(f))
	}
	return out
}

// newIncidents are the loss incidents of all groups in time order.
func newIncidents(in Input) []Incident {
	out := []Incident{}
	for _, g := range in.SLOs {
		for _, l := range g.Losses {
			out = append(out, Incident{
				ID: l.ID, SLO: g.SLO.ID(), Group: g.Group.Map(), From: l.From.UTC(), To: l.To.UTC(),
				Burned: millionths(l.Share), Peak: millionths(l.Peak),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Incident) int {
		return cmp.Or(a.From.Compare(b.From), strings.Compare(a.ID, b.ID))
	})
	return out
}
