package topology

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/burnish-sre/burnish/slo"
)

// DocumentSchema names the JSON of a view, which docs/topology.md describes.
const DocumentSchema = "burnish/slo-topology/v1"

type document struct {
	Schema     string          `json:"schema"`
	Components []componentJSON `json:"components"`
	Excluded   []excludedJSON  `json:"excluded"`
	Worksheet  []rowJSON       `json:"worksheet"`
	Loops      []loopJSON      `json:"control_loops"`
}

type componentJSON struct {
	Name         string            `json:"name"`
	Kind         Kind              `json:"kind"`
	Owner        *string           `json:"owner"`
	SLOs         []string          `json:"slos"`
	Target       *float64          `json:"target_ratio"`
	Attainable   float64           `json:"attainable_ratio"`
	Exact        bool              `json:"exact"`
	Kept         *bool             `json:"can_be_kept"`
	OwnNeeded    *float64          `json:"own_needed_ratio"`
	Unrated      []string          `json:"unrated"`
	DependsOn    []dependencyJSON  `json:"depends_on"`
	Contributors []contributorJSON `json:"contributors"`
}

type dependencyJSON struct {
	On    []string `json:"on"`
	Needs int      `json:"needs"`
	Share float64  `json:"share_ratio"`
}

type contributorJSON struct {
	Component string   `json:"component"`
	Loss      float64  `json:"loss_ratio"`
	OfBudget  *float64 `json:"budget_ratio"`
	Path      []string `json:"path"`
	Share     float64  `json:"share_ratio"`
}

type excludedJSON struct {
	Component string `json:"component"`
	Why       string `json:"why"`
}

type rowJSON struct {
	ID         string   `json:"id"`
	Component  string   `json:"component"`
	Mode       string   `json:"failure_mode"`
	Effect     *string  `json:"effect"`
	Severity   *int     `json:"severity"`
	Occurrence *int     `json:"occurrence"`
	Detection  *int     `json:"detection"`
	Why        []string `json:"ratings_rest_on"`
	Risk       *int     `json:"risk_number"`
	Priority   *string  `json:"action_priority"`
	Alert      *string  `json:"alert"`
	Do         *string  `json:"what_to_do"`
	Owner      *string  `json:"owner"`
	Note       *string  `json:"note"`
}

type loopJSON struct {
	SLO         string        `json:"slo"`
	Controllers []elementJSON `json:"controllers"`
	Actions     []elementJSON `json:"control_actions"`
	Feedback    []elementJSON `json:"feedback"`
	Unsafe      *unsafeJSON   `json:"unsafe_control_actions"`
}

type elementJSON struct {
	Role string   `json:"for"`
	Name *string  `json:"name"` // null where it is missing
	Lag  *float64 `json:"lag_seconds"`
	Note *string  `json:"note"`
}

type unsafeJSON struct {
	NotGiven        int `json:"not_given"`
	GivenNeedlessly int `json:"given_needlessly"`
	WrongTime       int `json:"wrong_time"`
	WrongDuration   int `json:"wrong_duration"`
}

// WriteJSON writes the view as burnish/slo-topology/v1; what is unknown is null.
func (v View) WriteJSON(w io.Writer) error {
	doc := document{Schema: DocumentSchema, Components: []componentJSON{}, Excluded: []excludedJSON{}, Worksheet: []rowJSON{}, Loops: []loopJSON{}}
	for i, c := range v.Graph.components {
		doc.Components = append(doc.Components, newComponentJSON(c, v.Attainable[i]))
	}
	for _, x := range v.Excluded {
		doc.Excluded = append(doc.Excluded, excludedJSON(x))
	}
	for _, r := range v.Worksheet {
		doc.Worksheet = append(doc.Worksheet, r.json())
	}
	for _, l := range v.Loops {
		out := loopJSON{SLO: l.SLO, Controllers: elements(l.Controllers), Actions: elements(l.Actions), Feedback: elements(l.Feedback)}
		if l.Known {
			out.Unsafe = new(unsafeJSON(l.Unsafe))
		}
		doc.Loops = append(doc.Loops, out)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(doc)
}

func newComponentJSON(c Component, a Attainable) componentJSON {
	out := componentJSON{
		Name: c.Name, Kind: c.Kind, Owner: textOrNull(c.Owner), SLOs: []string{}, Target: orNull(a.Target), Attainable: rounded(a.Level),
		Exact: a.Exact, OwnNeeded: orNull(a.OwnNeeded), Unrated: append([]string{}, a.Unrated...),
		DependsOn: []dependencyJSON{}, Contributors: []contributorJSON{},
	}
	for _, s := range c.SLOs {
		out.SLOs = append(out.SLOs, s.ID())
	}
	if kept, known := a.Kept(); known {
		out.Kept = &kept
	}
	for _, d := range c.DependsOn {
		out.DependsOn = append(out.DependsOn, dependencyJSON(d))
	}
	for _, x := range a.Contributors {
		out.Contributors = append(out.Contributors, contributorJSON{x.Component, rounded(x.Loss), orNull(x.OfBudget), x.Path, rounded(x.Share)})
	}
	return out
}

func (r Row) json() rowJSON {
	rating := func(v Rating) *int {
		if v == 0 {
			return nil
		}
		return new(int(v))
	}
	text := func(s string) *string {
		if !answered(s) {
			return nil
		}
		return &s
	}
	out := rowJSON{
		ID: r.ID, Component: r.Component, Mode: r.Mode, Effect: text(r.Effect), Severity: rating(r.Severity),
		Occurrence: rating(r.Occurrence), Detection: rating(r.Detection), Why: []string{r.WhySeverity, r.WhyOccurrence, r.WhyDetection},
		Alert: text(r.Alert), Do: text(r.Do), Owner: text(r.Owner), Note: text(r.Note), Priority: text(string(r.Priority())),
	}
	if n := r.Risk(); n > 0 {
		out.Risk = &n
	}
	return out
}

func elements(in []Element) []elementJSON {
	out := make([]elementJSON, 0, len(in))
	for _, e := range in {
		out = append(out, elementJSON{e.Role, textOrNull(e.Name), orNull(e.Lag), textOrNull(e.Note)})
	}
	return out
}

// rounded keeps what matters of a ratio: ten digits.
func rounded(v float64) float64 { return math.Round(v*1e10) / 1e10 }

func orNull(f slo.Figure) *float64 {
	if !f.Known {
		return nil
	}
	return new(rounded(f.Value))
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// WriteText writes the view for a terminal: levels, what is left out, and what needs
// something to be done first.
func (v View) WriteText(w io.Writer) error {
	var b bytes.Buffer
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "COMPONENT\tKIND\tTARGET\tATTAINABLE\tVERDICT\tCOSTS MOST")
	for i, a := range v.Attainable {
		target, most := "none", "nothing"
		if a.Target.Known {
			target = TargetText(a.Target.Value)
		}
		if len(a.Contributors) > 0 && a.Contributors[0].Loss > 0 {
			most = strings.Join(a.Contributors[0].Path, " -> ")
			if share := a.Contributors[0].OfBudget; share.Known {
				most += " (" + ShareText(share.Value) + " of the budget)"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", plain(a.Component), v.Graph.components[i].Kind, target, LevelText(a.Level), a.Verdict(), most)
	}
	_ = t.Flush()
	for i, x := range v.Excluded {
		if i == 0 {
			fmt.Fprint(&b, "\nLeft out\n")
		}
		fmt.Fprintf(&b, "  %s: %s\n", plain(x.Component), x.Why)
	}
	v.textRisks(&b)
	_, err := w.Write(b.Bytes())
	return err
}

// textRisks lists the failure modes that are rated, the most urgent first, and counts
// the rest.
func (v View) textRisks(b *bytes.Buffer) {
	asked := 0
	t := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, p := range []Priority{PriorityHigh, PriorityMedium, PriorityLow} {
		for _, r := range v.Worksheet {
			if r.Priority() != p {
				continue
			}
			if asked == 0 {
				fmt.Fprint(t, "\nFAILURE MODE\tPRIORITY\tS\tO\tD\tRISK\tALERT\n")
			}
			asked++
			fmt.Fprintf(t, "%s: %s\t%s\t%d\t%d\t%d\t%d\t%s\n", plain(r.Component), plain(r.Mode), p, r.Severity, r.Occurrence, r.Detection, r.Risk(), plain(r.Alert))
		}
	}
	_ = t.Flush()
	if rest := len(v.Worksheet) - asked; rest > 0 {
		fmt.Fprintf(b, "\n%d of %d failure modes wait for a rating: write the worksheet and fill it in.\n", rest, len(v.Worksheet))
	}
}
