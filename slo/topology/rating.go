package topology

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Rating is from 1, the best, to 10, the worst; 0 is unknown.
type Rating int

// step is one line of a scale: the rating of what lies below (or from, as the scale
// says) a bound.
type step struct {
	bound  float64
	rating Rating
}

// occurrences rate the mean time between failures, in seconds: under the bound.
func occurrences() []step {
	const day = 24 * 3600
	return []step{
		{day / 2, 10}, {day, 9}, {3 * day, 8}, {7 * day, 7}, {14 * day, 6}, {30 * day, 5}, {90 * day, 4}, {180 * day, 3}, {365 * day, 2},
	}
}

// severities rate the budget share that a failure burns: under the bound.
func severities() []step {
	return []step{{0.001, 1}, {0.005, 2}, {0.01, 3}, {0.02, 4}, {0.05, 5}, {0.1, 6}, {0.25, 7}, {0.5, 8}, {1, 9}}
}

// misses rate the share of failures that nobody was told of: up to the bound.
func misses() []step {
	return []step{{0.01, 1}, {0.05, 2}, {0.1, 3}, {0.2, 4}, {0.3, 5}, {0.4, 6}, {0.6, 7}, {0.8, 8}, {0.99, 9}}
}

// delays rate the time until an alert tells, in seconds: up to the bound.
func delays() []step {
	return []step{{60, 1}, {120, 2}, {300, 3}, {600, 4}, {900, 5}, {1800, 6}, {3600, 7}, {4 * 3600, 8}, {24 * 3600, 9}}
}

// Occurrence rates a mean time between failures.
func Occurrence(between time.Duration) Rating { return under(occurrences(), between.Seconds(), 1) }

// Severity rates the budget share that a failure burns, in [0,∞).
func Severity(burned float64) Rating { return under(severities(), burned, 10) }

// Detection rates how a failure is noticed: the worse of how many failures an alert
// tells of, and how long it takes, in seconds; a delay that is not known does not
// count. Without an alert it is 10.
func Detection(recall slo.Proportion, delay slo.Figure, covered bool) Rating {
	if !covered {
		return 10
	}
	if !recall.Known() {
		return 0
	}
	out := upTo(misses(), 1-recall.Ratio())
	if delay.Known {
		out = max(out, upTo(delays(), delay.Value))
	}
	return out
}

// under is the rating of the first step whose bound is over a value.
func under(scale []step, v float64, beyond Rating) Rating {
	for _, s := range scale {
		if v < s.bound {
			return s.rating
		}
	}
	return beyond
}

// upTo is the rating of the first step whose bound is not under a value.
func upTo(scale []step, v float64) Rating {
	for _, s := range scale {
		if v <= s.bound+1e-12 {
			return s.rating
		}
	}
	return 10
}

// RiskNumber is severity × occurrence × detection, 1 to 1000; 0 where one of them is
// unknown.
func RiskNumber(s, o, d Rating) int { return int(s) * int(o) * int(d) }

// Priority is how soon something has to be done.
type Priority string

// The priorities.
const (
	PriorityHigh    Priority = "high"   // do something, or write down why nothing can be done
	PriorityMedium  Priority = "medium" // something should be done
	PriorityLow     Priority = "low"    // something may be done
	PriorityUnknown Priority = "?"
)

// bands are the priorities by detection (7-10, 5-6, 2-4, 1) for each band of
// occurrence (8-10, 6-7, 4-5, 2-3), as H, M and L: what severity weighs most, then
// how often, then whether it is noticed (after the AIAG & VDA FMEA Handbook, 2019,
// action priority of DFMEA). An occurrence of 1 is low.
func bands(s Rating) [4]string {
	switch {
	case s >= 9:
		return [4]string{"HHHH", "HHHH", "HHHM", "HMLL"}
	case s >= 7:
		return [4]string{"HHHH", "HHHM", "HMMM", "MMLL"}
	case s >= 4:
		return [4]string{"HHMM", "MMML", "MLLL", "LLLL"}
	case s >= 2:
		return [4]string{"MMLL", "LLLL", "LLLL", "LLLL"}
	}
	return [4]string{"LLLL", "LLLL", "LLLL", "LLLL"}
}

// ActionPriority is how soon something has to be done about a failure mode; unknown
// where one of the ratings is.
func ActionPriority(s, o, d Rating) Priority {
	if s == 0 || o == 0 || d == 0 {
		return PriorityUnknown
	}
	if o == 1 {
		return PriorityLow
	}
	row := 3
	switch {
	case o >= 8:
		row = 0
	case o >= 6:
		row = 1
	case o >= 4:
		row = 2
	}
	column := 3
	switch {
	case d >= 7:
		column = 0
	case d >= 5:
		column = 1
	case d >= 2:
		column = 2
	}
	return map[byte]Priority{'H': PriorityHigh, 'M': PriorityMedium, 'L': PriorityLow}[bands(s)[row][column]]
}
