package report

import (
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Totals are the figures of all rules together.
type Totals struct {
	Rules         int            `json:"rules"`
	RulesFired    int            `json:"rules_fired"`
	Alerts        int            `json:"alerts"`
	Episodes      int            `json:"episodes"`
	CarriedOver   int            `json:"carried_over"`
	PendingOnly   int            `json:"pending_only"`
	Standing      int            `json:"standing"`
	Notifications *int           `json:"notifications"`
	Pages         *int           `json:"pages"`
	FiringSeconds float64        `json:"firing_seconds"`
	FloodSeconds  float64        `json:"flood_seconds"`
	Fleeting      slo.Proportion `json:"fleeting"`
	Refires       slo.Proportion `json:"refires"`
	Flapping      int            `json:"flapping_alerts"`
	Severity      Severity       `json:"severity"`
	Limits        Limits         `json:"limits"`
	Timeline      Timeline       `json:"timeline"`
	Previous      *Previous      `json:"previous"`
}

// Severity counts episodes by level.
type Severity struct {
	High         int `json:"high"`
	Medium       int `json:"medium"`
	Low          int `json:"low"`
	Unclassified int `json:"unclassified"`
}

// Limits are the settings that the figures were measured by.
type Limits struct {
	Fleeting   float64 `json:"fleeting_seconds"`
	Refire     float64 `json:"refire_seconds"`
	FlapWithin float64 `json:"flap_within_seconds"`
	Stale      float64 `json:"stale_seconds"`
	PageGap    float64 `json:"page_gap_seconds"`
	FloodStart int     `json:"flood_starts_at"`
	FloodEnd   int     `json:"flood_ends_under"`
}

// Timeline is the number of firing starts in each step of the window.
type Timeline struct {
	Step   float64 `json:"step_seconds"`
	Starts []int   `json:"starts"`
}

// Previous are the figures of the window of equal length before.
type Previous struct {
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	Episodes      int       `json:"episodes"`
	PendingOnly   int       `json:"pending_only"`
	RulesFired    int       `json:"rules_fired"`
	Standing      int       `json:"standing"`
	FiringSeconds float64   `json:"firing_seconds"`
	FloodSeconds  float64   `json:"flood_seconds"`
}

func newTotals(in Input) Totals {
	s := &in.Current
	t := Totals{
		Rules: len(s.Rules), RulesFired: s.RulesFired, Alerts: s.LabelSets,
		Episodes: s.Episodes, CarriedOver: s.CarriedOver, PendingOnly: s.PendingOnly, Standing: len(s.Standing),
		FiringSeconds: seconds(s.Firing), FloodSeconds: seconds(s.FloodFor),
		Fleeting: s.Fleeting, Refires: s.Refires, Flapping: s.Flapping,
		Severity: Severity(s.Severity),
		Limits:   newLimits(s.Options),
		Timeline: Timeline{Step: seconds(s.Timeline.Step), Starts: append([]int{}, s.Timeline.Starts...)},
	}
	t.Notifications, t.Pages = totalSent(in)
	if p := in.Previous; p != nil {
		t.Previous = &Previous{
			From: p.Window.From.UTC(), To: p.Window.To.UTC(), Episodes: p.Episodes, PendingOnly: p.PendingOnly,
			RulesFired: p.RulesFired, Standing: len(p.Standing), FiringSeconds: seconds(p.Firing), FloodSeconds: seconds(p.FloodFor),
		}
	}
	return t
}

func newLimits(o noise.Options) Limits {
	return Limits{
		Fleeting: seconds(o.Fleeting), Refire: seconds(o.Refire), FlapWithin: seconds(o.FlapWithin),
		Stale: seconds(o.Stale), PageGap: seconds(o.PageGap), FloodStart: o.FloodStart, FloodEnd: o.FloodEnd,
	}
}
