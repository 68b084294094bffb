package report

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Flood is a stretch of more starts than a person can take in.
type Flood struct {
	From    time.Time   `json:"from"`
	To      time.Time   `json:"to"`
	Seconds float64     `json:"duration_seconds"`
	Starts  int         `json:"starts"`
	Peak    int         `json:"most_in_ten_minutes"`
	Ongoing bool        `json:"ongoing"`
	Rules   []FloodRule `json:"rules"`
}

// FloodRule is how often a rule started in a flood.
type FloodRule struct {
	Name     string  `json:"name"`
	Group    *string `json:"group"`
	File     *string `json:"file"`
	Severity *string `json:"severity"`
	Starts   int     `json:"starts"`
}

func newFloods(floods []noise.Flood) []Flood {
	out := make([]Flood, 0, len(floods))
	for _, f := range floods {
		rules := make([]FloodRule, 0, len(f.Rules))
		for _, r := range f.Rules {
			rules = append(rules, FloodRule{r.Name, known(r.Group), known(r.File), known(r.Severity), r.Starts})
		}
		out = append(out, Flood{
			From: f.From.UTC(), To: f.To.UTC(), Seconds: seconds(f.Duration()),
			Starts: f.Starts, Peak: f.Peak, Ongoing: f.Ongoing, Rules: rules,
		})
	}
	return out
}
