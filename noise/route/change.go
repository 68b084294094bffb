package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/inhibit"
	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
)

// Change is a what-if: what to do to a configuration and to the alerts before
// they are replayed. The zero value changes nothing.
type Change struct {
	Drop    []noise.RuleKey // rules whose episodes are taken out
	Replace []Replacement   // rules that would have fired otherwise
	Inhibit []Inhibition    // inhibition rules to add
	Routes  []RouteChange
}

// Replacement is a rule with the episodes that it would have had.
type Replacement struct {
	Rule     noise.RuleKey
	Episodes []noise.Episode
}

// Inhibition is an inhibition rule: while an alert fires that matches Source,
// there are no notifications of those that match Target and have the same values
// in the labels named in Equal. A label that both lack is equal.
type Inhibition struct {
	Source, Target []Match
	Equal          []string
}

// Match demands that a label has a value.
type Match struct{ Name, Value string }

// RouteChange changes the grouping or the timers of one route, and not of those
// below it. Nil leaves a thing as it is.
type RouteChange struct {
	Route   string // Route.ID
	GroupBy *[]string
	// Wait, Interval and Repeat are group_wait, group_interval and
	// repeat_interval.
	Wait, Interval, Repeat *time.Duration
}

// Episodes applies the change to a history. Those that stay keep their order;
// replacements come last.
func (ch Change) Episodes(episodes []noise.Episode) []noise.Episode {
	if len(ch.Drop)+len(ch.Replace) == 0 {
		return episodes
	}
	gone := map[noise.RuleKey]bool{}
	for _, key := range ch.Drop {
		gone[key] = true
	}
	for _, r := range ch.Replace {
		gone[r.Rule] = true
	}
	var out []noise.Episode
	for i := range episodes {
		if !gone[keyOf(&episodes[i])] {
			out = append(out, episodes[i])
		}
	}
	for _, r := range ch.Replace {
		out = append(out, r.Episodes...)
	}
	return out
}

// With is the configuration with the change applied. It fails on a route that is
// not there, on an interval of zero, and on an inhibition that demands nothing.
func (c *Config) With(ch Change) (*Config, error) {
	out := &Config{receivers: c.receivers, intervals: c.intervals, assumed: c.assumed, notes: c.notes, inhibit: slices.Clone(c.inhibit)}
	out.root, out.nodes = c.root, c.nodes
	if len(ch.Routes) > 0 {
		out.nodes = nil
		out.root = c.root.copy(&out.nodes)
	}
	for _, rc := range ch.Routes {
		if err := out.change(rc); err != nil {
			return nil, fmt.Errorf("change route %q: %w", rc.Route, err)
		}
	}
	for _, in := range ch.Inhibit {
		rule, err := in.compile()
		if err != nil {
			return nil, fmt.Errorf("add inhibition rule: %w", err)
		}
		out.inhibit = append(out.inhibit, rule)
	}
	return out, nil
}

// copy copies a route and those below it.
func (n *node) copy(nodes *[]*node) *node {
	out := *n
	out.children = nil
	for _, child := range n.children {
		out.children = append(out.children, child.copy(nodes))
	}
	*nodes = append(*nodes, &out)
	return &out
}

func (c *Config) change(rc RouteChange) error {
	i := slices.IndexFunc(c.nodes, func(n *node) bool { return n.id == rc.Route })
	if i < 0 {
		return errors.New("there is no such route")
	}
	n := c.nodes[i]
	if rc.GroupBy != nil {
		n.groupBy, n.groupByAll = slices.Sorted(slices.Values(*rc.GroupBy)), false
		if slices.Equal(*rc.GroupBy, []string{"..."}) {
			n.groupBy, n.groupByAll = nil, true
		}
	}
	for to, from := range map[*time.Duration]*time.Duration{&n.wait: rc.Wait, &n.interval: rc.Interval, &n.repeat: rc.Repeat} {
		if from != nil {
			*to = *from
		}
	}
	if n.wait < 0 || n.interval <= 0 || n.repeat <= 0 {
		return errors.New("the group and repeat intervals have to be positive, and the group wait not negative")
	}
	return nil
}

func (in Inhibition) compile() (inhibitRule, error) {
	if len(in.Source) == 0 || len(in.Target) == 0 {
		return inhibitRule{}, errors.New("it has to say which alerts are its source and its target")
	}
	r := &inhibit.InhibitRule{Equal: map[model.LabelName]struct{}{}}
	for to, from := range map[*amlabels.Matchers][]Match{&r.SourceMatchers: in.Source, &r.TargetMatchers: in.Target} {
		for _, m := range from {
			matcher, err := amlabels.NewMatcher(amlabels.MatchEqual, m.Name, m.Value)
			if err != nil {
				return inhibitRule{}, err
			}
			*to = append(*to, matcher)
		}
	}
	for _, name := range in.Equal {
		r.Equal[model.LabelName(name)] = struct{}{}
	}
	return compileInhibit(r), nil
}

// Comparison is what a change does to the notifications.
type Comparison struct {
	// Notifications and Pages are differences, after less before: negative where
	// the change saves some.
	Notifications, Pages               int
	NotificationsPerWeek, PagesPerWeek float64
	Receivers                          []Count     // differences by receiver, those without one left out
	Rules                              []RuleCount // differences by rule, those without one left out
}

// Compare tells what changed from one result to another of the same window.
func Compare(before, after Result) Comparison {
	var out Comparison
	receivers := map[string]Count{}
	for _, k := range after.Receivers {
		receivers[k.Receiver] = k
	}
	for _, k := range before.Receivers {
		r := receivers[k.Receiver]
		receivers[k.Receiver] = Count{k.Receiver, k.Paging, r.Notifications - k.Notifications, r.Pages - k.Pages}
	}
	for _, name := range slices.Sorted(maps.Keys(receivers)) {
		k := receivers[name]
		out.Notifications, out.Pages = out.Notifications+k.Notifications, out.Pages+k.Pages
		if k.Notifications != 0 || k.Pages != 0 {
			out.Receivers = append(out.Receivers, k)
		}
	}
	out.Rules = compareRules(before, after)
	out.NotificationsPerWeek, out.PagesPerWeek = after.PerWeek(out.Notifications), after.PerWeek(out.Pages)
	return out
}

func compareRules(before, after Result) []RuleCount {
	rules := map[noise.RuleKey]RuleCount{}
	for _, k := range after.Rules {
		rules[k.RuleKey] = k
	}
	for _, k := range before.Rules {
		r := rules[k.RuleKey]
		rules[k.RuleKey] = RuleCount{k.RuleKey, r.Notifications - k.Notifications, r.Pages - k.Pages, r.Sole - k.Sole}
	}
	var out []RuleCount
	for _, key := range slices.SortedFunc(maps.Keys(rules), compareKeys) {
		if k := rules[key]; k.Notifications != 0 || k.Pages != 0 || k.Sole != 0 {
			out = append(out, k)
		}
	}
	return out
}
