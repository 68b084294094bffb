package slo

import (
	"fmt"
	"time"

	"github.com/teambition/rrule-go"
)

// Starts are the times at which a recurring exclusion begins and that it lasts
// into a stretch of time, in time order. It fails where the rule can't be read.
func (e Exclusion) Starts(over Interval) ([]time.Time, error) {
	option, err := rrule.StrToROption(e.Rule)
	if err != nil {
		return nil, fmt.Errorf("read recurrence rule %q: %w", e.Rule, err)
	}
	option.Dtstart = e.Start
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("read recurrence rule %q: %w", e.Rule, err)
	}
	return rule.Between(over.From.Add(-e.Duration), over.To, true), nil
}

// Excluded is the intervals that the SLO's exclusions take out of a stretch of
// time. It fails where a recurrence rule can't be read.
func (s SLO) Excluded(over Interval) ([]Interval, error) {
	var out []Interval
	for _, e := range s.Exclusions {
		if e.Rule == "" {
			if cut := e.Interval.Intersect(over); !cut.Empty() {
				out = append(out, cut)
			}
			continue
		}
		starts, err := e.Starts(over)
		if err != nil {
			return nil, err
		}
		for _, start := range starts {
			cut := Interval{From: start, To: start.Add(e.Duration)}.Intersect(over)
			if !cut.Empty() {
				out = append(out, cut)
			}
		}
	}
	return out, nil
}
