package gateapi

import (
	"encoding/json"
	"io"
	"math"
	"time"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// Schema names the form of an answer in JSON, which docs/gate.md describes.
const Schema = "burnish/gate/v1"

// Document is an answer in JSON; what is unknown is null.
type Document struct {
	Schema   string       `json:"schema"`
	At       time.Time    `json:"at"`
	Allowed  bool         `json:"allowed"`
	Result   bool         `json:"result"` // the same, by the name that web metrics look for
	Verdict  gate.Verdict `json:"verdict"`
	Change   *string      `json:"change"`
	SLOs     []string     `json:"slos"`
	Reasons  []Reason     `json:"reasons"`
	Unknowns []Reason     `json:"unknowns"`
	Passed   []Reason     `json:"passed"`
	Duties   []Duty       `json:"duties"`
	OpensAt  *time.Time   `json:"opens_at"`
	Canaries []Canary     `json:"canaries"`
	Rollouts []Rollout    `json:"rollouts"`
}

// Reason is one check.
type Reason struct {
	Check  gate.Check  `json:"check"`
	SLO    *string     `json:"slo"`
	Group  *string     `json:"group"`
	Figure *float64    `json:"figure"`
	Limit  *float64    `json:"limit"`
	Unit   *gate.Unit  `json:"unit"`
	Effect gate.Effect `json:"effect"`
	Text   string      `json:"text"`
}

// Duty is who does what now.
type Duty struct {
	Below float64 `json:"below_ratio"`
	Who   string  `json:"who"`
	Does  string  `json:"does"`
}

// Side is one side of a comparison.
type Side struct {
	Bad        float64  `json:"bad"`
	Total      float64  `json:"total"`
	ErrorRatio *float64 `json:"error_ratio"`
}

// Canary is a canary beside its baseline.
type Canary struct {
	SLO        *string            `json:"slo"`
	Verdict    gate.CanaryVerdict `json:"verdict"`
	Canary     Side               `json:"canary"`
	Baseline   Side               `json:"baseline"`
	Worse      *float64           `json:"p_worse"`
	Better     *float64           `json:"p_better"`
	Difference *float64           `json:"difference_ratio"`
	Low        *float64           `json:"difference_low_ratio"`
	High       *float64           `json:"difference_high_ratio"`
	Evidence   *float64           `json:"evidence"`
	Degraded   *float64           `json:"degraded_error_ratio"`
	Power      *float64           `json:"power_ratio"`
	Alpha      float64            `json:"alpha_ratio"`
}

// Rollout is a roll-out in phases.
type Rollout struct {
	SLO       *string  `json:"slo"`
	At        float64  `json:"at_share_ratio"`
	Next      *Phase   `json:"next"`
	Remaining *float64 `json:"remaining_seconds"`
	Phases    []Phase  `json:"phases"`
}

// Phase is one phase of a roll-out and its bake.
type Phase struct {
	Share        float64     `json:"share_ratio"`
	Method       gate.Method `json:"method"`
	Baseline     float64     `json:"baseline_error_ratio"`
	Degraded     float64     `json:"degraded_error_ratio"`
	Events       *float64    `json:"events"`
	Bake         *float64    `json:"bake_seconds"`
	Limit        *float64    `json:"errors_too_many"`
	AtRisk       *float64    `json:"budget_at_risk_ratio"`
	WorstNoticed float64     `json:"total_failure_noticed_seconds"`
	WorstAtRisk  float64     `json:"total_failure_at_risk_ratio"`
}

// NewDocument is the JSON form of an answer.
func NewDocument(a gate.Answer) Document {
	out := Document{
		Schema: Schema, At: a.At.UTC(), Allowed: a.Allowed, Result: a.Allowed, Verdict: a.Verdict,
		Change: textOrNull(a.Change), SLOs: append([]string{}, a.SLOs...),
		Reasons: newReasons(a.Reasons), Unknowns: newReasons(a.Unknowns), Passed: newReasons(a.Passed),
		Duties: []Duty{}, Canaries: []Canary{}, Rollouts: []Rollout{},
	}
	for _, d := range a.Duties {
		out.Duties = append(out.Duties, Duty(d))
	}
	if !a.OpensAt.IsZero() {
		out.OpensAt = new(a.OpensAt.UTC())
	}
	for _, c := range a.Comparisons {
		out.Canaries = append(out.Canaries, newCanary(c))
	}
	for _, r := range a.Rollouts {
		out.Rollouts = append(out.Rollouts, newRollout(r))
	}
	return out
}

// WriteJSON writes an answer as burnish/gate/v1.
func WriteJSON(w io.Writer, a gate.Answer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(NewDocument(a))
}

func newReasons(in []gate.Reason) []Reason {
	out := make([]Reason, 0, len(in))
	for _, r := range in {
		x := Reason{
			Check: r.Check, SLO: textOrNull(r.SLO), Group: textOrNull(r.Group), Figure: orNull(r.Figure), Limit: orNull(r.Limit),
			Effect: r.Effect, Text: r.Text,
		}
		if r.Unit != gate.UnitNone {
			x.Unit = &r.Unit
		}
		out = append(out, x)
	}
	return out
}

func newCanary(c gate.Comparison) Canary {
	side := func(c gate.Counts) Side { return Side{c.Bad, c.Total, orNull(c.Ratio())} }
	return Canary{
		SLO: textOrNull(c.SLO), Verdict: c.Verdict, Canary: side(c.Canary), Baseline: side(c.Baseline),
		Worse: orNull(c.Worse), Better: orNull(c.Better), Difference: orNull(c.Difference), Low: orNull(c.Low), High: orNull(c.High),
		Evidence: orNull(c.Evidence), Degraded: orNull(c.Degraded), Power: orNull(c.Power), Alpha: c.Alpha,
	}
}

func newRollout(r gate.Rollout) Rollout {
	out := Rollout{SLO: textOrNull(r.SLO), At: r.At, Phases: []Phase{}}
	if r.Possible {
		out.Remaining = new(r.Remaining.Seconds())
	}
	for _, b := range r.Phases {
		out.Phases = append(out.Phases, newPhase(b))
	}
	if next := r.NextPhase(); next != nil {
		out.Next = new(newPhase(*next))
	}
	return out
}

func newPhase(b gate.Bake) Phase {
	out := Phase{
		Share: b.Share, Method: b.Method, Baseline: digits(b.Baseline), Degraded: digits(b.Degraded),
		WorstNoticed: b.WorstNoticed.Seconds(), WorstAtRisk: digits(b.WorstAtRisk),
	}
	if b.Possible {
		out.Events, out.Bake, out.AtRisk = new(digits(b.Events)), new(b.Duration.Seconds()), new(digits(b.AtRisk))
	}
	if b.Possible && b.Limit > 0 {
		out.Limit = new(digits(b.Limit))
	}
	return out
}

// orNull is a figure, or null where it is unknown or no number that JSON has.
func orNull(f slo.Figure) *float64 {
	if !f.Known || math.IsNaN(f.Value) || math.IsInf(f.Value, 0) {
		return nil
	}
	return new(digits(f.Value))
}

// digits keeps twelve, so that the same figure prints the same everywhere.
func digits(v float64) float64 {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	scale := math.Pow(10, 11-math.Floor(math.Log10(math.Abs(v))))
	if math.IsInf(scale, 0) || scale == 0 {
		return v
	}
	return math.Round(v*scale) / scale
}

func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
