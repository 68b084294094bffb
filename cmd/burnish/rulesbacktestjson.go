package main

import (
	"encoding/json"
	"io"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// backtestSchema names the JSON form; docs/backtest.md describes it.
const backtestSchema = "burnish/backtest/v1"

type backtestJSON struct {
	Schema      string              `json:"schema"`
	Source      string              `json:"source"`
	From        time.Time           `json:"from"`
	To          time.Time           `json:"to"`
	TruthKnown  bool                `json:"truth_known"`
	RoutesKnown bool                `json:"alertmanager_known"`
	All         sidesJSON           `json:"all"`
	Unchanged   sidesJSON           `json:"unchanged"`
	Rules       []backtestRuleJSON  `json:"rules"`
	Lost        []backtestIncident  `json:"incidents_lost"`
	Later       []backtestIncident  `json:"incidents_later"`
	Gained      []backtestIncident  `json:"incidents_gained"`
	Left        []backtestLeft      `json:"not_replayed"`
	Recorded    backtestRecorded    `json:"recorded"`
	Notes       []string            `json:"notes"`
	Failures    map[string]*failing `json:"failures"`
}

// failing says of one name of --fail-on whether the backtest fails in it; it is
// null where nobody can say.
type failing struct {
	Failed bool   `json:"failed"`
	Text   string `json:"text"`
}

type sidesJSON struct {
	Before *figuresJSON `json:"before"`
	After  *figuresJSON `json:"after"`
}

type figuresJSON struct {
	Rules         int             `json:"rules"`
	Episodes      int             `json:"episodes"`
	Outside       *slo.Proportion `json:"episodes_outside_incidents"`
	Unjudged      *int            `json:"episodes_not_judged"`
	Caught        *slo.Proportion `json:"incidents_caught_at_onset"`
	Detection     *detectionJSON  `json:"detection"`
	Firing        float64         `json:"firing_seconds"`
	Notifications float64         `json:"notifications_per_week"`
	Pages         *float64        `json:"pages_per_week"`
}

type detectionJSON struct {
	Median float64 `json:"median_seconds"`
	P95    float64 `json:"p95_seconds"`
	Count  int     `json:"count"`
}

type backtestRuleJSON struct {
	Diff pipeline.RuleDiff `json:"change"`
	Old  *ruleJSON         `json:"old"`
	New  *ruleJSON         `json:"new"`
	sidesJSON
	Lost []string `json:"lost"`
}

type ruleJSON struct {
	Rule          string            `json:"rule"`
	Group         string            `json:"group"`
	File          string            `json:"file"`
	Line          int               `json:"line"`
	Expr          string            `json:"expr"`
	For           float64           `json:"for_seconds"`
	KeepFiringFor float64           `json:"keep_firing_for_seconds"`
	Interval      *float64          `json:"interval_seconds"`
	Labels        map[string]string `json:"labels"`
}

type backtestIncident struct {
	ID     string            `json:"id"`
	From   time.Time         `json:"from"`
	To     *time.Time        `json:"to"`
	Labels map[string]string `json:"labels"`
	Before *time.Time        `json:"caught_before"`
	After  *time.Time        `json:"caught_after"`
	Rules  []string          `json:"rules"`
}

type backtestLeft struct {
	ruleJSON
	Proposed bool   `json:"proposed"`
	Why      string `json:"why"`
}

type backtestRecorded struct {
	Reproduced slo.Proportion         `json:"reproduced"`
	Rules      []backtestRecordedRule `json:"rules"`
}

type backtestRecordedRule struct {
	Rule       string         `json:"rule"`
	Group      string         `json:"group"`
	File       string         `json:"file"`
	Severity   string         `json:"severity"`
	Reproduced slo.Proportion `json:"reproduced"`
	Extra      int            `json:"not_recorded"`
	Templated  bool           `json:"label_from_template"`
}

func writeBacktestJSON(w io.Writer, b *pipeline.Backtest) error {
	side := func(f *pipeline.Figures) *figuresJSON { return figuresOf(b, f) }
	out := backtestJSON{
		Schema: backtestSchema, Source: b.Source, From: b.Window.From, To: b.Window.To,
		TruthKnown: b.TruthKnown, RoutesKnown: b.RoutesKnown,
		All:       sidesJSON{side(&b.Before), side(&b.After)},
		Unchanged: sidesJSON{side(&b.Unchanged[0]), side(&b.Unchanged[1])},
		Rules:     []backtestRuleJSON{}, Left: []backtestLeft{}, Notes: append([]string{}, b.Notes...),
		Lost: incidentsJSON(b.Lost), Later: incidentsJSON(b.Later), Gained: incidentsJSON(b.Gained),
		Recorded: recordedJSON(b.Check), Failures: map[string]*failing{},
	}
	for _, r := range b.Rules {
		out.Rules = append(out.Rules, backtestRuleJSON{
			Diff: r.Diff, Old: ruleOf(r.Old), New: ruleOf(r.New), sidesJSON: sidesJSON{side(r.Before), side(r.After)}, Lost: append([]string{}, r.Lost...),
		})
	}
	for _, l := range b.Left {
		out.Left = append(out.Left, backtestLeft{*ruleOf(&l.Rule), l.Proposed, l.Why})
	}
	for _, name := range failures() {
		out.Failures[name] = nil
		if b.TruthKnown || needsTruth([]string{name}) == "" {
			text := failure(b, name)
			out.Failures[name] = &failing{text != "", text}
		}
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}

func figuresOf(b *pipeline.Backtest, f *pipeline.Figures) *figuresJSON {
	if f == nil {
		return nil
	}
	out := &figuresJSON{Rules: f.Rules, Episodes: f.Episodes, Firing: f.Firing.Seconds(), Notifications: f.Notifications}
	if b.TruthKnown {
		out.Outside, out.Unjudged, out.Caught = &f.Outside, &f.Unjudged, &f.Caught
	}
	if f.Detection.Known() {
		out.Detection = &detectionJSON{f.Detection.Median.Seconds(), f.Detection.P95.Seconds(), f.Detection.Count}
	}
	if b.RoutesKnown {
		out.Pages = &f.Pages
	}
	return out
}

func ruleOf(r *noise.Rule) *ruleJSON {
	if r == nil {
		return nil
	}
	out := &ruleJSON{
		Rule: r.Name, Group: r.Group, File: r.File, Line: r.Line, Expr: r.Expr,
		For: r.For.Seconds(), KeepFiringFor: r.KeepFiringFor.Seconds(), Labels: r.Labels.Map(),
	}
	if r.Interval > 0 {
		out.Interval = new(r.Interval.Seconds())
	}
	return out
}

func incidentsJSON(in []pipeline.IncidentBacktest) []backtestIncident {
	out := []backtestIncident{}
	for _, i := range in {
		out = append(out, backtestIncident{
			ID: i.ID, From: i.From, To: timeOrNil(i.To), Labels: i.Labels.Map(),
			Before: timeOrNil(i.Before), After: timeOrNil(i.After), Rules: append([]string{}, i.Rules...),
		})
	}
	return out
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func recordedJSON(c pipeline.Reproduction) backtestRecorded {
	out := backtestRecorded{Reproduced: c.All, Rules: []backtestRecordedRule{}}
	for _, r := range c.Rules {
		out.Rules = append(out.Rules, backtestRecordedRule{
			Rule: r.Name, Group: r.Group, File: r.File, Severity: r.Severity, Reproduced: r.Reproduced, Extra: r.Extra, Templated: r.Templated,
		})
	}
	return out
}
