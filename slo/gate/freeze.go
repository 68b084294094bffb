package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/burnish-sre/burnish/slo"
)

// Freeze is a time in which nothing is changed: either Interval is set, or Rule
// with Start and Duration. Starts of a recurrence keep their local time of day in
// Zone when clocks change.
type Freeze struct {
	Name, Reason string
	Interval     slo.Interval
	Rule         string // RFC 5545, RRULE
	Start        time.Time
	Duration     time.Duration
	Zone         *time.Location // nil is UTC
	// Services are the services that it is for; all where there is none.
	Services []string
}

// maxFreeze bounds how long a recurring freeze lasts.
const maxFreeze = 92 * 24 * time.Hour

// covers tells whether the freeze is for one of the services; asked about none, it
// is for them.
func (f Freeze) covers(services []string) bool {
	if len(f.Services) == 0 || len(services) == 0 {
		return true
	}
	return slices.ContainsFunc(services, func(s string) bool { return slices.Contains(f.Services, s) })
}

// At is the stretch of the freeze that holds an instant; known is false where none
// does. Stretches that touch or overlap count as one.
func (f Freeze) At(now time.Time) (slo.Interval, bool) {
	if f.Rule == "" {
		return f.Interval, f.Interval.Contains(now)
	}
	rule, err := f.rule()
	if err != nil {
		return slo.Interval{}, false // ParsePolicy refuses such a rule
	}
	var out slo.Interval
	for _, start := range rule.Between(now.Add(-2*f.Duration), now.Add(f.Duration), true) {
		at := slo.Interval{From: start.UTC(), To: start.Add(f.Duration).UTC()}
		switch {
		case !out.Empty() && !at.From.After(out.To):
			out.To = at.To
		case out.Contains(now):
		default:
			out = at
		}
	}
	return out, out.Contains(now)
}

func (f Freeze) rule() (*rrule.RRule, error) {
	option, err := rrule.StrToROption(f.Rule)
	if err != nil {
		return nil, fmt.Errorf("read recurrence rule %.100q: %w", f.Rule, err)
	}
	zone := f.Zone
	if zone == nil {
		zone = time.UTC
	}
	option.Dtstart = f.Start.In(zone)
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("read recurrence rule %.100q: %w", f.Rule, err)
	}
	return rule, nil
}

// check tells what is wrong with a recurring freeze.
func (f Freeze) check() error {
	if f.Duration <= 0 || f.Duration > maxFreeze {
		return fmt.Errorf("duration: want over 0 and at most %d days", int(maxFreeze.Hours()/24))
	}
	for _, fine := range []string{"BYHOUR", "BYMINUTE", "BYSECOND"} {
		if strings.Contains(f.Rule, fine) {
			return fmt.Errorf("%s: the time of day is that of start", fine)
		}
	}
	for _, coarse := range []string{"FREQ=YEARLY", "FREQ=MONTHLY", "FREQ=WEEKLY", "FREQ=DAILY"} {
		if slices.Contains(strings.Split(f.Rule, ";"), coarse) {
			_, err := f.rule()
			return err
		}
	}
	return fmt.Errorf("rrule %.60q: FREQ must be YEARLY, MONTHLY, WEEKLY or DAILY", f.Rule)
}
