package rulefile

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

// Apply is the file's text with the edits made, all or none. Every byte that is
// not part of an edited value, an inserted key or a comment is as it was. The new
// text is read again and refused unless it differs from the old in the wanted
// values alone and is sound for Prometheus' own parser. The error joins a
// [RefusedError] for each edit that can't be made.
func (f *File) Apply(edits []Edit) ([]byte, error) {
	p := f.newPlan()
	if err := p.make(edits); err != nil {
		return nil, err
	}
	if len(p.patches) == 0 {
		return slices.Clone(f.text), nil
	}
	out, err := p.newText()
	if err != nil {
		return nil, err
	}
	if err := p.verify(out); err != nil {
		return nil, fmt.Errorf("check the edited text of %s: %w", f.name, err)
	}
	return out, nil
}

// newText is the old text with the patches.
func (p *plan) newText() ([]byte, error) {
	size := len(p.text)
	for _, c := range p.patches {
		size += len(c.text)
	}
	out := make([]byte, 0, size)
	done := 0
	for _, c := range p.patches {
		if c.start < done || c.end < c.start {
			line, column := p.lay.place(c.start)
			return nil, Error{p.name, line, column, "two edits change the same place"}
		}
		out = append(out, p.text[done:c.start]...)
		out = append(out, c.text...)
		done = c.end
	}
	return append(out, p.text[done:]...), nil
}

// verify holds the new text against what the edits want.
func (p *plan) verify(out []byte) error {
	docs, err := documents(p.name, out)
	if err != nil {
		return err
	}
	if len(docs) != len(p.docs) {
		return fmt.Errorf("%d documents became %d", len(p.docs), len(docs))
	}
	for i := range docs {
		if at := p.differs(p.docs[i], docs[i]); at != nil {
			return errorAt(p.name, at, "something else would change")
		}
	}
	read := &fileParser{file: p.name}
	read.read(docs)
	if err := errors.Join(read.errs...); err != nil {
		return err
	}
	if err := p.sameRules(read.rules); err != nil {
		return err
	}
	return sound(out, docs, read.roots)
}

// differs is the first old node that did not become what it should; nil where
// all did.
func (p *plan) differs(old, now *yaml.Node) *yaml.Node {
	if want := p.becomes[old]; want != nil {
		if n := p.differs(want, now); n != nil || old.Anchor != now.Anchor {
			return old
		}
		return nil
	}
	if old.Kind != now.Kind || old.Value != now.Value || old.ShortTag() != now.ShortTag() || old.Anchor != now.Anchor {
		return old
	}
	want := old.Content
	switch {
	case old.Kind == yaml.MappingNode:
		want = p.wantedPairs(old)
	case old.Kind == yaml.SequenceNode && len(p.gone) > 0:
		want = slices.DeleteFunc(slices.Clone(want), func(n *yaml.Node) bool { return p.gone[n] })
	}
	if len(want) != len(now.Content) {
		return old
	}
	for i, n := range want {
		if at := p.differs(n, now.Content[i]); at != nil {
			if at.Line == 0 {
				return old
			}
			return at
		}
	}
	return nil
}

// wantedPairs is a mapping's pairs as they should be.
func (p *plan) wantedPairs(old *yaml.Node) []*yaml.Node {
	if fill := p.filled[old]; fill != nil {
		return fill
	}
	var want []*yaml.Node
	for i := 0; i+1 < len(old.Content); i += 2 {
		v := old.Content[i+1]
		added := p.added[v]
		if want == nil && (p.gone[v] || len(added) > 0) {
			want = slices.Clone(old.Content[:i])
		}
		if want != nil && !p.gone[v] {
			want = append(want, old.Content[i], v)
		}
		slices.SortStableFunc(added, func(a, b addedPair) int { return a.rank - b.rank })
		for _, a := range added {
			want = append(want, a.key, a.value)
		}
	}
	if want == nil {
		return old.Content
	}
	return want
}

// sameRules tells whether the rules are the old ones but for the edits, with all
// aliases and merge keys followed.
func (p *plan) sameRules(now []noise.Rule) error {
	changed := map[int][]fieldOf{}
	for target := range p.values {
		changed[target.rule] = append(changed[target.rule], target)
	}
	n := 0
	for i, rule := range p.rules {
		if p.off[i] {
			continue
		}
		if n >= len(now) || !sameRule(p.wanted(rule, changed[i]), now[n]) {
			return errorAt(p.name, p.where[i].rule, "alert %q would change otherwise than asked for", rule.Name)
		}
		n++
	}
	if n != len(now) {
		return fmt.Errorf("%d rules became %d", n, len(now))
	}
	return nil
}

// wanted is a rule with its new values.
func (p *plan) wanted(r noise.Rule, changed []fieldOf) noise.Rule {
	own, notes := labels.NewBuilder(r.Labels), labels.NewBuilder(r.Annotations)
	for _, target := range changed {
		value := ""
		if v := p.values[target]; v != nil {
			value = *v
		}
		switch target.field {
		case Expr:
			r.Expr = value
		case For:
			r.For = parsedDuration(value)
		case KeepFiringFor:
			r.KeepFiringFor = parsedDuration(value)
		case Label:
			own.Set(target.key, value)
		case Annotation:
			notes.Set(target.key, value)
		}
	}
	r.Labels, r.Annotations = own.Labels(), notes.Labels()
	return r
}

// parsedDuration is 0 for what is no duration, which the new text's own reading
// refuses.
func parsedDuration(text string) time.Duration {
	d, err := model.ParseDuration(text)
	if err != nil {
		return 0
	}
	return time.Duration(d)
}

// sameRule compares rules but for their lines.
func sameRule(a, b noise.Rule) bool {
	return a.Name == b.Name && a.Group == b.Group && a.Expr == b.Expr &&
		a.For == b.For && a.KeepFiringFor == b.KeepFiringFor &&
		a.Interval == b.Interval && a.QueryOffset == b.QueryOffset &&
		labels.Equal(nonEmpty(a.Labels), nonEmpty(b.Labels)) && labels.Equal(nonEmpty(a.Annotations), nonEmpty(b.Annotations))
}

// nonEmpty leaves out labels without a value, which stand for no label.
func nonEmpty(l labels.Labels) labels.Labels { return l.WithoutEmpty() }

// sound tells whether Prometheus would take the text: a plain rule file as a
// whole, the groups of resources each by itself. Fields that Prometheus does not
// know (Thanos and others have some) are let be.
func sound(text []byte, docs, roots []*yaml.Node) error {
	if len(docs) == 1 && len(roots) == 1 && roots[0] == resolve(docs[0]) {
		_, errs := rulefmt.Parse(text, true, model.UTF8Validation, newPromQL(), slog.New(slog.DiscardHandler))
		return errors.Join(errs...)
	}
	var errs []error
	for _, root := range roots {
		errs = append(errs, soundGroups(root)...)
	}
	return errors.Join(errs...)
}

// Sound tells whether Prometheus would take the file as it is. What it would not,
// Apply refuses to write.
func (f *File) Sound() error {
	if err := sound(f.text, f.docs, f.roots); err != nil {
		return fmt.Errorf("check rule file %s: %w", f.name, err)
	}
	return nil
}

// soundGroups checks groups that stand within a resource.
func soundGroups(root *yaml.Node) []error {
	var groups rulefmt.RuleGroups
	var nodes struct {
		Groups []rulefmt.RuleGroupNode `yaml:"groups"`
	}
	if err := errors.Join(root.Decode(&groups), root.Decode(&nodes)); err != nil {
		return []error{err}
	}
	var errs []error
	promql := newPromQL()
	names := map[string]bool{}
	for i, g := range groups.Groups {
		if g.Name == "" || names[g.Name] {
			errs = append(errs, fmt.Errorf("group %q has no name of its own", g.Name))
		}
		names[g.Name] = true
		for k, r := range g.Rules {
			for _, e := range r.Validate(nodes.Groups[i].Rules[k], model.UTF8Validation, promql) {
				errs = append(errs, fmt.Errorf("group %q, rule %d: %w", g.Name, k+1, &e))
			}
		}
	}
	return errs
}
