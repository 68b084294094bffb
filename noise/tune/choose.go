package tune

import (
	"errors"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Plan is what Choose recommends, and what it rests on.
type Plan struct {
	Policy         Policy
	Judged         bool // by incidents; else only what is safe without them
	Train, HeldOut slo.Interval
	Fit            Fit      // on Train
	Refit          Fit      // on all of the history, after the proof
	Rules          []Advice // by subject
	// Proof is what Fit does together, on what it was chosen on and on the rest;
	// Whole is what Refit does on all of it.
	Proof struct{ Train, HeldOut Sides }
	Whole Sides
}

// Fit is a choice on a stretch of the history.
type Fit struct {
	Policy Policy  // as applied: more careful than asked for where evidence is thin
	Price  float64 // of a missed incident, in Unit episodes
	Unit   float64
	Folds  []Fold
	Caught int // incidents that today's rules catch
}

// Advice is what is recommended for a rule.
type Advice struct {
	Change *Change // nil where nothing changes
	Proven *Change // what was chosen on Train alone
	// Train and HeldOut are figures of Proven, Whole is of Change.
	Train, HeldOut, Whole Sides
	Why                   string
}

// Choose picks a form for each rule: on the first part of the history, proven on
// the rest, and then in the same way on all of it.
func Choose(subjects []Subject, o ChooseOptions) (Plan, error) {
	o = o.defaults()
	if len(subjects) == 0 {
		return Plan{}, errors.New("choose: no rules")
	}
	plan := Plan{Policy: o.Policy, Judged: o.Judged, Rules: make([]Advice, len(subjects))}
	plan.Train, plan.HeldOut = o.parts(subjects)
	proven, first, err := fit(subjects, o, plan.Train)
	if err != nil {
		return plan, err
	}
	plan.Fit = first
	whole := slo.Interval{From: plan.Train.From, To: plan.HeldOut.To}
	final, second, err := fit(subjects, o, whole)
	if err != nil {
		return plan, err
	}
	plan.Refit = second
	return plan, plan.prove(subjects, o, proven, final)
}

// prove takes the figures.
func (p *Plan) prove(subjects []Subject, o ChooseOptions, proven, final []*Change) error {
	train, all, err := trial{o, p.Train}.sides(subjects, proven)
	if err != nil {
		return err
	}
	p.Proof.Train = all
	held, all, err := trial{o, p.HeldOut}.sides(subjects, proven)
	if err != nil {
		return err
	}
	p.Proof.HeldOut = all
	whole, all, err := trial{o, slo.Interval{From: p.Train.From, To: p.HeldOut.To}}.sides(subjects, final)
	if err != nil {
		return err
	}
	p.Whole = all
	for i := range p.Rules {
		p.Rules[i] = Advice{Change: final[i], Proven: proven[i], Train: train[i], HeldOut: held[i], Whole: whole[i]}
	}
	return nil
}

// fit chooses on a stretch of the history.
func fit(subjects []Subject, o ChooseOptions, w slo.Interval) ([]*Change, Fit, error) {
	h, menus, err := study(subjects, o, w)
	if err != nil {
		return nil, Fit{}, err
	}
	f := Fit{Unit: h.unit(menus), Caught: h.caught(), Policy: h.policy}
	f.Price, f.Folds = h.validate(menus)
	return changes(menus, h.problem(menus, nil).solve(f.Price*f.Unit)), f, nil
}

func changes(menus []menu, c choice) []*Change {
	out := make([]*Change, len(menus))
	for i, at := range c {
		if at != 0 {
			out[i] = &menus[i].candidates[at].change
		}
	}
	return out
}

// parts are what is chosen on and what it is proven on.
func (o ChooseOptions) parts(subjects []Subject) (train, held slo.Interval) {
	w := o.Window
	if w.Empty() {
		w = subjects[0].Views[0].Samples.Grid.Span()
	}
	split := o.Split
	if split.IsZero() {
		split = quantile(o.begins(w), w, 0.6)
	}
	return slo.Interval{From: w.From, To: split}, slo.Interval{From: split, To: w.To}
}

// begins are the starts of the incidents in a window, in order.
func (o ChooseOptions) begins(w slo.Interval) []time.Time {
	var out []time.Time
	for _, i := range o.Incidents {
		if w.Contains(i.From) && !i.Empty() {
			out = append(out, i.From)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// quantile is the instant before which a share of the starts lies; without
// starts it is a share of the time.
func quantile(starts []time.Time, w slo.Interval, share float64) time.Time {
	if len(starts) < 2 {
		return w.From.Add(time.Duration(share * float64(w.Duration())))
	}
	i := min(max(1, int(share*float64(len(starts)))), len(starts)-1)
	return starts[i].Add(-time.Minute * 10)
}
