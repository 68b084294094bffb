package report

import (
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// Standing is an alert that fires at the end of the window.
type Standing struct {
	Rule     string        `json:"rule"`
	Group    *string       `json:"group"`
	File     *string       `json:"file"`
	Severity *string       `json:"severity"`
	Labels   labels.Labels `json:"labels"`
	Since    time.Time     `json:"since"`
	AtLeast  bool          `json:"since_at_least"`
	Seconds  float64       `json:"firing_seconds"`
}

func newStanding(s *noise.Summary) []Standing {
	out := make([]Standing, 0, len(s.Standing))
	for _, x := range s.Standing {
		out = append(out, Standing{
			Rule: x.Name, Group: known(x.Group), File: known(x.File), Severity: known(x.Severity), Labels: x.Labels,
			Since: x.Since.UTC(), AtLeast: x.AtLeast, Seconds: seconds(s.Window.To.Sub(x.Since)),
		})
	}
	return out
}
