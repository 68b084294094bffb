package topology

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Measured is what history tells, by SLO.
type Measured struct {
	// Window is how long was looked; 0 where nothing was measured.
	Window time.Duration
	SLOs   map[string]Observed // by slo.SLO.ID
}

// Observed is what history tells of one SLO.
type Observed struct {
	Level slo.Figure // share of good events
	// Seen is the share of the window in which events were counted, in [0,1]; unknown
	// takes all of it as seen. What was not seen does not count as free of incidents.
	Seen      slo.Figure
	Incidents []Incident // its loss incidents, in time order
	// Rules are the alerts that tell of it, that which tells best first.
	Rules []string
	// Recall is in how many of its incidents an alert told, Detection the median time
	// until the first, Reset the median time that alerts outlast an incident, and
	// Restore the median length of its incidents, in seconds.
	Recall                    slo.Proportion
	Detection, Reset, Restore slo.Figure
	Missed                    []string // incidents that nobody was told of
	// Actions counts unsafe control actions of its alerts.
	Actions Actions
}

// Actions counts the four ways in which a control action is unsafe.
type Actions struct {
	NotGiven, GivenNeedlessly, WrongTime, WrongDuration int
}

// Incident is one loss of an SLO.
type Incident struct {
	ID       string
	From, To time.Time
	Burned   slo.Figure // share of the window's budget
}

// between is the mean time from one incident's start to the next's; unknown with
// fewer than two.
func between(in []Incident) slo.Figure {
	if len(in) < 2 {
		return slo.Figure{}
	}
	return slo.Figure{Value: in[len(in)-1].From.Sub(in[0].From).Seconds() / float64(len(in)-1), Known: true}
}

// burned is the mean budget share of the incidents of which it is known.
func burned(in []Incident) slo.Figure {
	sum, n := 0.0, 0
	for _, i := range in {
		if i.Burned.Known {
			sum += i.Burned.Value
			n++
		}
	}
	if n == 0 {
		return slo.Figure{}
	}
	return slo.Figure{Value: sum / float64(n), Known: true}
}
