package collector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/detect"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spelling"
)

// How much is asked about silent rules: the selectors that are looked at, the
// questions at once, and the words that a misspelt one is held against.
const (
	maxSelectors     = 2000
	presenceAtOnce   = 4
	maxWordsCompared = 20_000
)

// ErrPresenceUnknown: the source can't list labels, so nobody can tell whether
// the series of a rule are there.
var ErrPresenceUnknown = errors.New("the source does not list labels")

// ReadPresence tells of each selector in the rules whether the source holds
// series that it matches, and if not, why. It asks the index alone. The rules are
// those that were silent; more than two thousand selectors are not looked at.
func ReadPresence(ctx context.Context, src Source, rules []noise.Rule, window slo.Interval) ([]detect.Presence, error) {
	index, ok := src.(LabelReader)
	if !ok {
		return nil, ErrPresenceUnknown
	}
	p := &presence{index: index, window: window}
	uses := selectorUses(rules)
	if len(uses) == 0 {
		return nil, nil
	}
	var err error
	if p.names, err = index.LabelValues(ctx, labels.MetricName, nil, window); err != nil {
		return nil, err
	}
	if len(p.names) == 0 {
		return nil, nil // nothing at all was recorded in the window, so nothing is missing from it
	}
	known := make([]detect.Presence, len(uses))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(presenceAtOnce)
	for i, u := range uses {
		g.Go(func() (err error) {
			known[i], err = p.look(ctx, u)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("look for the series of silent rules: %w", err)
	}
	var out []detect.Presence
	for i, u := range uses {
		for _, of := range u.of {
			at := known[i]
			at.Rule, at.Optional = of.rule, of.optional
			out = append(out, at)
		}
	}
	return out, nil
}

// presence looks for series.
type presence struct {
	index  LabelReader
	window slo.Interval
	names  []string // of all metrics
}

// selectorUse is a selector and the rules that it stands in.
type selectorUse struct {
	ms []*labels.Matcher
	of []ruleUse
}

type ruleUse struct {
	rule     noise.RuleRef
	optional bool
}

// selectorUses lists the selectors of the rules, each once, in order of
// appearance. What does not parse is somebody else's finding.
func selectorUses(rules []noise.Rule) []*selectorUse {
	p := parser.NewParser(parser.Options{EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true})
	var out []*selectorUse
	by := map[string]*selectorUse{}
	for _, r := range rules {
		expr, err := p.ParseExpr(r.Expr)
		if err != nil {
			continue
		}
		parser.Inspect(expr, func(node parser.Node, path []parser.Node) error {
			v, ok := node.(*parser.VectorSelector)
			if !ok || len(out) == maxSelectors {
				return nil
			}
			id := matchersText(v.LabelMatchers)
			if by[id] == nil {
				by[id] = &selectorUse{ms: v.LabelMatchers}
				out = append(out, by[id])
			}
			by[id].of = append(by[id].of, ruleUse{r.Ref(), optional(node, path)})
			return nil
		})
	}
	return out
}

// optional tells whether the whole may be true although the node finds nothing:
// it stands in absent(), on a side of or, or after unless.
func optional(node parser.Node, path []parser.Node) bool {
	below := node
	for _, above := range slices.Backward(path) {
		switch n := above.(type) {
		case *parser.Call:
			if slices.Contains([]string{"absent", "absent_over_time", "scalar"}, n.Func.Name) {
				return true
			}
		case *parser.BinaryExpr:
			if n.Op == parser.LOR || n.Op == parser.LUNLESS && parser.Node(n.RHS) == below {
				return true
			}
		}
		below = above
	}
	return false
}

func matchersText(ms []*labels.Matcher) string {
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.String()
	}
	slices.Sort(parts)
	return "{" + strings.Join(parts, ",") + "}"
}

// metric is the name that the matchers ask for; empty where they ask for none or
// by a pattern.
func metric(ms []*labels.Matcher) string {
	for _, m := range ms {
		if m.Name == labels.MetricName && m.Type == labels.MatchEqual {
			return m.Value
		}
	}
	return ""
}

// shown is a selector as people write it.
func shown(ms []*labels.Matcher) string {
	name, parts := metric(ms), []string{}
	for _, m := range ms {
		if m.Name != labels.MetricName || m.Type != labels.MatchEqual {
			parts = append(parts, m.String())
		}
	}
	if len(parts) == 0 && name != "" {
		return name
	}
	return name + "{" + strings.Join(parts, ",") + "}"
}

// look finds out whether a selector finds anything, and if not, why.
func (p *presence) look(ctx context.Context, u *selectorUse) (detect.Presence, error) {
	out := detect.Presence{Selector: shown(u.ms), Metric: metric(u.ms)}
	_, named := slices.BinarySearch(p.names, out.Metric)
	out.MetricSeen = named || out.Metric == ""
	if !out.MetricSeen {
		out.Suggestion = spelling.Nearest(out.Metric, p.names[:min(len(p.names), maxWordsCompared)])
		return out, nil
	}
	found, err := p.index.LabelValues(ctx, labels.MetricName, u.ms, p.window)
	if err != nil {
		return out, err
	}
	if len(found) == 0 {
		out.Matcher, out.Suggestion, err = p.blame(ctx, u.ms)
		return out, err
	}
	out.Seen = true
	return out, nil
}

// blame finds the one matcher without which the selector would find something,
// and a value near the one that it asks for.
func (p *presence) blame(ctx context.Context, ms []*labels.Matcher) (matcher, suggestion string, err error) {
	for i, m := range ms {
		if m.Name == labels.MetricName {
			continue
		}
		others := slices.Delete(slices.Clone(ms), i, i+1)
		values, err := p.index.LabelValues(ctx, m.Name, others, p.window)
		if err != nil {
			return "", "", err
		}
		rest, err := p.index.LabelValues(ctx, labels.MetricName, others, p.window)
		if err != nil {
			return "", "", err
		}
		if len(rest) > 0 {
			return m.String(), spelling.Nearest(m.Value, values[:min(len(values), maxWordsCompared)]), nil
		}
	}
	return "", "", nil
}
