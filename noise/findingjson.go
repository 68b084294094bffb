package noise

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

type ruleRefJSON struct {
	Rule     *string `json:"rule"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
	Line     *int    `json:"line"`
}

func (r RuleRef) json() ruleRefJSON {
	return ruleRefJSON{known(r.Name), known(r.Group), known(r.File), known(r.Severity), known(r.Line)}
}

// MarshalJSON writes {"rule","group","file","severity","line"}, in the names of
// an episode's line; what is not known is null.
func (r RuleRef) MarshalJSON() ([]byte, error) { return json.Marshal(r.json()) }

type findingJSON struct {
	ID         string     `json:"id"`
	Kind       Kind       `json:"kind"`
	Gravity    Gravity    `json:"gravity"`
	Confidence Confidence `json:"confidence"`
	Why        string     `json:"why"`
	ruleRefJSON

	Others      []RuleRef     `json:"others"`
	OthersCount int           `json:"others_count"`
	SLO         *string       `json:"slo"`
	Incidents   []string      `json:"incidents"`
	Action      ControlAction `json:"control_action"`
	Title       string        `json:"title"`
	Advice      string        `json:"advice"`
	Evidence    factsJSON     `json:"evidence"`
	Examples    []Episode     `json:"examples"`
	Saves       *float64      `json:"saves_notifications_per_week"`
}

// MarshalJSON writes the finding as docs/lint.md describes it: evidence is an
// object from a fact's name to a proportion, a number or a text, and what is not
// known is null. others_count counts the rules that others names and those that
// it does not.
func (f Finding) MarshalJSON() ([]byte, error) {
	out := findingJSON{
		ID: f.ID, Kind: f.Kind, Gravity: f.Gravity, Confidence: f.Confidence, Why: f.Why,
		ruleRefJSON: f.Rule.json(), Others: f.Others, OthersCount: len(f.Others) + f.MoreOthers, SLO: known(f.SLO), Incidents: f.Incidents,
		Action: f.Action, Title: f.Title, Advice: f.Advice, Evidence: f.Evidence, Examples: f.Examples, Saves: f.Saves,
	}
	if f.Saves != nil && !isFinite(*f.Saves) {
		out.Saves = nil
	}
	if out.Others == nil {
		out.Others = []RuleRef{}
	}
	if out.Incidents == nil {
		out.Incidents = []string{}
	}
	if out.Examples == nil {
		out.Examples = []Episode{}
	}
	return json.Marshal(out)
}

// factsJSON is facts as an object, in their order. A name that is there twice
// gets a number.
type factsJSON []Fact

// MarshalJSON writes the object; what is not finite is null.
func (fs factsJSON) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	seen := make(map[string]int, len(fs))
	for i, f := range fs {
		name := f.Name
		seen[name]++
		if n := seen[name]; n > 1 {
			name += "_" + strconv.Itoa(n)
		}
		value, err := f.value()
		if err != nil {
			return nil, fmt.Errorf("write fact %s: %w", f.Name, err)
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(appendString(b, name), ':'), value...)
	}
	return append(b, '}'), nil
}

func (f Fact) value() ([]byte, error) {
	switch {
	case f.Share != nil:
		return json.Marshal(*f.Share)
	case f.Value != nil && isFinite(*f.Value):
		return json.Marshal(*f.Value)
	case f.Value == nil && f.Text != "":
		return json.Marshal(f.Text)
	}
	return []byte("null"), nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// known is a pointer to a value; nil for the zero value, which is unknown.
func known[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
