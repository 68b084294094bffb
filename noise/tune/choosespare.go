package tune

import "slices"

// spare takes out rules that say nothing that another does not: it fires for the
// same thing whenever they do, has the same severity and reaches the same people.
// That is proven from their text, so it needs no episodes to go by. So it is with
// labels that make an alert of each value.
func (p *problem) spare(c choice) {
	for i := range p.menus {
		m := &p.menus[i]
		if c[i] == 0 && m.plain > 0 && p.keeps(m) {
			c[i] = m.plain
		}
		if m.heartbeat || m.deletion == 0 || p.policy == Conservative {
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

// keeps tells whether a rule without the labels catches what it catches today.
func (p *problem) keeps(m *menu) bool { return !p.drops(m, &m.candidates[m.plain]) }

// standsIn tells whether a rule that implied another still does, in the forms
// that were chosen: it is no stricter than it was and waits no longer, but as far
// as the other waits longer too. A rule that looks at what does not exist is in
// need of repair, unless the other looks at it too.
func (p *problem) standsIn(c choice, i, by int) bool {
	own, other := &p.menus[i].candidates[c[i]].change, &p.menus[by].candidates[c[by]].change
	if own.Delete || other.Delete || slices.Contains(other.Remedies, RemedyThreshold) {
		return false
	}
	if p.menus[i].dead && !p.menus[by].dead || p.louder(c, i, by) || p.loses(c, i, by) {
		return false
	}
	before, beforeOther := &p.menus[i].candidates[0].change, &p.menus[by].candidates[0].change
	return other.Shape.For-beforeOther.Shape.For <= own.Shape.For-before.Shape.For
}

// louder tells whether the other rule sends more needless notifications than a rule does
// today, by one a week or more: then it is not the better one of the two.
func (p *problem) louder(c choice, i, by int) bool {
	return p.noise(&p.menus[by].candidates[c[by]])-p.noise(&p.menus[i].candidates[0]) >= p.weeks
}

// loses tells whether a rule catches an incident that the other does not.
func (p *problem) loses(c choice, i, by int) bool {
	m, other := &p.menus[i], &p.menus[by]
	grades := other.candidates[c[by]].grades
	for n, g := range m.candidates[c[i]].grades {
		if g < inTime || p.weight[m.incidents[n]] == 0 {
			continue
		}
		if at, ok := slices.BinarySearch(other.incidents, m.incidents[n]); !ok || grades[at] < inTime {
			return true
		}
	}
	return false
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
