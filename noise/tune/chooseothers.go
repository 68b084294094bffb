package tune

import "slices"

// Other is what one remedy alone would do for a rule, while all others are as
// recommended. All are on one scale: episodes outside incidents, and incidents
// that would be lost.
type Other struct {
	Remedy  Remedy
	Change  Change
	Outside int
	// Lost is how many incidents that today's rules catch in time no rule would
	// catch in time any more, and Alone how many of those that the rule itself
	// catches today it would not.
	Lost, Alone int
}

// others are the best that each remedy can do for a rule alone. A remedy that
// changes nothing for the better is left out.
func (f *fitted) others(i int) []Other {
	m := &f.menus[i]
	if m.silent {
		return nil
	}
	v := f.problem.vicinity(f.choice, m, i)
	before := f.problem.noise(&m.candidates[0])
	var out []Other
	for _, r := range Remedies() {
		at, least := 0, before
		for n := range m.candidates {
			cand := &m.candidates[n]
			if !slices.Equal(cand.change.Remedies, []Remedy{r}) {
				continue
			}
			cost := f.problem.noise(cand) + f.problem.reluctance(m, cand, 0) + f.problem.risk(m, cand, v)
			if r == RemedyDelete || cost < least {
				at, least = n, cost
			}
		}
		if at != 0 {
			out = append(out, f.other(i, at, r))
		}
	}
	return out
}

func (f *fitted) other(i, at int, r Remedy) Other {
	m := &f.menus[i]
	cand := &m.candidates[at]
	out := Other{Remedy: r, Change: cand.change, Outside: sum(cand.outside)}
	for n, g := range cand.grades {
		incident := m.incidents[n]
		if f.problem.weight[incident] == 0 || g >= inTime {
			continue
		}
		if m.candidates[0].grades[n] >= inTime {
			out.Alone++
		}
		if caught, _ := f.catchers(incident, i); len(caught) == 0 && f.caughtToday(incident) {
			out.Lost++
		}
	}
	return out
}

// catchers are the rules but one that catch an incident in time, as recommended
// and as they are today.
func (f *fitted) catchers(incident, but int) (chosen, today []int) {
	for j := range f.menus {
		m := &f.menus[j]
		n, ok := slices.BinarySearch(m.incidents, incident)
		if !ok || j == but {
			continue
		}
		if m.candidates[f.choice[j]].grades[n] >= inTime {
			chosen = append(chosen, j)
		}
		if m.candidates[0].grades[n] >= inTime {
			today = append(today, j)
		}
	}
	return chosen, today
}

// caughtToday tells whether today's rules catch an incident in time.
func (f *fitted) caughtToday(incident int) bool {
	_, today := f.catchers(incident, -1)
	return len(today) > 0
}
