package gate

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Check is a question that the gate asks.
type Check string

// The checks.
const (
	CheckBudget    Check = "budget"    // enough of the error budget is left
	CheckLasts     Check = "lasts"     // what is left lasts long enough
	CheckBurn      Check = "burn"      // the budget does not burn too fast now
	CheckIncidents Check = "incidents" // no more incidents are open than allowed
	CheckCoverage  Check = "coverage"  // enough of the window was watched
	CheckFreshness Check = "freshness" // the newest data are new enough
	CheckData      Check = "data"      // the source holds events of the SLO at all
	CheckFreeze    Check = "freeze"    // nothing is frozen
	CheckCanary    Check = "canary"    // the canary is not worse than its baseline
	CheckAtRisk    Check = "at_risk"   // the next phase puts little enough at risk
)

// Effect is what a check does to the answer.
type Effect string

// The effects.
const (
	EffectPass   Effect = "pass"
	EffectDeny   Effect = "deny"
	EffectWarn   Effect = "warn"   // it is told and does not hold the change
	EffectWaived Effect = "waived" // it would have held the change, which is exempt
)

// Unit is what a figure is in.
type Unit string

// The units of figures.
const (
	UnitRatio   Unit = "ratio"
	UnitBurn    Unit = "burn_rate"
	UnitSeconds Unit = "seconds"
	UnitCount   Unit = "count"
	UnitNone    Unit = ""
)

// Reason is one check with its figure and limit.
type Reason struct {
	Check  Check
	SLO    string // slo.SLO.ID; empty for what concerns all
	Group  string // group_by labels, for people
	Figure slo.Figure
	Limit  slo.Figure
	Unit   Unit
	Effect Effect
	// Unknown says that the data can't answer the check: the figure is not known, or
	// is itself why the others can't be trusted, as coverage is.
	Unknown bool
	Text    string // one sentence
}

// Verdict is the answer in one word.
type Verdict string

// The verdicts.
const (
	VerdictAllow   Verdict = "allow"
	VerdictDeny    Verdict = "deny"    // something known speaks against it
	VerdictUnknown Verdict = "unknown" // nothing does, but not all is known, and the policy wants it to be
)

// Answer is whether a change may go out.
type Answer struct {
	At      time.Time
	Allowed bool
	Verdict Verdict
	Change  string   // the kind of change that was asked about; may be empty
	SLOs    []string // those asked about
	// Reasons are the checks that deny, warn or were waived, Unknowns those that
	// could not be answered, and Passed the rest.
	Reasons, Unknowns, Passed []Reason
	Duties                    []Duty // that are due now, the mildest first
	// OpensAt is when the last freeze that is on ends; zero where none is on.
	OpensAt     time.Time
	Comparisons []Comparison
	Rollouts    []Rollout
}

// take sorts a reason into the answer.
func (a *Answer) take(r Reason) {
	switch {
	case r.Unknown:
		a.Unknowns = append(a.Unknowns, r)
	case r.Effect == EffectPass:
		a.Passed = append(a.Passed, r)
	default:
		a.Reasons = append(a.Reasons, r)
	}
}

// conclude is the verdict from what was taken.
func (a *Answer) conclude() {
	denies := func(in []Reason) bool {
		for _, r := range in {
			if r.Effect == EffectDeny {
				return true
			}
		}
		return false
	}
	switch {
	case denies(a.Reasons):
		a.Verdict = VerdictDeny
	case denies(a.Unknowns):
		a.Verdict = VerdictUnknown
	default:
		a.Verdict = VerdictAllow
	}
	a.Allowed = a.Verdict == VerdictAllow
}
