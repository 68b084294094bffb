package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
)

// subject is what a finding is about: a rule, or where it is about none, itself.
func subject(f *noise.Finding) string {
	if f.Rule.RuleKey == (noise.RuleKey{}) {
		return "\x00" + f.ID
	}
	return ruleSubject(f.Rule.RuleKey)
}

func ruleSubject(k noise.RuleKey) string {
	return strings.Join([]string{k.Name, k.Group, k.File, k.Severity}, "\x00")
}

// decisionsBySubject are the decisions by the rule that they are on.
func decisionsBySubject(in Input) map[string]*decide.Decision {
	out := make(map[string]*decide.Decision, len(in.Judged.Decisions))
	for i := range in.Judged.Decisions {
		d := &in.Judged.Decisions[i]
		out[ruleSubject(d.Rule.RuleKey)] = d
	}
	return out
}

// chooseChanges picks one finding of each rule: first the rules that can go, then
// by effect, and keeps some places for what nobody is told of. It also gives the
// findings of each subject.
func chooseChanges(in Input) (chosen []int, about map[string][]int) {
	all := in.Judged.Findings
	about = map[string][]int{}
	for i := range all {
		about[subject(&all[i])] = append(about[subject(&all[i])], i)
	}
	loud, decisions := decidedChanges(in, about), decisionsBySubject(in)
	taken := map[string]bool{}
	for _, i := range loud {
		taken[subject(&all[i])] = true
	}
	var silent []int
	gone := in.isGone()
	for i := range all {
		f := &all[i]
		key := subject(f)
		switch saves := f.Saves != nil && *f.Saves > 0; {
		case taken[key], gone(f), f.Gravity == noise.GravityInfo && !saves:
		case f.Action == noise.NotGiven && !saves:
			silent, taken[key] = worthFirst(silent, i, all), true
		case len(loud) < changesShown:
			if d := decisions[key]; d != nil {
				i = in.restsOn(d, about[key])
			}
			loud, taken[key] = append(loud, i), true
		}
	}
	places := max(changesShown-len(loud), silentPlaces)
	silent = silent[:min(len(silent), places)]
	loud = loud[:min(len(loud), changesShown-len(silent))]
	return append(loud, silent...), about
}

// decidedPlaces are the places kept for rules that can go or have to be repaired.
func decidedPlaces() []struct {
	verb   decide.Verb
	places int
} {
	return []struct {
		verb   decide.Verb
		places int
	}{{decide.Delete, 3}, {decide.Merge, 2}, {decide.Repair, 2}}
}

// decidedChanges are the findings on which the first decisions to do away with a
// rule, or to repair it, rest.
func decidedChanges(in Input, about map[string][]int) []int {
	var out []int
	for _, p := range decidedPlaces() {
		left := p.places
		for _, d := range in.decided(p.verb) {
			of := about[ruleSubject(d.Rule.RuleKey)]
			if len(of) == 0 || left == 0 {
				continue
			}
			out, left = append(out, in.restsOn(&d, of)), left-1
		}
	}
	return out
}

// restsOn is the finding that a decision rests on, of those on its rule.
func (in Input) restsOn(d *decide.Decision, of []int) int {
	for _, i := range of {
		if len(d.Because) > 0 && in.Judged.Findings[i].ID == d.Because[0] {
			return i
		}
	}
	return of[0]
}

// worthFirst keeps the findings on what nobody is told of in order: losses that
// went by, then what can't tell of any.
func worthFirst(kept []int, i int, all []noise.Finding) []int {
	rank := func(j int) int {
		switch all[j].Kind {
		case noise.KindBlindSpot:
			return 0
		case noise.KindNearMiss:
			return 1
		}
		return 2 + slices.Index([]noise.Gravity{noise.GravityError, noise.GravityWarning}, all[j].Gravity)
	}
	at, _ := slices.BinarySearchFunc(kept, rank(i)+1, func(j, want int) int { return cmp.Compare(rank(j), want) })
	kept = slices.Insert(kept, at, i)
	return kept[:min(len(kept), changesShown)]
}
