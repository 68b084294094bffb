package pipeline

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/implies"
	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/noise/tune"
)

// maxViews bounds the comparisons of one rule that are looked at.
const maxViews = 4

// TuneOptions say what is tuned and by what it is judged.
type TuneOptions struct {
	Rules  []noise.Rule
	Judge  JudgeOptions
	Choose tune.ChooseOptions
	// Tests asks for unit tests of the rules that change.
	Tests bool
	// Progress is told after each rule how many of how many were read; nil tells
	// nobody. It is called from one goroutine.
	Progress func(done, of int)
}

// Tuning is what is recommended for rules.
type Tuning struct {
	Source string
	Rules  []TunedRule
	Plan   tune.Plan
	// Contests set side by side what could be done about the rules that are
	// noisy. Their subjects and sources are places in Rules.
	Contests []remedy.Contest
}

// place makes the places of the rules that were read those of all.
func (t *Tuning) place(places []int) {
	for i := range t.Contests {
		c := &t.Contests[i]
		c.Subject = places[c.Subject]
		for n := range c.Rows {
			if c.Rows[n].Kind == remedy.Inhibit {
				c.Rows[n].Source = places[c.Rows[n].Source]
			}
		}
	}
}

// TunedRule is a rule and what is recommended for it. Where Unread is set, what
// it compares could not be read, and it stays as it is.
type TunedRule struct {
	Rule    noise.Rule
	Subject tune.Subject
	Advice  tune.Advice
	Unread  error
	// Excerpts are pieces of the history that the changed rule was tried on, and
	// NoTest is why there are none.
	Excerpts []Excerpt
	NoTest   string

	refused bool // the rule's file can't take the change
}

// Tune reads what the rules compare over the reading's window and chooses.
func (r *Reading) Tune(ctx context.Context, src collector.Source, o TuneOptions) (*Tuning, error) {
	subjects, wrong, err := r.Subjects(ctx, src, o)
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
	imply(read)
	voices := newRouter(o.Judge, r.Window).voices(read)
	c := r.truthCase(o.Judge)
	choose := o.Choose
	choose.Window, choose.Incidents = r.Window, c.Incidents
	choose.Judged = c.Declared || len(c.Incidents) > 0 || len(c.Watched) > 0
	if out.Plan, err = tune.Choose(read, choose); err != nil {
		return nil, err
	}
	for i, at := range places {
		out.Rules[at].Advice = out.Plan.Rules[i]
	}
	o.Choose = choose
	if out.Contests, err = r.remedies(read, out.Plan, voices, o); err != nil {
		return nil, err
	}
	out.place(places)
	if o.Tests {
		r.excerpts(ctx, src, out, c.Incidents)
	}
	return out, ctx.Err()
}

// Subjects reads what the rules compare, over the reading's window. Beside a rule
// that could not be read is the reason.
func (r *Reading) Subjects(ctx context.Context, src collector.Source, o TuneOptions) ([]tune.Subject, []error, error) {
	subjects, wrong := make([]tune.Subject, len(o.Rules)), make([]error, len(o.Rules))
	for i, rule := range o.Rules {
		s, err := r.subject(ctx, src, rule)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		subjects[i], wrong[i] = s, err
		if o.Progress != nil {
			o.Progress(i+1, len(o.Rules))
		}
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

// imply tells each subject which others fire whenever it does. Of rules that are
// equal only the later ones are told, so that one stays.
func imply(subjects []tune.Subject) {
	rules := make([]noise.Rule, len(subjects))
	for i, s := range subjects {
		rules[i] = s.Rule
	}
	for _, p := range implies.Pairs(rules) {
		if p.Verdict == implies.Equal {
			p.A, p.B = p.B, p.A
		}
		subjects[p.A].Implies = append(subjects[p.A].Implies, p.B)
	}
}
