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
	// Front is what other prices of a missed incident would have given, by
	// episodes outside incidents in HeldOut; those that another beats are left
	// out.
	Front []Point
	// Notes say what the evidence is too thin for, as sentences.
	Notes []string
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
	// Reason and Why say why it is so, Why as a sentence or two.
	Reason Reason
	Why    string
	// Others are what other remedies would do instead, all else as recommended.
	Others []Other
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
	first, err := fit(subjects, o, plan.Train)
	if err != nil {
		return plan, err
	}
	plan.Fit = first.Fit
	whole := slo.Interval{From: plan.Train.From, To: plan.HeldOut.To}
	second, err := fit(subjects, o, whole)
	if err != nil {
		return plan, err
	}
	plan.Refit = second.Fit
	if err := plan.prove(subjects, o, first.changes(), second.changes()); err != nil {
		return plan, err
	}
	if plan.Front, err = plan.front(subjects, o, first); err != nil {
		return plan, err
	}
	second.explain(subjects, &plan)
	return plan, nil
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

// fitted is a choice with what it was made from.
type fitted struct {
	Fit
	history *history
	menus   []menu
	problem *problem
	choice  choice
}

// fit chooses on a stretch of the history.
func fit(subjects []Subject, o ChooseOptions, w slo.Interval) (fitted, error) {
	h, menus, err := study(subjects, o, w)
	if err != nil {
		return fitted{}, err
	}
	f := fitted{Fit: Fit{Unit: h.unit(menus), Caught: h.caught(), Policy: h.policy}, history: h, menus: menus}
	f.Price, f.Folds = h.validate(menus)
	f.problem = h.problem(menus, nil)
	f.choice = f.problem.solve(f.Price * f.Unit)
	return f, nil
}

// changes are the chosen forms; nil where a rule stays as it is.
func (f *fitted) changes() []*Change { return changes(f.menus, f.choice) }

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
