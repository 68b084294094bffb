package remedy

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise/tune"
)

// entries are the rows of a rule, the mildest first, and which of them is what
// the plan has.
func (w *work) entries(i int) (out []entry, planned int, err error) {
	planned = -1
	add := func(e entry, what func(p *part) (form, error)) {
		for at, p := range w.parts {
			if e.forms[at], err = what(p); err != nil {
				return
			}
		}
		out = append(out, e)
	}
	add(entry{Row: Row{Kind: AsIs}}, func(p *part) (form, error) { return p.today[i], nil })
	if c, whole := w.edit(i); c != nil && err == nil {
		if w.plannedKind(i) == Change {
			planned = len(out)
		}
		add(entry{Row: Row{Kind: Change, Change: c, Whole: whole}}, func(p *part) (form, error) { return w.changed(p, i, c) })
	}
	if e, ok, failed := w.inhibition(i); ok || failed != nil {
		out, err = append(out, e), cmp.Or(err, failed)
	}
	if l := w.Rules[i].Lower; l != nil {
		add(entry{Row: Row{Kind: Severity, Lower: l}}, func(p *part) (form, error) { return p.today[i].voiced(l.Voice), nil })
	}
	if in := w.Rules[i].Instead; in != nil && err == nil {
		add(entry{Row: Row{Kind: BurnRate, Instead: in}}, func(p *part) (form, error) { return in.form(p) })
	}
	if w.mayDelete() && err == nil {
		if w.plannedKind(i) == Delete {
			planned = len(out)
		}
		gone := &tune.Change{Delete: true, Remedies: []tune.Remedy{tune.RemedyDelete}}
		add(entry{Row: Row{Kind: Delete, Change: gone}}, func(*part) (form, error) { return nil, nil })
	}
	return out, planned, err
}

// plannedKind is what the plan does about a rule.
func (w *work) plannedKind(i int) Kind {
	switch c := w.Plan.Rules[i].Change; {
	case c == nil:
		return AsIs
	case c.Delete:
		return Delete
	}
	return Change
}

func (w *work) mayDelete() bool {
	return slices.Contains(w.Choose.Only, tune.RemedyDelete)
}

// edit is the change of a rule's own values that is shown: the one that was
// chosen on the first part, else what is recommended, else the best that one
// alone could do, which both were chosen on all of the history.
func (w *work) edit(i int) (c *tune.Change, whole bool) {
	a := w.Plan.Rules[i]
	switch {
	case a.Proven != nil && !a.Proven.Delete:
		return a.Proven, false
	case a.Change != nil && !a.Change.Delete:
		return a.Change, true
	}
	var best *tune.Other
	for n := range a.Others {
		o := &a.Others[n]
		if o.Change.Delete || best != nil && cmp.Or(cmp.Compare(o.Lost, best.Lost), cmp.Compare(o.Outside, best.Outside)) >= 0 {
			continue
		}
		best = o
	}
	if best == nil {
		return nil, false
	}
	return &best.Change, true
}

// voiced is the same alerts with another voice.
func (f form) voiced(v Voice) form {
	out := slices.Clone(f)
	for i := range out {
		out[i].voice = v
	}
	return out
}

// form counts what takes a rule's place.
func (in *Instead) form(p *part) (form, error) {
	var out form
	for _, a := range in.Alerts {
		t, err := p.count(a.Samples, tune.Shape{}, a.Voice)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}
