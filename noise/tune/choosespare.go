package tune

import "slices"

// spare takes out rules that were not judged, for want of episodes or of
// incidents, and say nothing that another does not: it fires for the same thing
// whenever they do, has the same severity and reaches the same people.
func (p *problem) spare(c choice) {
	if p.policy == Conservative {
		return
	}
	for i := range p.menus {
		m := &p.menus[i]
		if !m.silent && !m.unproven || m.deletion == 0 {
			continue
		}
		for _, by := range m.within {
			if p.standsIn(c, i, by) {
				c[i] = m.deletion
				break
			}
		}
	}
}

// standsIn tells whether a rule that implied another still does, in the forms
// that were chosen: it is no stricter than it was and waits no longer, but as far
// as the other waits longer too.
func (p *problem) standsIn(c choice, i, by int) bool {
	own, other := &p.menus[i].candidates[c[i]].change, &p.menus[by].candidates[c[by]].change
	if own.Delete || other.Delete || slices.Contains(other.Remedies, RemedyThreshold) {
		return false
	}
	before, beforeOther := &p.menus[i].candidates[0].change, &p.menus[by].candidates[0].change
	return other.Shape.For-beforeOther.Shape.For <= own.Shape.For-before.Shape.For
}

// within lists the rules that may stand in for each: they fire whenever it does,
// with its severity, for the same people.
func within(subjects []Subject, menus []menu) {
	for i, s := range subjects {
		for _, by := range s.Implies {
			other := &subjects[by]
			if s.Rule.Severity() == other.Rule.Severity() && reaches(other.Receivers, s.Receivers) {
				menus[i].within = append(menus[i].within, by)
			}
		}
	}
}

// reaches tells whether all of wanted are among have, where none means everybody.
func reaches(have, wanted []string) bool {
	if len(have) == 0 || len(wanted) == 0 {
		return len(have) == 0
	}
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(have, w) })
}
