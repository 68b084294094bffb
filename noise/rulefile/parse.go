package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

// Error is one thing that is wrong with a rule file. Line and Column are
// 1-based; 0 where the place is not known.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error is file:line:column: message.
func (e Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Parse reads the alerting rules of a rule file in the order of the file;
// recording rules are passed over. The error joins an [Error] for each thing
// that is wrong; the rules that are sound are returned beside it.
func Parse(file string, text []byte) ([]noise.Rule, error) {
	p := &fileParser{file: file, promql: parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	})}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc yaml.Node
		err := dec.Decode(&doc)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.errs = append(p.errs, fmt.Errorf("%s: %w", file, err))
			break
		}
		p.document(resolve(&doc))
	}
	return p.rules, errors.Join(p.errs...)
}

// fileParser gathers rules and errors.
type fileParser struct {
	file   string
	promql parser.Parser
	rules  []noise.Rule
	errs   []error
	seen   int // groups and rules looked at
}

func (p *fileParser) fail(at *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, Error{p.file, at.Line, at.Column, fmt.Sprintf(format, args...)})
}

// maxNodes bounds how many groups and rules are looked at in a file, since a few
// aliases can stand for any number of them.
const maxNodes = 200_000

// budget counts a group or a rule; it is false once there are too many.
func (p *fileParser) budget(at *yaml.Node) bool {
	p.seen++
	if p.seen == maxNodes {
		p.fail(at, "more than %d groups and rules in one file", maxNodes)
	}
	return p.seen < maxNodes
}

// document reads the groups of a file's document, or those of each resource in
// a list.
func (p *fileParser) document(root *yaml.Node) {
	items := child(root, "items")
	if items == nil {
		p.resource(root)
		return
	}
	for _, item := range items.Content {
		if !p.budget(item) {
			return
		}
		p.resource(resolve(item))
	}
}

// resource reads the groups at the top (a rule file) or under spec (a
// PrometheusRule).
func (p *fileParser) resource(root *yaml.Node) {
	if root == nil || root.Kind == 0 || isNull(root) {
		return
	}
	if root.Kind != yaml.MappingNode {
		p.fail(root, "expected a mapping with groups")
		return
	}
	if spec := child(root, "spec"); spec != nil {
		root = spec
	}
	groups := child(root, "groups")
	if groups == nil || isNull(groups) {
		p.fail(root, "no groups: neither a rule file nor a PrometheusRule")
		return
	}
	if groups.Kind != yaml.SequenceNode {
		p.fail(groups, "groups must be a list")
		return
	}
	for _, g := range groups.Content {
		if !p.budget(g) {
			return
		}
		p.group(resolve(g))
	}
}

func (p *fileParser) group(g *yaml.Node) {
	if g.Kind != yaml.MappingNode {
		p.fail(g, "a group must be a mapping")
		return
	}
	name := child(g, "name")
	if name == nil || name.Value == "" {
		p.fail(g, "a group needs a name")
		return
	}
	base := noise.Rule{
		Group: name.Value, File: p.file,
		Interval: p.duration(g, "interval"), QueryOffset: p.duration(g, "query_offset"),
	}
	inherited := p.labels(g, "labels")
	rules := child(g, "rules")
	if rules == nil {
		return
	}
	for _, r := range rules.Content {
		if !p.budget(r) {
			return
		}
		p.rule(resolve(r), base, inherited)
	}
}

func (p *fileParser) rule(r *yaml.Node, rule noise.Rule, inherited labels.Labels) {
	if r.Kind != yaml.MappingNode {
		p.fail(r, "a rule must be a mapping")
		return
	}
	alert, expr := child(r, "alert"), child(r, "expr")
	if alert == nil {
		if child(r, "record") == nil {
			p.fail(r, "a rule needs alert or record")
		}
		return
	}
	if alert.Value == "" {
		p.fail(alert, "alert must have a name")
		return
	}
	if expr == nil {
		p.fail(r, "alert %q needs an expr", alert.Value)
		return
	}
	if _, err := p.promql.ParseExpr(expr.Value); err != nil {
		p.fail(expr, "alert %q: expr: %v", alert.Value, err)
		return
	}
	rule.Name, rule.Line, rule.Expr = alert.Value, alert.Line, expr.Value
	rule.For, rule.KeepFiringFor = p.duration(r, "for"), p.duration(r, "keep_firing_for")
	rule.Labels, rule.Annotations = merge(inherited, p.labels(r, "labels")), p.labels(r, "annotations")
	p.rules = append(p.rules, rule)
}

// duration is the value of a key as Prometheus writes durations; 0 where the
// key is absent.
func (p *fileParser) duration(n *yaml.Node, key string) time.Duration {
	v := child(n, key)
	if v == nil || isNull(v) {
		return 0
	}
	d, err := model.ParseDuration(v.Value)
	if err != nil {
		p.fail(v, "%s: %v", key, err)
	}
	return time.Duration(d)
}

func (p *fileParser) labels(n *yaml.Node, key string) labels.Labels {
	v := child(n, key)
	if v == nil || isNull(v) {
		return labels.EmptyLabels()
	}
	if v.Kind != yaml.MappingNode {
		p.fail(v, "%s must be a mapping", key)
		return labels.EmptyLabels()
	}
	b := labels.NewScratchBuilder(len(v.Content) / 2)
	seen := map[string]bool{}
	for i, kv := range pairs(v, 0) {
		name := kv.key.Value
		if seen[name] && i < len(v.Content)/2 {
			p.fail(kv.key, "%s: %q is there twice", key, name)
		}
		if !seen[name] {
			b.Add(name, kv.value.Value)
		}
		seen[name] = true
	}
	b.Sort()
	return b.Labels()
}

// merge is the group's labels with the rule's own over them.
func merge(group, rule labels.Labels) labels.Labels {
	b := labels.NewBuilder(group)
	rule.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
	return b.Labels()
}

// child is the value of a key of a mapping, its own before a merged one; nil
// where it has none.
func child(n *yaml.Node, key string) *yaml.Node {
	for _, kv := range pairs(n, 0) {
		if kv.key.Value == key {
			return kv.value
		}
	}
	return nil
}

type pair struct{ key, value *yaml.Node }

// Merge keys are bounded, since a few lines of them can stand for a great deal.
const (
	maxMerges = 4    // how deep they may be nested
	maxMerged = 1000 // how many pairs they may bring into a mapping
)

// pairs is what a mapping holds: its own pairs, then those that a merge key (<<)
// brings in, nearer ones first.
func pairs(n *yaml.Node, depth int) []pair {
	if n == nil || n.Kind != yaml.MappingNode || depth > maxMerges {
		return nil
	}
	var own, merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if key.Tag != "!!merge" {
			own = append(own, pair{key, value})
			continue
		}
		from := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			from = value.Content
		}
		for _, m := range from {
			if len(merged) > maxMerged {
				break
			}
			merged = append(merged, pairs(resolve(m), depth+1)...)
		}
	}
	return append(own, merged...)
}

// resolve follows a document to its root and an alias to what it names.
func resolve(n *yaml.Node) *yaml.Node {
	for n != nil {
		switch {
		case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		default:
			return n
		}
	}
	return nil
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}
