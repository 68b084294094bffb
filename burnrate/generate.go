package burnrate

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/slo"
)

// Compat names another tool whose record names are written beside burnish's own,
// so that its dashboards keep working.
type Compat string

// The tools whose names can be kept.
const (
	CompatNone  Compat = ""
	CompatSloth Compat = "sloth"
	CompatPyrra Compat = "pyrra"
)

// GenerateOptions say how rules are made. The zero value is fit for use.
type GenerateOptions struct {
	// Interval is how often events are counted and alerts evaluated; 0 is 30s.
	Interval time.Duration
	// Scrape is how often the raw series are scraped; 0 is 15s. Counters of
	// plain selectors don't need it: only PromQL of the user's own and probes do.
	Scrape time.Duration
	Compat Compat
	// Confidence is [Policy.Confidence] for all SLOs; 0 leaves it to the policy.
	Confidence float64
	// Tests asks for promtool unit tests.
	Tests bool
}

func (o GenerateOptions) withDefaults() (GenerateOptions, error) {
	if o.Interval == 0 {
		o.Interval = 30 * time.Second
	}
	if o.Scrape == 0 {
		o.Scrape = 15 * time.Second
	}
	switch {
	case o.Interval < time.Second || o.Interval > 2*time.Minute || (5*time.Minute)%o.Interval != 0:
		return o, fmt.Errorf("use interval %s: it has to divide 5m and lie between 1s and 2m", o.Interval)
	case o.Scrape < 0 || o.Scrape > 2*time.Minute:
		return o, fmt.Errorf("use scrape interval %s: it has to lie between 0 and 2m, or series go stale between scrapes", o.Scrape)
	case !(o.Confidence >= 0 && o.Confidence <= 5):
		return o, fmt.Errorf("use confidence %s: it is a normal quantile between 0 and 5, as %s for 98%%", number(o.Confidence), number(DefaultConfidence))
	case !slices.Contains([]Compat{CompatNone, CompatSloth, CompatPyrra}, o.Compat):
		return o, fmt.Errorf("keep the names of %q: there are sloth and pyrra", o.Compat)
	}
	return o, nil
}

// shortest is the least window that means anything: two scrapes and two
// evaluations, in whole minutes.
func (o GenerateOptions) shortest() time.Duration {
	least := 2 * max(o.Interval, o.Scrape)
	return (least + time.Minute - 1) / time.Minute * time.Minute
}

// Rule is a recording or an alerting rule; exactly one of Record and Alert is
// set.
type Rule struct {
	Record, Alert string
	Expr          string
	For           time.Duration
	Labels        map[string]string
	Annotations   map[string]string
}

// Group is a rule group: its rules are evaluated in order.
type Group struct {
	Name     string
	Interval time.Duration
	Rules    []Rule
}

// SLORules are the rules of one SLO.
type SLORules struct {
	SLO    slo.SLO
	Policy Policy // as fitted to the SLO
	Groups []Group
	Tests  []UnitTest
	Notes  []string // what was changed, left out or can't be done, in plain words
}

// Output is what Generate makes, in the order of the SLOs.
type Output struct {
	SLOs    []SLORules
	Inhibit []InhibitRule
}

// Groups are the rule groups of all SLOs.
func (o Output) Groups() []Group {
	var out []Group
	for _, s := range o.SLOs {
		out = append(out, s.Groups...)
	}
	return out
}

// Generate makes the recording and alerting rules of SLOs. The same input gives
// the same output. The error joins one for each SLO that has no rules, and one for
// each pair that would make the same series under another tool's names; the
// output then has the others'.
func Generate(slos []slo.SLO, o GenerateOptions) (Output, error) {
	o, err := o.withDefaults()
	if err != nil {
		return Output{}, err
	}
	var out Output
	var errs []error
	seen := map[string]bool{}
	for _, s := range slos {
		if seen[s.ID()] {
			errs = append(errs, fmt.Errorf("make rules of SLO %s: there are two of that name; rename one", s.ID()))
			continue
		}
		seen[s.ID()] = true
		rules, err := generate(s, o)
		if err != nil {
			errs = append(errs, fmt.Errorf("make rules of SLO %s: %w", s.ID(), err))
			continue
		}
		out.SLOs = append(out.SLOs, rules)
	}
	out.Inhibit = inhibitRules(out.SLOs)
	if o.Compat != CompatNone {
		errs = append(errs, out.collisions(o.Compat)...)
	}
	return out, errors.Join(errs...)
}

// generator makes the rules of one SLO.
type generator struct {
	slo     slo.SLO
	options GenerateOptions
	policy  Policy
	period  time.Duration
	budget  float64
	ids     string   // matchers of the SLO's own series
	group   []string // labels by which the SLO is kept apart
	notes   []string
}

func generate(s slo.SLO, o GenerateOptions) (SLORules, error) {
	policy, notes, err := For(s, o.shortest())
	if err != nil {
		return SLORules{}, err
	}
	if o.Confidence > 0 {
		policy.Confidence = o.Confidence
	}
	g := &generator{
		slo: s, options: o, policy: policy, notes: notes,
		period: Period(s.Window), budget: round12(1 - s.Objective),
		ids: "slo=" + strconv.Quote(s.Name) + ", " + serviceLabel(s) + "=" + strconv.Quote(s.Service),
	}
	if err := g.check(); err != nil {
		return SLORules{}, err
	}
	for _, l := range s.GroupBy {
		g.group = append(g.group, labelName(l))
	}
	g.noteLimits()
	out := SLORules{SLO: s, Policy: policy}
	out.Groups = g.groups()
	if o.Tests {
		out.Tests = g.unitTests()
	}
	out.Notes = g.notes
	return out, nil
}

// owned are the labels by which burnish finds its own series again.
var owned = []string{"slo", "service", "slo_service", "window", "short_window", "slo_severity"}

// serviceLabel is the label that holds the SLO's service: service, or slo_service
// where the SLO is kept apart by a label service of its series.
func serviceLabel(s slo.SLO) string {
	if slices.Contains(s.GroupBy, "service") {
		return "slo_service"
	}
	return "service"
}

func (g *generator) check() error {
	switch {
	case g.slo.SLI == nil:
		return errors.New("it has no SLI")
	case !(g.slo.Objective > 0 && g.slo.Objective < 1):
		return fmt.Errorf("its objective %s is not between 0 and 1", number(g.slo.Objective))
	case g.period < time.Hour:
		return fmt.Errorf("its window %s is under an hour, too short for burn rates", g.period)
	}
	for _, l := range g.slo.GroupBy {
		if l != "service" && slices.Contains(owned, l) {
			return fmt.Errorf("it is grouped by %q, a label that the rules use themselves; rename it with label_replace in the SLI", l)
		}
	}
	return nil
}

// noteLimits says what rules can't do that burnish itself can.
func (g *generator) noteLimits() {
	if g.slo.Window.Calendar != "" {
		g.notes = append(g.notes, fmt.Sprintf("the recorded budget is that of the last %s, since PromQL knows no calendar; burnish slo status has the one of the %s",
			length(g.period), g.slo.Window.Calendar))
	}
	if len(g.slo.Exclusions) > 0 {
		g.notes = append(g.notes, "times that do not count are not known to the rules: silence the alerts then; burnish slo status leaves them out")
	}
}

func labelName(name string) string {
	if model.LegacyValidation.IsValidLabelName(name) {
		return name
	}
	return strconv.Quote(name)
}

// by is the grouping of an aggregation, with a space after it; empty for none.
func (g *generator) by() string {
	if len(g.group) == 0 {
		return ""
	}
	return "by (" + strings.Join(g.group, ", ") + ") "
}

// on are the labels that tell apart what the SLO's series are about.
func (g *generator) on() string {
	return "on (" + strings.Join(append([]string{"slo", serviceLabel(g.slo)}, g.group...), ", ") + ")"
}

// own is a selector of the SLO's own series.
func (g *generator) own(name string, window time.Duration) string {
	if window == 0 {
		return name + "{" + g.ids + "}"
	}
	return name + "{" + g.ids + ", window=\"" + length(window) + "\"}"
}

// record is a recording rule of the SLO.
func (g *generator) record(name string, window time.Duration, expr string) Rule {
	labels := map[string]string{"slo": g.slo.Name, serviceLabel(g.slo): g.slo.Service}
	if window > 0 {
		labels["window"] = length(window)
	}
	return Rule{Record: name, Expr: expr, Labels: labels}
}

// groups are a group that counts and alerts, and a slower one that keeps the
// budget.
func (g *generator) groups() []Group {
	fast := g.steps()
	fast = append(fast, g.windows()...)
	fast = append(fast, g.compatFast()...)
	fast = append(fast, g.alerts()...)
	fast = append(fast, g.trafficGone()...)
	slow := append(g.budgetRules(), g.compatSlow()...)
	name := "burnish:" + g.slo.ID()
	return []Group{
		{Name: name, Interval: g.options.Interval, Rules: fast},
		{Name: name + ":budget", Interval: g.block(), Rules: slow},
	}
}

// merged is maps laid over one another, later ones on top, without the labels
// that are the rules' own.
func (g *generator) merged(layers ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, l := range layers {
		maps.Copy(out, l)
	}
	for _, name := range owned {
		if _, ok := out[name]; ok {
			g.note("the label %s is left out: the rules use it themselves", name)
			delete(out, name)
		}
	}
	for _, name := range g.slo.GroupBy {
		if _, ok := out[name]; ok { // else all groups would become one, and the rule would fail
			g.note("the label %s is left out: it tells the groups apart", name)
			delete(out, name)
		}
	}
	return out
}

// note adds a note once.
func (g *generator) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(g.notes, text) {
		g.notes = append(g.notes, text)
	}
}
