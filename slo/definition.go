package slo

import "time"

// SLO is a promise: over the window, at least Objective of all events are good.
// The zero value promises nothing; slo/spec makes valid ones from text.
type SLO struct {
	Name        string // unique within its service; [a-zA-Z0-9] first, then also - _ .
	Service     string
	Description string
	Owner       string // the team that is asked
	Tier        string // how much it matters, as the organisation says it
	Runbook     string // URL
	Dashboard   string // URL

	Objective  float64 // ratio in (0,1): 0.999 for "99.9%"
	Window     Window
	SLI        SLI
	GroupBy    []string // labels by which the promise is kept apart, sorted
	Exclusions []Exclusion
	DependsOn  []string // other SLOs, as service/name

	Labels      map[string]string // go on every rule and status of the SLO
	Annotations map[string]string // go on every alert of the SLO
	Alerting    Alerting

	File string // where it was defined; empty where it was not in a file
	Line int    // 1-based
}

// ID names the SLO for good: budgets and findings are kept by it, so it must not
// change with the objective or the labels.
func (s SLO) ID() string { return s.Service + "/" + s.Name }

// Budget is the share of events that may be bad, in (0,1).
func (s SLO) Budget() float64 { return 1 - s.Objective }

// Calendar is the unit of a calendar window.
type Calendar string

// The units of a calendar window. A week begins on Monday.
const (
	CalendarDay     Calendar = "day"
	CalendarWeek    Calendar = "week"
	CalendarMonth   Calendar = "month"
	CalendarQuarter Calendar = "quarter"
	CalendarYear    Calendar = "year"
)

// Window is what a promise is kept over: the last Rolling, or the calendar unit
// that is under way in Zone. Exactly one of Rolling and Calendar is set.
type Window struct {
	Rolling  time.Duration
	Calendar Calendar
	Zone     *time.Location // of a calendar window; nil is UTC
}

// Alerting says which burn-rate alerts an SLO has. Room burnrate knows the
// policies by name.
type Alerting struct {
	// Policy names a policy; empty for the default one.
	Policy string
	// Windows replace the policy's where there are any.
	Windows []AlertWindow
	// Page and Ticket are what is added to the alerts of each severity.
	Page, Ticket AlertLabels
	// Name is the alerts' name; empty for one made from the SLO's.
	Name string
	// MinFailures is how many bad events an alert needs at least, for SLOs
	// with little traffic; 0 leaves it to the policy.
	MinFailures float64
	// TrafficGone asks for the pair of alerts that fire when traffic stops.
	TrafficGone bool
}

// AlertLabels are the labels and annotations of the alerts of one severity.
type AlertLabels struct {
	Disabled    bool
	Labels      map[string]string
	Annotations map[string]string
}

// Severity says what an alert asks of a person.
type Severity string

// The severities of burn-rate alerts.
const (
	SeverityPage   Severity = "page"   // now
	SeverityTicket Severity = "ticket" // in working hours
)

// AlertWindow is one condition of a burn-rate alert: the budget burned faster
// than Factor over Long, and still does over Short (Workbook, chapter 5, 6).
type AlertWindow struct {
	Severity    Severity
	Long, Short time.Duration // Short 0: no short window
	Factor      float64       // burn rate
	For         time.Duration
}

// Exclusion is a time that does not count: planned work, or what is taken out in
// retrospect. Either Interval is set, or Rule with its Duration.
type Exclusion struct {
	Interval Interval
	// Rule is a recurrence (RFC 5545, RRULE) whose starts are counted from
	// Start; each lasts Duration.
	Rule     string
	Start    time.Time
	Duration time.Duration
	Reason   string
}
