package remedy

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/burnish-sre/burnish/noise/tune"
)

// entries are the rows of a rule, the mildest first, and which of them is what
// the plan has.
func (w *work) entries(i int) (out []entry, planned int, err error) {
	planned = -1
	add := func(e entry, what func(p *part) (form, error)) {
		for at, p := range w.parts {
			var failed error
			e.forms[at], failed = what(p)
			err = cmp.Or(err, failed)
		}
		out = append(out, e)
	}
	add(entry{Row: Row{Kind: AsIs}}, func(p *part) (form, error) { return p.today[i], nil })
	for _, edit := range w.edits(i) {
		if edit.Change == w.Plan.Rules[i].Change {
			planned = len(out)
		}
		add(entry{Row: edit}, func(p *part) (form, error) { return w.changed(p, i, edit.Change) })
	}
	if e, ok, failed := w.inhibition(i); ok || failed != nil {
		out, err = append(out, e), cmp.Or(err, failed)
	}
	if l := w.Rules[i].Lower; l != nil {
		add(entry{Row: Row{Kind: Severity, Lower: l}}, func(p *part) (form, error) { return p.today[i].voiced(l.Voice), nil })
	}
	if in := w.Rules[i].Instead; in != nil {
		add(entry{Row: Row{Kind: BurnRate, Instead: in}}, func(p *part) (form, error) { return in.form(p) })
	}
	if w.mayDelete() {
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

// edits are the changes of a rule's own values that are shown: the one that was
// chosen on the first part, and what is recommended where that is another. Where
// there is neither it is the best that one alone could do.
func (w *work) edits(i int) []Row {
	a := w.Plan.Rules[i]
	var out []Row
	same := a.Proven != nil && a.Change != nil && reflect.DeepEqual(a.Proven, a.Change)
	if a.Proven != nil && !a.Proven.Delete && !same {
		out = append(out, Row{Kind: Change, Change: a.Proven})
	}
	if a.Change != nil && !a.Change.Delete {
		out = append(out, Row{Kind: Change, Change: a.Change, Whole: !same})
	}
	if c := bestAlone(a.Others); c != nil && len(out) == 0 {
		out = append(out, Row{Kind: Change, Change: c, Whole: true})
	}
	return out
}

// bestAlone is the edit that loses least, and of those the quietest.
func bestAlone(others []tune.Other) *tune.Change {
	var best *tune.Other
	for n := range others {
		o := &others[n]
		if o.Change.Delete || best != nil && cmp.Or(cmp.Compare(o.Lost, best.Lost), cmp.Compare(o.Outside, best.Outside)) >= 0 {
			continue
		}
		best = o
	}
	if best == nil {
		return nil
	}
	return &best.Change
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
