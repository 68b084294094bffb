package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// DefaultScrapeInterval is Prometheus' own.
const DefaultScrapeInterval = time.Minute

// LintOptions say what the series are like. The zero value is fit for use.
type LintOptions struct {
	// ScrapeInterval is how far apart samples are; 0 is DefaultScrapeInterval.
	ScrapeInterval time.Duration
	// Windows are the alert windows of an SLO that has none of its own, as its
	// policy makes them; nil leaves those SLOs unjudged.
	Windows func(slo.SLO) []slo.AlertWindow
}

// Lint finds what can never work, or not as it was meant: alerts that cannot
// fire, windows without samples, selectors that are not a part of the total, and
// targets that what they depend on rules out. Its notes are warnings, in the
// order of the SLOs.
func Lint(slos []slo.SLO, o LintOptions) []Note {
	if o.ScrapeInterval <= 0 {
		o.ScrapeInterval = DefaultScrapeInterval
	}
	l := linter{
		options: o, byID: map[string]slo.SLO{},
		state: &state{promql: parser.NewParser(parser.Options{EnableExperimentalFunctions: true, EnableExtendedRangeSelectors: true})},
	}
	for _, s := range slos {
		l.byID[s.ID()] = s
	}
	for _, s := range slos {
		l.slo = s
		l.windows()
		l.sli(s.SLI)
		l.grouping()
		l.dependencies()
	}
	return l.notes
}

type linter struct {
	options LintOptions
	byID    map[string]slo.SLO
	state   *state
	slo     slo.SLO // the one that is looked at
	notes   []Note
}

func (l *linter) warn(format string, args ...any) {
	l.notes = append(l.notes, Note{
		Level: LevelWarning, File: l.slo.File, Line: l.slo.Line, Message: "SLO " + l.slo.ID() + ": " + fmt.Sprintf(format, args...),
	})
}

// windows looks for alerts that cannot fire. An error ratio is at most 1, so a
// burn rate is at most 1 / (1 - objective), and a factor f fires only while
// f x (1 - objective) < 1.
func (l *linter) windows() {
	windows := l.slo.Alerting.Windows
	if len(windows) == 0 && l.options.Windows != nil {
		windows = l.options.Windows(l.slo)
	}
	for _, w := range windows {
		if a := l.slo.Alerting; w.Severity == slo.SeverityPage && a.Page.Disabled || w.Severity == slo.SeverityTicket && a.Ticket.Disabled {
			continue
		}
		if burning := rounded(w.Factor * l.slo.Budget()); burning >= 1 {
			l.warn("the %s alert with factor %s can never fire: it needs an error ratio over %s, and at %s%% all events bad burn at %s",
				w.Severity, number(w.Factor), number(burning), percentText(l.slo.Objective), number(rounded(1/l.slo.Budget())))
		}
		short := w.Short
		if short == 0 {
			short = w.Long
		}
		if short < 2*l.options.ScrapeInterval {
			l.warn("the %s alert's window of %s holds fewer than two scrapes at one each %s: it never has an increase",
				w.Severity, durationText(short), durationText(l.options.ScrapeInterval))
		}
		if period := l.slo.Window.Rolling; period > 0 && w.Long > period {
			l.warn("the %s alert looks back %s, further than the window of the SLO, %s", w.Severity, durationText(w.Long), durationText(period))
		}
	}
	if p := l.slo.Window.Rolling; p > 0 && p < 2*l.options.ScrapeInterval {
		l.warn("its window of %s holds fewer than two scrapes at one each %s", durationText(p), durationText(l.options.ScrapeInterval))
	}
}

func number(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%.6g", v), ".") }

// sli looks for a part that is not a part of its total.
func (l *linter) sli(sli slo.SLI) {
	switch v := sli.(type) {
	case slo.Events:
		if v.Bad.Selector != "" && v.Total.Selector != "" {
			l.subset("bad", v.Bad.Selector, v.Total.Selector)
		}
		if v.Good.Selector != "" && v.Total.Selector != "" {
			l.subset("good", v.Good.Selector, v.Total.Selector)
		}
	case slo.Latency:
		if v.Native == "" {
			l.subset("good", v.Good, v.Total)
		}
	case slo.Slices:
		if v.Length < 2*l.options.ScrapeInterval {
			l.warn("its slices of %s hold fewer than two scrapes at one each %s", durationText(v.Length), durationText(l.options.ScrapeInterval))
		}
		l.sli(v.Of)
	}
}

// subset warns where the matchers of a part let series in that those of the
// total keep out. Parts of another metric cannot be told from here, but for the
// buckets of a histogram.
func (l *linter) subset(role, part, total string) {
	of, all := l.matchers(part), l.matchers(total)
	if of == nil || all == nil || family(of) != family(all) || family(of) == "" {
		return
	}
	for _, m := range all {
		if m.Name != labels.MetricName && !implied(m, of) {
			l.warn("%s is not a part of total: total has only series with %s, and %s does not say so", role, m, role)
		}
	}
}

func (l *linter) matchers(selector string) []*labels.Matcher {
	expr, err := l.state.parse(selector)
	if err != nil {
		return nil
	}
	v, ok := unwrap(expr).(*parser.VectorSelector)
	if !ok {
		return nil
	}
	return v.LabelMatchers
}

// family is the metric of a selector; the buckets and the count of a histogram
// are one family.
func family(matchers []*labels.Matcher) string {
	for _, m := range matchers {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			name, ok := strings.CutSuffix(m.Value, "_bucket")
			if ok {
				return name + "_count"
			}
			return name
		}
	}
	return ""
}

// implied tells whether every label set that the matchers let in fits want: they
// have the same matcher, or fix the label to a value that fits.
func implied(want *labels.Matcher, by []*labels.Matcher) bool {
	return slices.ContainsFunc(by, func(m *labels.Matcher) bool {
		if m.Name != want.Name {
			return false
		}
		if m.Type == labels.MatchEqual {
			return want.Matches(m.Value)
		}
		if m.Type == labels.MatchRegexp && len(m.SetMatches()) > 0 {
			return !slices.ContainsFunc(m.SetMatches(), func(v string) bool { return !want.Matches(v) })
		}
		return m.Type == want.Type && m.Value == want.Value
	})
}

// grouping looks for labels to group by that a query has already summed away, or that
// every group would carry with the same value.
func (l *linter) grouping() {
	for _, label := range l.slo.GroupBy {
		for _, set := range []map[string]string{l.slo.Labels, l.slo.Alerting.Page.Labels, l.slo.Alerting.Ticket.Labels} {
			if _, both := set[label]; both {
				l.warn("labels %s: group_by has it too, so the label is left out of what is generated: it tells the groups apart", label)
				break
			}
		}
	}
	var queries []string
	switch v := l.slo.SLI.(type) {
	case slo.Events:
		queries = []string{v.Bad.Expr, v.Good.Expr, v.Total.Expr}
	case slo.Ratio:
		queries = []string{v.Expr}
	}
	for _, label := range l.slo.GroupBy {
		for _, q := range queries {
			if q != "" && l.sumsAway(q, label) {
				l.warn("group_by %s: the query %q sums that label away", label, shorten(q))
			}
		}
	}
}

// sumsAway tells whether the outermost aggregation of a query drops a label.
func (l *linter) sumsAway(query, label string) bool {
	expr, err := l.state.parse(query)
	if err != nil {
		return false
	}
	sum, ok := unwrap(expr).(*parser.AggregateExpr)
	return ok && slices.Contains(sum.Grouping, label) == sum.Without
}

// dependencies looks for targets that cannot be kept: parts in series multiply,
// so an SLO is at best the product of what it depends on.
func (l *linter) dependencies() {
	for _, id := range l.slo.DependsOn {
		if _, ok := l.byID[id]; !ok {
			l.warn("depends_on %s: there is no such SLO among those read", id)
		}
	}
	if cycle := l.cycle(); cycle != nil {
		l.warn("depends_on goes round: %s", strings.Join(cycle, " -> "))
		return
	}
	all := map[string]bool{}
	l.collect(l.slo.ID(), all)
	delete(all, l.slo.ID())
	product := 1.0
	for _, id := range sortedKeys(all) {
		product *= l.byID[id].Objective
	}
	if best := rounded(product); len(all) > 0 && l.slo.Objective > best {
		l.warn("its objective of %s%% is stricter than what it depends on allows: together %s give %s%% at best",
			percentText(l.slo.Objective), strings.Join(sortedKeys(all), ", "), number(best*100))
	}
}

// collect gathers what an SLO depends on, itself included, however indirectly.
func (l *linter) collect(id string, into map[string]bool) {
	s, ok := l.byID[id]
	if !ok || into[id] {
		return
	}
	into[id] = true
	for _, next := range s.DependsOn {
		l.collect(next, into)
	}
}

// cycle is a way from the SLO back to itself; nil where there is none.
func (l *linter) cycle() []string {
	start, seen := l.slo.ID(), map[string]bool{}
	var walk func(id string, path []string) []string
	walk = func(id string, path []string) []string {
		for _, next := range l.byID[id].DependsOn {
			if next == start {
				return append(path, next)
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if found := walk(next, append(slices.Clone(path), next)); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(start, []string{start})
}
