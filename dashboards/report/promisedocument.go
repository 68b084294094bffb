package report

import (
	"slices"
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

// Incident is a loss incident of an SLO, or one that was declared. Signals and
// what detected it are null as long as alerts are not held against it.
type Incident struct {
	ID         string            `json:"id"`
	SLO        *string           `json:"slo"`
	Group      map[string]string `json:"group"`
	From       time.Time         `json:"from"`
	To         time.Time         `json:"to"`
	Declared   bool              `json:"declared"`
	Severity   *string           `json:"severity"`
	Note       *string           `json:"note"`
	Burned     *float64          `json:"budget_burned_ratio"`
	Peak       *float64          `json:"peak_burn_rate"`
	DetectedBy *[]string         `json:"detected_by"`
	DetectedAt *time.Time        `json:"detected_at"`
	Detection  *float64          `json:"detection_seconds"`
	Signals    []Signal          `json:"signals"`

	// Told is false where nobody was told of it; nil where nobody judged.
	// AcknowledgedAt is the first answer: a silence made on an alert about it.
	Told           *bool      `json:"told"`
	AcknowledgedAt *time.Time `json:"acknowledged_at"`
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

// Promises are the groups as a report's document has them, without their courses and
// their shares of the traffic.
func (s SLOStatus) Promises() []SLO {
	out := make([]SLO, 0, len(s.Groups))
	for i := range s.Groups {
		out = append(out, SLO{sloJSON: s.Groups[i].json()})
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

// newIncidents are the incidents that alerts were held against, else the loss
// incidents of all groups, in time order.
func newIncidents(in Input) []Incident {
	out := []Incident{}
	if in.Judged != nil && in.Judged.Judgement.Known {
		out = judgedIncidents(in)
	} else {
		for _, g := range in.SLOs {
			for _, l := range g.Losses {
				out = append(out, Incident{
					ID: l.ID, SLO: known(g.SLO.ID()), Group: g.Group.Map(), From: l.From.UTC(), To: l.To.UTC(),
					Burned: new(millionths(l.Share)), Peak: new(millionths(l.Peak)),
				})
			}
		}
	}
	slices.SortStableFunc(out, byID)
	return out
}
