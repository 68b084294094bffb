package tune

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reason is why a rule is changed or stays.
type Reason string

// The reasons.
const (
	ReasonSilent    Reason = "silent"    // it never fired, so nothing can be said
	ReasonUnproven  Reason = "unproven"  // no incident concerned it
	ReasonNeeded    Reason = "needed"    // what would quiet it would lose incidents
	ReasonQuiet     Reason = "quiet"     // a change saves less than chance makes of it
	ReasonQuieter   Reason = "quieter"   // the changed form catches what is needed with less noise
	ReasonRedundant Reason = "redundant" // other rules catch all that it catches
	ReasonUseless   Reason = "useless"   // it caught no incident
	ReasonImplied   Reason = "implied"   // another rule fires whenever it does
	ReasonRelabeled Reason = "relabeled" // each value was an alert of its own
	ReasonHeartbeat Reason = "heartbeat" // it fires by design
	ReasonNet       Reason = "net"       // others catch all that it caught; it stays for what is worse
)

// explain gives each rule its reason and what else could be done, and notes what
// is thin.
func (f *fitted) explain(subjects []Subject, p *Plan) {
	for i := range p.Rules {
		a := &p.Rules[i]
		a.Others = f.others(i)
		a.Reason, a.Why = f.reason(subjects, i, a)
	}
	p.Notes = f.notes(subjects, p)
}

// reason is why the rule's form was chosen.
func (f *fitted) reason(subjects []Subject, i int, a *Advice) (Reason, string) {
	m := &f.menus[i]
	switch c := a.Change; {
	case c != nil && c.Delete:
		return f.whyDeleted(subjects, i)
	case c != nil && m.unproven:
		return ReasonUnproven, "No incident concerned it, so only what is safe without one was considered: to bridge gaps and to wait a little."
	case c != nil && slices.Equal(c.Remedies, []Remedy{RemedyLabel}):
		return ReasonRelabeled, "A label held the sample's value, so each value was an alert of its own."
	case c != nil && !f.problem.helps(m, f.choice[i]):
		_, why := f.whyDeleted(subjects, i)
		return ReasonNet, why + " It stays as a net for what is worse than anything so far."
	case c != nil:
		return ReasonQuieter, f.whyKept(subjects, i)
	case m.heartbeat:
		return ReasonHeartbeat, "It fires by design, to show that alerts get through."
	case m.dead:
		return ReasonSilent, "The series that it looks at are not in this history, so it could not fire: mend its expression, unless they are still to come."
	case m.silent:
		return ReasonSilent, "It did not fire in this history, so there is nothing to go by."
	case m.unproven:
		return ReasonUnproven, "No incident concerned it, and nothing that is safe without one makes it quieter."
	case sum(m.candidates[0].outside) <= fewEpisodes:
		return ReasonQuiet, fmt.Sprintf("It fired %d times outside incidents; that is too little to go by.", sum(m.candidates[0].outside))
	case m.thin:
		return ReasonQuiet, fmt.Sprintf("It told of no incident in time, but fired only %d times outside them; that is too little to call it useless.", sum(m.candidates[m.plain].outside))
	}
	return ReasonNeeded, f.whyKept(subjects, i)
}

// fewEpisodes is up to how many needless episodes a change can't save more than
// chance makes of them.
const fewEpisodes = 4

func (f *fitted) whyDeleted(subjects []Subject, i int) (Reason, string) {
	m := &f.menus[i]
	var by []int
	mine := 0
	for n, g := range m.candidates[0].grades {
		if g < inTime || f.problem.weight[m.incidents[n]] == 0 {
			continue
		}
		mine++
		chosen, _ := f.catchers(m.incidents[n], i)
		by = append(by, chosen...)
	}
	for _, w := range m.within {
		if f.asStrict(w) {
			return ReasonImplied, fmt.Sprintf("Whenever it fires, %s fires for the same thing.", subjects[w].Rule.Name)
		}
	}
	if mine == 0 {
		return ReasonUseless, "It told of no incident in time."
	}
	return ReasonRedundant, fmt.Sprintf("%s that it told of in time: told in time by %s too.", count(mine, "incident"), few(subjects, by))
}

// asStrict tells whether a rule still fires whenever it does today.
func (f *fitted) asStrict(i int) bool {
	return !slices.ContainsFunc(f.menus[i].candidates[f.choice[i]].change.Remedies, func(r Remedy) bool {
		return r != RemedyKeep && r != RemedyLabel
	})
}

// whyKept names the incidents that nobody else would tell of.
func (f *fitted) whyKept(subjects []Subject, i int) string {
	m := &f.menus[i]
	var alone []string
	kept := 0
	for n, g := range m.candidates[f.choice[i]].grades {
		incident := m.incidents[n]
		if g < inTime || f.problem.weight[incident] == 0 {
			continue
		}
		kept++
		if chosen, _ := f.catchers(incident, i); len(chosen) == 0 {
			alone = append(alone, f.name(incident))
		}
	}
	switch {
	case len(alone) > 0:
		return fmt.Sprintf("It alone catches %s.", list(alone))
	case kept > 0:
		return fmt.Sprintf("It backs up other rules on %s.", count(kept, "incident"))
	}
	return "It caught no incident that other rules do not."
}

// name is an incident's id, or its start where it has none.
func (f *fitted) name(incident int) string {
	in := f.history.incidents[incident]
	if in.ID != "" {
		return in.ID
	}
	return "the incident of " + in.From.UTC().Format(time.RFC3339)
}

// few names the rules that come up most, three at most.
func few(subjects []Subject, places []int) string {
	slices.Sort(places)
	var names []string
	for _, at := range slices.Compact(places) {
		if name := subjects[at].Rule.Name; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return list(names)
}

// list is names in a row, three at most.
func list(names []string) string {
	if len(names) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:3], ", "), len(names)-3)
	}
	return strings.Join(names, ", ")
}

func count(n int, what string) string { return fmt.Sprintf("%d %s", n, plural(n, what, what+"s")) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
