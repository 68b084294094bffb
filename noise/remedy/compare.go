package remedy

import (
	"cmp"
	"errors"
	"runtime"
	"slices"
	"sync"

	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// Compare sets the remedies of each rule that is noisy today side by side, the
// noisiest rule first. Each is priced beside all other rules as the plan has
// them; those that come before in the list are taken as their best row has them,
// so that all best rows together lose no incident either.
func Compare(c Case) ([]Contest, error) {
	c.Options, c.Choose = c.Options.withDefaults(), c.Choose.Filled()
	switch {
	case len(c.Rules) != len(c.Subjects) || len(c.Plan.Rules) != len(c.Subjects):
		return nil, errors.New("compare remedies: the plan and the rules are not of the same length")
	case len(c.Subjects) == 0:
		return nil, nil
	}
	w := &work{Case: c, sources: map[int]bool{}, taken: map[int]bool{}}
	w.heard = w.receivers()
	if err := w.prepare(); err != nil {
		return nil, err
	}
	noisy := w.noisy()
	if len(noisy) == 0 {
		return nil, nil
	}
	w.pairs = w.overlaps(noisy)
	for i := range noisy {
		if err := w.contest(&noisy[i]); err != nil {
			return nil, err
		}
	}
	return noisy, nil
}

// The parts of the history.
const (
	train = iota
	heldOut
	bothParts
)

// work is a comparison under way.
type work struct {
	Case
	parts   [bothParts]*part
	pairs   map[int][]overlap.Pair // by the rule that would be inhibited
	sources map[int]bool           // rules by which others are inhibited, as decided
	taken   map[int]bool           // rules that are not as the plan has them, as decided
	heard   []string               // all receivers
}

// prepare counts what all rules do today and as recommended.
func (w *work) prepare() error {
	n := len(w.Subjects)
	for at, window := range []slo.Interval{w.Plan.Train, w.Plan.HeldOut} {
		p := &part{choose: w.Choose, window: window, today: make([]form, n), now: make([]form, n)}
		w.parts[at] = p
		errs := make([]error, n)
		each(n, func(i int) { errs[i] = w.fill(p, i) })
		if err := errors.Join(errs...); err != nil {
			return err
		}
		var err error
		if p.limits, err = tune.Limits(w.Subjects, w.Choose, window); err != nil {
			return err
		}
	}
	return nil
}

// each calls do for each of n places, on several of them at a time.
func each(n int, do func(i int)) {
	var wg sync.WaitGroup
	of := min(n, runtime.GOMAXPROCS(0))
	for first := range of {
		wg.Go(func() {
			for i := first; i < n; i += of {
				do(i)
			}
		})
	}
	wg.Wait()
}

// fill counts one rule in a part.
func (w *work) fill(p *part, i int) error {
	var err error
	if p.today[i], err = w.changed(p, i, nil); err != nil {
		return err
	}
	p.now[i] = p.today[i]
	if c := w.Plan.Rules[i].Change; c != nil {
		p.now[i], err = w.changed(p, i, c)
	}
	return err
}

// changed is a rule with a change.
func (w *work) changed(p *part, i int, c *tune.Change) (form, error) {
	samples, shape, ok := w.Subjects[i].As(c)
	if !ok {
		return nil, nil
	}
	t, err := p.count(samples, shape, w.Rules[i].Voice)
	return form{t}, err
}

// noisy are the rules worth speaking of, the noisiest first.
func (w *work) noisy() []Contest {
	var out []Contest
	weeks := w.parts[train].weeks() + w.parts[heldOut].weeks()
	for i := range w.Subjects {
		sum := 0.0
		for _, p := range w.parts {
			sum += float64(p.today[i].needless())
		}
		if sum >= w.Options.Least*weeks && sum > 0 {
			out = append(out, Contest{Subject: i, Needless: sum / weeks, Planned: -1})
		}
	}
	slices.SortStableFunc(out, func(a, b Contest) int { return cmp.Compare(b.Needless, a.Needless) })
	return out[:min(len(out), w.Options.Most)]
}

// entry is a row with what it was counted from.
type entry struct {
	Row
	forms [bothParts]form
}

// contest fills the rows of a rule and picks the best.
func (w *work) contest(c *Contest) error {
	entries, planned, err := w.entries(c.Subject)
	if err != nil {
		return err
	}
	for at, p := range w.parts {
		s := w.sceneOf(p, c.Subject)
		for i := range entries {
			e := &entries[i]
			f := w.figures(s, e.forms[at])
			f.Known = w.known(p, c.Subject, e.Instead)
			if at == train {
				e.Train = f
			} else {
				e.HeldOut = f
			}
		}
	}
	for i := range entries {
		entries[i].Barred = w.barred(c.Subject, &entries[i], i == planned)
	}
	c.Planned, c.Best = planned, w.best(c.Subject, entries, max(0, planned))
	for i := range entries {
		c.Rows = append(c.Rows, entries[i].Row)
	}
	w.decide(c.Subject, &entries[c.Best], c.Best == planned)
	return nil
}

// decide takes the best row of a rule as given for those that come after.
func (w *work) decide(i int, e *entry, planned bool) {
	if planned || e.Kind == AsIs && w.Plan.Rules[i].Change == nil {
		return
	}
	w.taken[i] = true
	if e.Kind == Inhibit {
		w.sources[e.Source] = true
	}
	for at, p := range w.parts {
		p.now[i] = e.forms[at]
	}
}

// known tells whether a part says anything of a rule and of what takes its place.
func (w *work) known(p *part, i int, instead *Instead) bool {
	if p.window.Empty() || !w.Subjects[i].Views[0].Samples.Grid.Span().Overlaps(p.window) {
		return false
	}
	return instead == nil || share(instead.Covered, p.window) >= w.Options.Covered
}
