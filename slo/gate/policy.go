package gate

import (
	"path"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Unknown says what becomes of a question that the data can't answer.
type Unknown string

// What may become of it.
const (
	UnknownDeny  Unknown = "deny"  // no answer is no; the default
	UnknownWarn  Unknown = "warn"  // it is told, and the gate stays open
	UnknownAllow Unknown = "allow" // it is told as passed
)

// Limits are what an SLO has to keep for the gate to be open.
type Limits struct {
	// MinRemaining is the least share of the budget that has to be left; below 0
	// some overspending is allowed.
	MinRemaining float64
	// MinLasts is the least time that the budget has to last at the present pace;
	// 0 asks for none.
	MinLasts time.Duration
	// Burn are the highest burn rates allowed now.
	Burn []BurnLimit
	// MaxOpen is how many incidents may be open.
	MaxOpen int
	// MinCoverage is the least share of the window that has to have been watched;
	// below it the SLO's figures are unknown. MaxAge is the same for how old the
	// newest event data may be; 0 asks for none.
	MinCoverage float64
	MaxAge      time.Duration
	Unknown     Unknown
	// MaxAtRisk is the highest share of the window's budget that the next phase of
	// a roll-out may put at risk.
	MaxAtRisk float64
}

// BurnLimit is the highest burn rate allowed over a window.
type BurnLimit struct {
	Window time.Duration
	Max    float64
}

// Override changes limits for some SLOs.
type Override struct {
	// SLO is a pattern of service/name as path.Match has it, Tier a tier; both have
	// to match where both are given.
	SLO, Tier string
	Limits    Limits
}

func (o Override) matches(s slo.SLO) bool {
	if o.Tier != "" && o.Tier != s.Tier {
		return false
	}
	if o.SLO == "" {
		return true
	}
	ok, err := path.Match(o.SLO, s.ID())
	return ok && err == nil
}

// Duty is who does what once less than a share of the budget is left.
type Duty struct {
	Below     float64 // of the budget
	Who, Does string
}

// Policy is what has to hold for the gate to be open. DefaultPolicy is fit for use.
type Policy struct {
	Limits    Limits
	Overrides []Override // the last that matches wins
	Freezes   []Freeze
	Duties    []Duty
	// Exempt are the kinds of change that pass a gate closed by budget, burn, open
	// incidents or a freeze, such as a rollback: they make things better. Unknowns
	// do not hold them either.
	Exempt []string
	// Canary is how canaries are compared and baked.
	Canary Sensitivity
	// Phases are the shares of the traffic of a roll-out.
	Phases []float64
}

// For is the limits of one SLO.
func (p Policy) For(s slo.SLO) Limits {
	out := p.Limits
	for _, o := range p.Overrides {
		if o.matches(s) {
			out = o.Limits
		}
	}
	return out
}

// DefaultPolicy keeps changes out while the budget is gone, while it burns fast
// enough to page (The Site Reliability Workbook, chapter 5), and while an incident
// is open.
func DefaultPolicy() Policy {
	return Policy{
		Limits: Limits{
			MinRemaining: 0, Burn: []BurnLimit{{time.Hour, 14.4}, {6 * time.Hour, 6}},
			MinCoverage: 0.9, MaxAge: 15 * time.Minute, Unknown: UnknownDeny, MaxAtRisk: 0.1,
		},
		Duties: []Duty{
			{0.25, "the team that owns the service", "lets changes out one at a time, each through a canary, and looks at what burned the budget"},
			{0, "the team that owns the service", "stops feature releases; only rollbacks, security fixes and work on reliability go out"},
			{0, "the product owner", "moves reliability work to the top of the list until the budget is back above zero"},
			{-0.5, "engineering management", "decides within a working day on people, scope or a lower objective, and writes the decision down"},
		},
		Exempt: []string{"rollback", "security", "reliability"},
		Canary: Sensitivity{}.withDefaults(),
		Phases: []float64{0.01, 0.05, 0.25, 0.5, 1},
	}
}
