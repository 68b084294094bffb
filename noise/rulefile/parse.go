package rulefile

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

// Parse reads the alerting rules of a rule file in the order of the file;
// recording rules are passed over, and so are resources of other kinds beside a
// PrometheusRule. The error joins an [Error] for each thing that is wrong; the
// rules that are sound are returned beside it.
func Parse(file string, text []byte) ([]noise.Rule, error) {
	return ParseChecked(file, text, checkPromQL)
}

// ParseChecked is [Parse] with a check of expressions of the caller's own, who
// may so keep the syntax trees. An error of the check is an error of the file.
func ParseChecked(file string, text []byte, check func(expr string) error) ([]noise.Rule, error) {
	docs, err := documents(file, text)
	p := &fileParser{file: file, check: check}
	p.read(docs)
	return p.rules, errors.Join(append(p.errs, err)...)
}

// documents reads the YAML documents of a text, up to the first error.
func documents(file string, text []byte) ([]*yaml.Node, error) {
	var docs []*yaml.Node
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		doc := &yaml.Node{}
		err := dec.Decode(doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return docs, syntaxError(file, text, err)
		}
		docs = append(docs, doc)
	}
}

// newPromQL is Prometheus' parser with all that any of its feature flags allows.
func newPromQL() parser.Parser {
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	})
}

func checkPromQL(expr string) error {
	_, err := newPromQL().ParseExpr(expr)
	return err
}

// fileParser gathers rules and errors.
type fileParser struct {
	file   string
	check  func(expr string) error // nil where expressions are known to be sound
	rules  []noise.Rule
	places []place // of rules, one each
	roots  []*yaml.Node
	errs   []error
	other  *yaml.Node // the first resource of another kind
	seen   int        // groups and rules looked at
}

// place is where a rule stands among the nodes.
type place struct {
	rule *yaml.Node // the rule's mapping
	item *yaml.Node // the entry of the list: the same, or an alias of it
	list *yaml.Node // the group's rules
	key  *yaml.Node // the key of that list
}

func newFileParser(file string) *fileParser {
	return &fileParser{file: file, check: checkPromQL}
}

// read reads the rules of the documents of a file.
func (p *fileParser) read(docs []*yaml.Node) {
	for _, doc := range docs {
		p.document(resolve(doc))
	}
	if p.other != nil && len(p.roots) == 0 {
		p.fail(p.other, "no groups: neither a rule file nor a PrometheusRule")
	}
}

func (p *fileParser) fail(at *yaml.Node, format string, args ...any) {
	p.errs = append(p.errs, errorAt(p.file, at, format, args...))
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
	whole := root
	if spec := child(root, "spec"); spec != nil {
		root = spec
	}
	groups := child(root, "groups")
	if groups == nil && isOtherKind(whole) {
		p.other = cmp.Or(p.other, root)
		return
	}
	if groups == nil || isNull(groups) {
		p.fail(root, "no groups: neither a rule file nor a PrometheusRule")
		return
	}
	if groups.Kind != yaml.SequenceNode {
		p.fail(groups, "groups must be a list")
		return
	}
	p.roots = append(p.roots, root)
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
		before := len(p.rules)
		p.rule(resolve(r), base, inherited)
		if len(p.rules) > before {
			p.places = append(p.places, place{resolve(r), r, rules, keyOf(g, "rules")})
		}
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
	if !p.sound(alert.Value, expr) {
		return
	}
	rule.Name, rule.Line, rule.Expr = alert.Value, alert.Line, expr.Value
	rule.For, rule.KeepFiringFor = p.duration(r, "for"), p.duration(r, "keep_firing_for")
	rule.Labels, rule.Annotations = merge(inherited, p.labels(r, "labels")), p.labels(r, "annotations")
	p.rules = append(p.rules, rule)
}

// sound checks an alert's expression.
func (p *fileParser) sound(alert string, expr *yaml.Node) bool {
	if p.check == nil {
		return true
	}
	err := p.check(expr.Value)
	if err != nil {
		p.fail(expr, "alert %q: expr: %v", alert, err)
	}
	return err == nil
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
