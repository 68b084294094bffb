package burnrate

import (
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

const day = 24 * time.Hour

// BookPeriod is the SLO window that the factors of [Policies] are written for.
const BookPeriod = 30 * day

// DefaultPolicy is the name of the policy of an SLO that names none.
const DefaultPolicy = "recommended"

// DefaultConfidence is the one-sided normal quantile of 98%, a sensible value of
// [Policy.Confidence].
const DefaultConfidence = 2.326

// Policy is a named set of burn-rate conditions, fastest first.
type Policy struct {
	Name  string
	Title string
	// Windows have the factors of an SLO window of BookPeriod; Scaled adapts
	// them to another.
	Windows []slo.AlertWindow
	// MinFailures is how many bad events the long window holds at least when a
	// condition is met; 0 asks for none.
	MinFailures float64
	// Confidence is z, the one-sided normal quantile by which the long window's
	// error ratio is lowered (Wilson's bound) before it is compared, so that a
	// few events prove little; 0 compares the ratio itself.
	Confidence float64
}

// Policies are the six approaches of the SRE Workbook, chapter 5 ("Alerting on
// SLOs"), with its numbers, and the one to use. Of the approaches only the last
// is meant for pagers; the others are there to be compared with.
func Policies() []Policy {
	const page, ticket = slo.SeverityPage, slo.SeverityTicket
	fast := slo.AlertWindow{Severity: page, Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4}
	medium := slo.AlertWindow{Severity: page, Long: 6 * time.Hour, Short: 30 * time.Minute, Factor: 6}
	slow := slo.AlertWindow{Severity: ticket, Long: day, Short: 2 * time.Hour, Factor: 3}
	slowest := slo.AlertWindow{Severity: ticket, Long: 3 * day, Short: 6 * time.Hour, Factor: 1}
	return []Policy{
		{
			Name: DefaultPolicy, Title: "Multiwindow, multi-burn-rate, with the ticket on a day",
			Windows:     []slo.AlertWindow{fast, medium, slow, slowest},
			MinFailures: 2, // a single failure is chance, however much it costs
		},
		{
			Name: "workbook-1", Title: "Target error rate over the SLO's threshold",
			Windows: []slo.AlertWindow{{Severity: page, Long: 10 * time.Minute, Factor: 1}},
		},
		{
			Name: "workbook-2", Title: "Increased alert window",
			Windows: []slo.AlertWindow{{Severity: page, Long: 36 * time.Hour, Factor: 1}},
		},
		{
			Name: "workbook-3", Title: "Incrementing alert duration",
			Windows: []slo.AlertWindow{{Severity: page, Long: time.Minute, Factor: 1, For: time.Hour}},
		},
		{
			Name: "workbook-4", Title: "Alert on burn rate",
			Windows: []slo.AlertWindow{{Severity: page, Long: time.Hour, Factor: 36}},
		},
		{
			Name: "workbook-5", Title: "Multiple burn-rate alerts",
			Windows: []slo.AlertWindow{
				{Severity: page, Long: fast.Long, Factor: fast.Factor},
				{Severity: page, Long: medium.Long, Factor: medium.Factor},
				{Severity: ticket, Long: slowest.Long, Factor: slowest.Factor},
			},
		},
		{
			Name: "workbook-6", Title: "Multiwindow, multi-burn-rate alerts",
			Windows: []slo.AlertWindow{fast, medium, slowest},
		},
	}
}

// PolicyNamed finds a policy; the empty name is the default one's.
func PolicyNamed(name string) (Policy, bool) {
	if name == "" {
		name = DefaultPolicy
	}
	all := Policies()
	i := slices.IndexFunc(all, func(p Policy) bool { return p.Name == name })
	if i < 0 {
		return Policy{}, false
	}
	return all[i], true
}

// BudgetShare is the share of the budget of a period that burns at the factor
// over the window: factor x window / period (Workbook, chapter 5).
func BudgetShare(factor float64, window, period time.Duration) float64 {
	return factor * window.Seconds() / period.Seconds()
}

// FactorFor is the burn rate that spends a share of a period's budget in the
// window: share x period / window (Workbook, chapter 5).
func FactorFor(share float64, window, period time.Duration) float64 {
	return share * period.Seconds() / window.Seconds()
}
