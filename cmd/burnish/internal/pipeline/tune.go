package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/tune"
)

// maxViews bounds the comparisons of one rule that are looked at.
const maxViews = 4

// Subjects reads what the rules of the reading compare, over its window. Rules
// that could not be read are nil subjects, with the reason beside them.
func (r *Reading) Subjects(ctx context.Context, src collector.Source, rules []noise.Rule) ([]tune.Subject, []error, error) {
	subjects, wrong := make([]tune.Subject, len(rules)), make([]error, len(rules))
	for i, rule := range rules {
		s, err := r.subject(ctx, src, rule)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		subjects[i], wrong[i] = s, err
	}
	return subjects, wrong, nil
}

// subject reads one rule's views.
func (r *Reading) subject(ctx context.Context, src collector.Source, rule noise.Rule) (tune.Subject, error) {
	s := tune.Subject{Rule: rule}
	s.ValueLabels = valueLabels(rule)
	var err error
	if s.Form, err = tune.Split(rule.Expr); err != nil && !errors.Is(err, tune.ErrNoThreshold) {
		return s, err
	}
	grid := collector.RuleGrid(rule, r.Episodes, r.Window)
	read := func(atom int, query string) error {
		samples, warnings, err := collector.ReadSamples(ctx, src, rule, query, grid)
		r.Info.Warnings = append(r.Info.Warnings, warnings...)
		s.Views = append(s.Views, tune.View{Atom: atom, Samples: samples.Fold()})
		return err
	}
	if len(s.ValueLabels) > 0 {
		if err := read(tune.Whole, rule.Expr); err != nil {
			return s, err
		}
		s.Views[0].Samples = s.Views[0].Samples.Apart(rule.KeepFiringFor)
	}
	if len(s.Form.Atoms) == 0 {
		return s, read(tune.Whole, rule.Expr)
	}
	for i, a := range s.Form.Atoms[:min(maxViews, len(s.Form.Atoms))] {
		if err := read(i, a.Query); err != nil {
			return s, err
		}
	}
	return s, nil
}

// valueLabels are the rule's labels whose templates use the sample's value.
func valueLabels(rule noise.Rule) []string {
	var out []string
	for name, text := range rule.Labels.Map() {
		if strings.Contains(text, "{{") && (strings.Contains(text, "$value") || strings.Contains(text, ".Value")) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// TuneOptions say what is tuned and by what it is judged.
type TuneOptions struct {
	Rules     []noise.Rule
	Incidents []noise.Incident // declared
	Declared  bool             // a list was given, be it empty
	Choose    tune.ChooseOptions
}

// Tuning is what is recommended for rules.
type Tuning struct {
	Source string
	Rules  []TunedRule
	Plan   tune.Plan
}

// TunedRule is a rule and what is recommended for it. Where Unread is set, what
// it compares could not be read, and it stays as it is.
type TunedRule struct {
	Rule    noise.Rule
	Subject tune.Subject
	Advice  tune.Advice
	Unread  error
}

// Tune reads what the rules compare over the reading's window and chooses.
func (r *Reading) Tune(ctx context.Context, src collector.Source, o TuneOptions) (*Tuning, error) {
	subjects, wrong, err := r.Subjects(ctx, src, o.Rules)
	if err != nil {
		return nil, err
	}
	out := &Tuning{Source: r.Source}
	var read []tune.Subject
	var places []int
	for i, s := range subjects {
		out.Rules = append(out.Rules, TunedRule{Rule: o.Rules[i], Subject: s, Unread: wrong[i]})
		if wrong[i] == nil {
			read, places = append(read, s), append(places, i)
		}
	}
	if len(read) == 0 {
		return nil, errors.Join(append([]error{errors.New("none of the rules can be replayed")}, wrong...)...)
	}
	c := r.truthCase(JudgeOptions{Incidents: o.Incidents, Declared: o.Declared})
	choose := o.Choose
	choose.Window, choose.Incidents = r.Window, c.Incidents
	choose.Judged = len(c.Incidents) > 0
	if out.Plan, err = tune.Choose(read, choose); err != nil {
		return nil, err
	}
	for i, at := range places {
		out.Rules[at].Advice = out.Plan.Rules[i]
	}
	return out, nil
}
