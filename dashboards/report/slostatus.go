package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// SLOStatusSchema names the form of `burnish slo status --format json`, which
// docs/slo-status.md describes.
const SLOStatusSchema = "burnish/slo-status/v1"

// SLOGroup is one group of an SLO and how it stands.
type SLOGroup struct {
	SLO    slo.SLO
	Group  labels.Labels
	Status slo.Status
	Losses []slo.Loss
	Exact  bool // counted from raw samples
	// BurnDown is the budget left at the ends of even pieces of the window; it
	// may be missing.
	BurnDown []slo.Figure
}

// SLOStatus is how SLOs stand at an instant, ready to be written.
type SLOStatus struct {
	At     time.Time
	Source string
	Groups []SLOGroup
	// Unknown are the SLOs of which the source holds no series.
	Unknown []slo.SLO
}

type sloStatusJSON struct {
	Schema string    `json:"schema"`
	At     time.Time `json:"at"`
	Source string    `json:"source"`
	SLOs   []sloJSON `json:"slos"`
}

type sloJSON struct {
	Name          string              `json:"name"`
	Service       string              `json:"service"`
	Owner         *string             `json:"owner"`
	Group         map[string]string   `json:"group"`
	Objective     float64             `json:"objective_ratio"`
	Window        float64             `json:"window_seconds"`
	From          *time.Time          `json:"from"`
	Good          *float64            `json:"good"`
	Total         *float64            `json:"total"`
	ErrorRatio    *float64            `json:"error_ratio"`
	Remaining     *float64            `json:"budget_remaining_ratio"`
	EventsLeft    *float64            `json:"budget_remaining_events"`
	TimeLeft      *float64            `json:"budget_remaining_seconds"`
	Coverage      float64             `json:"coverage_ratio"`
	Exact         bool                `json:"exact"`
	BurnRates     map[string]*float64 `json:"burn_rates"`
	Exhaustion    exhaustionJSON      `json:"exhaustion"`
	LossIncidents []lossJSON          `json:"loss_incidents"`
	Notes         []string            `json:"notes"`
}

type exhaustionJSON struct {
	Gone  bool     `json:"gone"`
	Runs  *bool    `json:"runs_out"`
	Basis float64  `json:"basis_seconds"`
	Best  *float64 `json:"best_seconds"`
	Low   *float64 `json:"low_seconds"`
	High  *float64 `json:"high_seconds"`
}

type lossJSON struct {
	ID     string    `json:"id"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Burned float64   `json:"budget_burned_ratio"`
	Peak   float64   `json:"peak_burn_rate"`
}

// WriteJSON writes the status in its documented form; what is unknown is null.
func (s SLOStatus) WriteJSON(w io.Writer) error {
	doc := sloStatusJSON{Schema: SLOStatusSchema, At: s.At.UTC(), Source: s.Source, SLOs: []sloJSON{}}
	for _, g := range s.byName() {
		doc.SLOs = append(doc.SLOs, g.json())
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func (g SLOGroup) json() sloJSON {
	st := g.Status
	out := sloJSON{
		Name: g.SLO.Name, Service: g.SLO.Service, Owner: textOrNull(g.SLO.Owner), Group: g.Group.Map(),
		Objective: g.SLO.Objective, Window: g.SLO.Window.Whole(st.At).Duration().Seconds(),
		ErrorRatio: figureOrNull(st.ErrorRatio), Remaining: figureOrNull(st.BudgetRemaining),
		EventsLeft: figureOrNull(st.EventsRemaining), TimeLeft: figureOrNull(st.TimeRemaining),
		Coverage: millionths(st.Tally.Coverage()), Exact: g.Exact, BurnRates: map[string]*float64{},
		Exhaustion: exhaustionJSON{
			Gone: st.Exhaustion.Gone, Runs: g.runsOutOrNull(), Basis: st.Exhaustion.Basis.Seconds(),
			Best: figureOrNull(st.Exhaustion.Best), Low: figureOrNull(st.Exhaustion.Low), High: figureOrNull(st.Exhaustion.High),
		},
		LossIncidents: []lossJSON{}, Notes: append([]string{}, st.Source...),
	}
	if st.Tally.Covered > 0 {
		good, total := millionths(st.Tally.Total-st.Tally.Bad), millionths(st.Tally.Total)
		out.Good, out.Total = &good, &total
	}
	if !st.Window.From.IsZero() {
		from := st.Window.From.UTC()
		out.From = &from
	}
	for w, burn := range st.Burn {
		out.BurnRates[model.Duration(w).String()] = figureOrNull(burn)
	}
	for _, l := range g.Losses {
		out.LossIncidents = append(out.LossIncidents, lossJSON{l.ID, l.From.UTC(), l.To.UTC(), millionths(l.Share), millionths(l.Peak)})
	}
	return out
}

func figureOrNull(f slo.Figure) *float64 {
	if !f.Known {
		return nil
	}
	v := millionths(f.Value)
	return &v
}

// millionths rounds away what only the order of additions decides.
func millionths(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// WriteTable writes the status for a terminal, what needs attention first.
func (s SLOStatus) WriteTable(w io.Writer) error {
	groups := s.byAttention()
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	windows := burnWindows(groups)
	_, _ = fmt.Fprint(t, "SLO\tOBJECTIVE\tWINDOW\tERRORS\tBUDGET LEFT\tGONE IN\tCOVERAGE")
	for _, d := range windows {
		_, _ = fmt.Fprintf(t, "\tBURN %s", model.Duration(d))
	}
	_, _ = fmt.Fprintln(t)
	for _, g := range groups {
		_, _ = fmt.Fprintln(t, g.row(windows))
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write the status: %w", err)
	}
	return writeNotes(w, groups)
}

// writeNotes writes what there is to say of the data of each group.
func writeNotes(w io.Writer, groups []SLOGroup) error {
	for _, g := range groups {
		for _, note := range g.Status.Source {
			if _, err := fmt.Fprintf(w, "%s: %s\n", g.name(), clean(note, titleLimit)); err != nil {
				return fmt.Errorf("write the status: %w", err)
			}
		}
	}
	return nil
}

func burnWindows(groups []SLOGroup) []time.Duration {
	seen := map[time.Duration]bool{}
	for _, g := range groups {
		for w := range g.Status.Burn {
			seen[w] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (g SLOGroup) row(windows []time.Duration) string {
	st := g.Status
	cells := []string{
		g.name(), percentText(g.SLO.Objective), windowText(g.SLO.Window), figureText(st.ErrorRatio, errorText),
		figureText(st.BudgetRemaining, budgetText), g.exhaustionText(), percent(st.Tally.Coverage()),
	}
	for _, w := range windows {
		cells = append(cells, figureText(st.Burn[w], burnText))
	}
	return strings.Join(cells, "\t")
}
