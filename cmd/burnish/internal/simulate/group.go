package simulate

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

const (
	// rulesAt is where the simulated Prometheus had its rule files. A group's
	// phase depends on the file's path, so it must not depend on where the
	// simulation is written.
	rulesAt = "/etc/prometheus/rules/"
	// evaluationInterval is that of groups that set none.
	evaluationInterval = time.Minute
)

// group is a rule group as the simulated Prometheus knows it.
type group struct {
	file, name string
	interval   time.Duration
	labels     map[string]string
	rules      []rulefmt.Rule
}

// key is the group's name in Prometheus' own metrics.
func (g *group) key() string { return rules.GroupKey(g.file, g.name) }

// readGroups parses the built-in rule files, in the order of their names.
func readGroups() ([]*group, error) {
	names, err := fs.Glob(shopFiles, "shop/rules/*.yml")
	if err != nil {
		return nil, fmt.Errorf("list the rule files: %w", err)
	}
	var out []*group
	for _, name := range names {
		text, err := fs.ReadFile(shopFiles, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		parsed, errs := rulefmt.Parse(text, false, model.UTF8Validation, newParser(), slog.New(slog.DiscardHandler))
		if len(errs) > 0 {
			return nil, fmt.Errorf("read %s: %w", name, errors.Join(errs...))
		}
		for _, g := range parsed.Groups {
			interval := time.Duration(g.Interval)
			if interval == 0 {
				interval = evaluationInterval
			}
			out = append(out, &group{
				file: rulesAt + path.Base(name), name: g.Name, interval: interval, labels: g.Labels, rules: g.Rules,
			})
		}
	}
	return out, nil
}

func newParser() parser.Parser { return parser.NewParser(parser.Options{}) }

// engine makes Prometheus' own group of some rules. Groups of one name and file
// share their phase, so each rule can have a group to itself.
func (g *group) engine(opts *rules.ManagerOptions, restore bool, of ...rules.Rule) *rules.Group {
	return rules.NewGroup(rules.GroupOptions{
		Name: g.name, File: g.file, Interval: g.interval, Rules: of, ShouldRestore: restore, Opts: opts,
	})
}

// alerting makes Prometheus' own alerting rule. Annotations are left out: they
// cost a template each and leave no trace in the history.
func (g *group) alerting(r rulefmt.Rule, restored bool) (*rules.AlertingRule, error) {
	expr, err := newParser().ParseExpr(r.Expr)
	if err != nil {
		return nil, fmt.Errorf("parse the expression of %s: %w", r.Alert, err)
	}
	return rules.NewAlertingRule(r.Alert, expr, time.Duration(r.For), time.Duration(r.KeepFiringFor),
		rules.FromMaps(g.labels, r.Labels), labels.EmptyLabels(), labels.EmptyLabels(), "", restored, slog.New(slog.DiscardHandler)), nil
}

// firstSlot is the group's first evaluation time at or after a time.
func (g *group) firstSlot(from time.Time) time.Time {
	at := g.engine(nil, false).EvalTimestamp(from.UnixNano())
	if at.Before(from) {
		at = at.Add(g.interval)
	}
	return at
}

// slots are the group's evaluation times in the simulated window.
func (g *group) slots(s *state) slots {
	first := g.firstSlot(s.from)
	return slots{first, g.interval, int((s.to().Sub(first) + g.interval - 1) / g.interval)}
}

// struck are the group's evaluations that a spell spoiled.
func (g *group) struck(sp spell, s *state) []time.Time {
	at := sp.interval(s.from)
	if sp.Group != g.name || at.To.After(s.to()) {
		return nil
	}
	var out []time.Time
	for t := g.firstSlot(at.From); t.Before(at.To); t = t.Add(g.interval) {
		out = append(out, t)
	}
	return out
}
