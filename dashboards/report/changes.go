package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
)

// How much of the findings is shown. Of the places some are kept for what
// nobody is told of: it saves no notifications, and weighs most.
const (
	changesShown  = 12
	silentPlaces  = 3
	evidenceShown = 6
	alsoShown     = 5
)

// changesView is what to change first.
type changesView struct {
	Rows        []changeView
	Intro, More string
	Rest        []countedText // the other findings, by kind
}

type changeView struct {
	subject, Anchor      string
	Rank                 int
	Name                 text // the rule, else the SLO
	Severity             text
	Kind, Action         string
	Title, Advice        text
	Verb                 string // of the decision on the rule; empty where there is none
	Decided              text
	Else                 text   // what to do where the rule has to stay
	Gain, Unit           string // "15", "notifications a week fewer, replayed"
	Evidence             []evidenceView
	Confidence           string
	Why, Place, Example  text
	Also                 []string // further kinds of findings on the same rule
	Mark                 string   // of the gravity
	Gravity, ExampleLead string
}

type evidenceView struct{ Name, Value text }

func newChangesView(in Input) changesView {
	if in.Judged == nil {
		return changesView{}
	}
	all := in.Judged.Findings
	v := changesView{Intro: changesIntro(in)}
	chosen, also := chooseChanges(in)
	decisions, shown := decisionsBySubject(in), map[int]bool{}
	for _, i := range chosen {
		row := newChangeView(in, &all[i])
		if d := decisions[subject(&all[i])]; d != nil {
			row.decide(in, &all[i], d)
		}
		row.subject = subject(&all[i])
		row.tidy(&all[i])
		row.Rank, shown[i] = len(v.Rows)+1, true
		for _, other := range also[subject(&all[i])] {
			says := kindSays(all[other].Kind)
			if other != i && !slices.Contains(row.Also, says) && len(row.Also) < alsoShown {
				row.Also = append(row.Also, says)
			}
			shown[other] = shown[other] || slices.Contains(row.Also, says)
		}
		v.Rows = append(v.Rows, row)
	}
	v.takeRest(all, shown)
	return v
}

// decide takes what was decided on the row's rule, and what that saves.
func (v *changeView) decide(in Input, f *noise.Finding, d *decide.Decision) {
	v.Verb, v.Decided = capital(clean(string(d.Verb), 20)), newSentence(d.Why, sentenceLimit)
	v.Gain, v.Unit = gain(in, d.Saves)
	if d.Verb == decide.Delete {
		v.Else = newSentence(goesOn(f.Advice), sentenceLimit)
		v.Advice = newSentence("Delete it.", sentenceLimit)
		v.Verb = ""
	}
}

// tidy leaves out what a row would say twice.
func (v *changeView) tidy(f *noise.Finding) {
	v.Anchor = f.ID
	if strings.HasPrefix(v.Decided.Shown, v.Title.Shown) {
		v.Title = v.Decided
		v.Decided = text{}
	}
	if v.Gain == "" {
		v.Unit = "saves no notifications"
		if f.Action == noise.NotGiven {
			v.Unit = "tells nobody"
		}
	}
}

func changesIntro(in Input) string {
	n := len(in.Judged.Findings)
	if n == 0 {
		return "Nothing was found that should be changed."
	}
	rules := map[string]bool{}
	for i := range in.Judged.Findings {
		if f := &in.Judged.Findings[i]; f.Rule.RuleKey != (noise.RuleKey{}) {
			rules[subject(f)] = true
		}
	}
	unit := "firing starts a week, since no notifications were replayed"
	if in.Judged.Route != nil {
		unit = "replayed notifications a week that name this rule alone"
	}
	return fmt.Sprintf("%s on %s: first the rules that can go or have to be repaired, then by what following them would save, in %s, and last what nobody is told of. Nothing here knows what a rule is kept for: you do.",
		plural(n, "finding"), plural(len(rules), "rule"), unit) + goneSentence(in)
}

func newChangeView(in Input, f *noise.Finding) changeView {
	v := changeView{
		Name: newText(f.Rule.Name, nameLimit), Severity: newText(f.Rule.Severity, 24), Kind: kindSays(f.Kind), Action: actionSays(f.Action),
		Title: newSentence(f.Title, sentenceLimit), Advice: newSentence(f.Advice, sentenceLimit), Confidence: confidenceSays(f.Confidence),
		Why: newSentence(f.Why, sentenceLimit), Place: newText(lineOf(f.Rule), nameLimit), Mark: gravityMark(f.Gravity), Gravity: string(f.Gravity),
	}
	if f.Rule.Name == "" {
		v.Name = newText(cmp.Or(f.SLO, kindSays(f.Kind)), nameLimit)
	}
	v.Gain, v.Unit = gain(in, f.Saves)
	for _, fact := range f.Evidence[:min(len(f.Evidence), evidenceShown)] {
		v.Evidence = append(v.Evidence, evidenceView{newText(factName(fact.Name), 48), newText(factText(fact), nameLimit)})
	}
	if len(f.Examples) > 0 {
		v.Example, v.ExampleLead = labelsText(f.Examples[0].Labels, "severity"), exampleLead(f.Examples[0])
	}
	return v
}

// takeRest counts what has no row of its own, the most frequent kind first.
func (v *changesView) takeRest(all []noise.Finding, shown map[int]bool) {
	counts := map[noise.Kind]int{}
	rest := 0
	for i := range all {
		if !shown[i] {
			counts[all[i].Kind]++
			rest++
		}
	}
	if rest == 0 {
		return
	}
	kinds := make([]noise.Kind, 0, len(counts))
	for k := range counts {
		kinds = append(kinds, k)
	}
	slices.SortFunc(kinds, func(a, b noise.Kind) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for _, k := range kinds {
		v.Rest = append(v.Rest, countedText{newText(kindSays(k), 40), count(counts[k])})
	}
	v.More = plural(rest, "more finding") + ", in the JSON in full:"
}
