package rulefile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
)

// misfits is what speaks against a site being the one that makes a rule, as
// sentences without their stop. What is filled in speaks against nothing.
func (s *site) misfits(r noise.Rule) []string {
	if s.opaque {
		return nil
	}
	var out []string
	out = append(out, s.misfitOf(For, r.For)...)
	out = append(out, s.misfitOf(KeepFiringFor, r.KeepFiringFor)...)
	severity, ok := s.fields["labels.severity"].literal()
	if ok && severity != r.Severity() {
		out = append(out, fmt.Sprintf("its severity is %s and not %s", code(severity), code(r.Severity())))
	}
	return append(out, s.misfitOfExpr(r)...)
}

func (s *site) misfitOf(field Field, want time.Duration) []string {
	w := s.fields[string(field)]
	if w == nil {
		if want == 0 {
			return nil
		}
		return []string{fmt.Sprintf("it has no %s, which is %s in force", code(string(field)), model.Duration(want))}
	}
	text, ok := w.literal()
	if !ok {
		return nil
	}
	is, err := model.ParseDuration(text)
	if err == nil && time.Duration(is) == want {
		return nil
	}
	return []string{fmt.Sprintf("its %s is %s, and %s in force", code(string(field)), code(text), model.Duration(want))}
}

// misfitOfExpr is the first word of a template's expression that the one in force
// does not have.
func (s *site) misfitOfExpr(r noise.Rule) []string {
	w := s.fields[string(Expr)]
	if w == nil || !w.simple {
		return nil
	}
	has := termsOf(r.Expr)
	names := map[string]bool{}
	for _, t := range has {
		names[strings.ToLower(t.text)] = true
	}
	for _, t := range w.terms() {
		found := t.kind == termHole || t.kind == termOther || names[strings.ToLower(t.text)]
		if t.kind == termNumber || t.kind == termDuration {
			found = slices.ContainsFunc(has, t.same)
		}
		if !found {
			return []string{fmt.Sprintf("its expression has %s, and the one in force does not", code(t.text))}
		}
	}
	return nil
}

// spot is a place in a template that gives a value, or is said to.
type spot struct {
	of *Template
	at int
	// hole is what fills the place in; nil where the value stands there itself.
	hole *hole
	// within is the value that holds the place.
	within *written
}

// thresholdSpots are the places of a number of a rule's expression, and whether
// it is certain that it is there. Numbers of that value that are written out are
// told apart by their order; where fewer are written out than the rule has, one
// is filled in.
func (s *site) thresholdSpots(r noise.Rule, e Edit) (spots []spot, certain bool) {
	w := s.fields[string(Expr)]
	if w == nil {
		return nil, false
	}
	has := termsOf(r.Expr)
	i := slices.IndexFunc(has, func(t term) bool { return t.at >= e.Start && t.at < e.End })
	if i < 0 {
		return nil, false
	}
	nth, all := 0, 0
	for k, t := range has {
		if t.same(has[i]) {
			if all++; k < i {
				nth++
			}
		}
	}
	var filled []spot
	for _, t := range w.terms() {
		switch {
		case t.same(has[i]):
			spots = append(spots, spot{s.of, t.at, nil, w})
		case t.kind == termHole && t.hole != nil:
			filled = append(filled, spot{s.of, t.at, t.hole, w})
		}
	}
	if w.simple && len(spots) == all {
		return spots[nth : nth+1], true
	}
	return append(spots, filled...), w.simple && len(spots) == 0 && len(filled) == 1
}

// fieldSpots are the places of a field's value.
func (s *site) fieldSpots(name string) (spots []spot, certain bool) {
	w := s.fields[name]
	if w == nil {
		return nil, false
	}
	if _, ok := w.literal(); ok || len(w.holes) == 0 {
		return []spot{{s.of, w.start, nil, w}}, true
	}
	for i := range w.holes {
		spots = append(spots, spot{s.of, w.holes[i].start, &w.holes[i], w})
	}
	return spots, w.simple && len(spots) == 1
}

// likely tells whether what the templates set agrees with the rule where a site
// leaves it open: its severity, and the numbers that the edits change. Settings
// may be overridden elsewhere, so this proves nothing.
func (s *site) likely(templates []*Template, w *Handwork) bool {
	agrees := func(spots []spot, old string) bool {
		return len(spots) == 0 || slices.ContainsFunc(spots, func(p spot) bool {
			return p.hole == nil || slices.ContainsFunc(p.givers(templates), func(g given) bool { return g.holds(old) })
		})
	}
	severity, _ := s.fieldSpots("labels.severity")
	if !agrees(severity, w.Rule.Severity()) {
		return false
	}
	for _, e := range w.Edits {
		if e.Action != Splice {
			continue
		}
		if spots, _ := s.thresholdSpots(w.Rule, e); !agrees(spots, w.Rule.Expr[e.Start:e.End]) {
			return false
		}
	}
	return true
}

// holds tells whether what is given is a value.
func (g given) holds(value string) bool {
	text := strings.Trim(string(g.of.text[g.start:min(g.end, g.start+maxShown)]), `'", `)
	want, is := termsOf(value), termsOf(text)
	return text == value || len(want) > 0 && len(is) > 0 && want[0].same(is[0])
}

// givers are the places that give a key its value: within the value itself, else
// in any of the templates.
func (p spot) givers(templates []*Template) []given {
	if p.hole.given >= 0 {
		return []given{{p.of, p.hole.given, p.of.lay.lineEnd(p.hole.given)}}
	}
	if p.hole.key == "" {
		return nil
	}
	var out []given
	for _, t := range templates {
		out = append(out, t.keys[p.hole.key]...)
	}
	own := slices.DeleteFunc(slices.Clone(out), func(g given) bool {
		return g.of != p.of || g.start < p.within.start || g.end > p.within.end
	})
	if len(own) > 0 {
		return own
	}
	return out
}

// users are the other alerts that a key fills in.
func users(templates []*Template, key string, but *site) []string {
	var out []string
	for _, t := range templates {
		for _, s := range t.sites {
			if s != but && s.uses(key) {
				out = append(out, cmp.Or(s.name, "line "+strconv.Itoa(t.line(s.alert.start))))
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// uses tells whether a key fills a value in.
func (s *site) uses(key string) bool {
	for _, w := range s.fields {
		if slices.ContainsFunc(w.holes, func(h hole) bool { return h.key == key }) {
			return true
		}
	}
	return false
}
