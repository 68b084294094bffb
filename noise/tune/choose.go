package tune

import (
	"errors"
	"math"
	"slices"
	"strings"
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

// Fold is what cross-validation says of a price.
type Fold struct {
	Price         float64
	Outside, From int // episodes outside incidents after and before
	Lost, Caught  int // incidents lost of those that were caught
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
	f := Fit{Unit: h.unit(menus)}
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

// study makes the menus over a stretch of the history.
func study(subjects []Subject, o ChooseOptions, w slo.Interval) (*history, []menu, error) {
	h := &history{options: o, incidents: o.Incidents}
	starts := o.begins(w)
	last := w.From
	for k := 1; k < folds; k++ {
		if at := quantile(starts, w, float64(k)/folds); at.After(last) && at.Before(w.To) {
			h.blocks = append(h.blocks, slo.Interval{From: last, To: at})
			last = at
		}
	}
	h.blocks = append(h.blocks, slo.Interval{From: last, To: w.To})
	cut := make([]Subject, len(subjects))
	for i, s := range subjects {
		cut[i] = s.until(w.To)
	}
	if err := h.setLimits(cut, w); err != nil {
		return nil, nil, err
	}
	menus := make([]menu, len(subjects))
	errs := make([]error, len(subjects))
	forEach(len(subjects), func(i int) { menus[i], errs[i] = h.menu(cut[i]) })
	group(subjects, menus)
	return h, menus, errors.Join(errs...)
}

const folds = 10

// until is the subject without what comes later.
func (s Subject) until(t time.Time) Subject {
	s.Views = slices.Clone(s.Views)
	for i := range s.Views {
		g := s.Views[i].Samples.Grid
		s.Views[i].Samples = s.Views[i].Samples.Slice(0, min(max(0, g.Slot(t)), g.Slots))
	}
	return s
}

// setLimits finds by when each incident is caught today.
func (h *history) setLimits(subjects []Subject, w slo.Interval) error {
	h.limits = make([]time.Time, len(h.incidents))
	for _, s := range subjects {
		score, err := Tally(s.Views[0].Samples, s.shape(s.Views[0]), Options{Incidents: h.incidents, Lead: h.options.Lead, Window: w})
		if err != nil {
			return err
		}
		for i, at := range score.CaughtAt {
			if !at.IsZero() && (h.limits[i].IsZero() || at.Before(h.limits[i])) {
				h.limits[i] = at
			}
		}
	}
	for i, at := range h.limits {
		if at.IsZero() {
			continue
		}
		incident := h.incidents[i]
		if at.Before(incident.From) {
			at = incident.From
		}
		later := h.options.LaterBy
		later = min(later, time.Duration(h.options.LaterShare*float64(incident.Duration())))
		h.limits[i] = at.Add(later)
	}
	return nil
}

// group puts menus together whose rules look at the same metrics.
func group(subjects []Subject, menus []menu) {
	places := map[string]int{}
	for i, s := range subjects {
		key := strings.Join(s.Form.Metrics(), ",")
		at, seen := places[key]
		if !seen {
			at = len(places)
			places[key] = at
		}
		menus[i].group = at
	}
}

// problem is the choice over all blocks but some.
func (h *history) problem(menus []menu, without []int) *problem {
	blocks := make([]bool, len(h.blocks))
	for b := range blocks {
		blocks[b] = !slices.Contains(without, b)
	}
	weight := make([]float64, len(h.incidents))
	for i := range weight {
		if b := h.block(i); b >= 0 && blocks[b] && !h.limits[i].IsZero() {
			weight[i] = 1
		}
	}
	p := newProblem(menus, len(h.incidents), blocks, weight)
	p.policy = h.options.Policy
	return p
}

// unit is how many episodes outside incidents there are today for each incident
// that is caught: prices are multiples of it.
func (h *history) unit(menus []menu) float64 {
	outside, caught := 0, 0
	for _, m := range menus {
		outside += sum(m.candidates[0].outside)
	}
	for _, at := range h.limits {
		if !at.IsZero() {
			caught++
		}
	}
	return float64(outside) / float64(max(1, caught))
}

// prices are what is tried, from the greediest.
func prices() []float64 { return []float64{0.3, 1, 2, 5, 10, 20, 50, 100, 300} }

// validate leaves out block by block, chooses on the others and counts what is
// lost in it.
func (h *history) validate(menus []menu) (float64, []Fold) {
	var out []Fold
	tried := prices()
	if h.options.Price > 0 {
		tried = []float64{h.options.Price}
	}
	for _, price := range tried {
		f := Fold{Price: price}
		for b := range h.blocks {
			p := h.problem(menus, []int{b})
			c := p.solve(price * h.unit(menus))
			h.judge(menus, c, b, &f)
		}
		out = append(out, f)
	}
	return pick(out).Price, out
}

// lossWeight is how many times its own share of the noise a lost share of the
// incidents has to save.
const lossWeight = 20

// pick is the price with the least noise and losses. A higher price can't really
// lose more, so what chance makes of it is smoothed out first (pool adjacent
// violators; Ayer et al., Ann. Math. Stat. 26, 1955).
func pick(folds []Fold) Fold {
	lost := make([]float64, len(folds))
	for i, f := range folds {
		lost[i] = float64(f.Lost) / float64(max(1, f.Caught))
	}
	falling(lost)
	best, least := 0, math.Inf(1)
	for i, f := range folds {
		cost := float64(f.Outside)/float64(max(1, f.From)) + lossWeight*lost[i]
		if cost < least {
			best, least = i, cost
		}
	}
	return folds[best]
}

// falling makes a list fall, by means of neighbours that rise.
func falling(v []float64) {
	type run struct {
		sum float64
		n   int
	}
	var runs []run
	for _, x := range v {
		runs = append(runs, run{x, 1})
		for k := len(runs); k > 1 && runs[k-2].sum*float64(runs[k-1].n) < runs[k-1].sum*float64(runs[k-2].n); k = len(runs) {
			runs[k-2] = run{runs[k-2].sum + runs[k-1].sum, runs[k-2].n + runs[k-1].n}
			runs = runs[:k-1]
		}
	}
	i := 0
	for _, r := range runs {
		for range r.n {
			v[i] = r.sum / float64(r.n)
			i++
		}
	}
}

// judge counts what a choice does in a block.
func (h *history) judge(menus []menu, c choice, b int, f *Fold) {
	before, after := map[int]bool{}, map[int]bool{}
	for i, m := range menus {
		f.From += int(m.candidates[0].outside[b])
		f.Outside += int(m.candidates[c[i]].outside[b])
		for n, incident := range m.incidents {
			if h.block(incident) != b {
				continue
			}
			if m.candidates[0].grades[n] != missed {
				before[incident] = true
			}
			if m.candidates[c[i]].grades[n] != missed {
				after[incident] = true
			}
		}
	}
	f.Caught += len(before)
	for i := range before {
		if !after[i] {
			f.Lost++
		}
	}
}
