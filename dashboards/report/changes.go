package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

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
			row.decide(in, d)
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

// decide takes what was decided on the row's rule, and what that saves.
func (v *changeView) decide(in Input, d *decide.Decision) {
	v.Verb, v.Decided = capital(clean(string(d.Verb), 20)), newSentence(d.Why, sentenceLimit)
	v.Gain, v.Unit = gain(in, d.Saves)
	if d.Verb == decide.Delete {
		v.Else = v.Advice
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

// exampleLead says when an example fired and for how long.
func exampleLead(e noise.Episode) string {
	if !e.Fired() {
		return "pending from " + minute(e.ActiveAt)
	}
	if e.Open() {
		return "from " + minute(e.FiredAt) + ", not over"
	}
	return "on " + minute(e.FiredAt) + " for " + span(e.ResolvedAt.Sub(e.FiredAt))
}

// lineOf is where a rule is written, as file:line.
func lineOf(r noise.RuleRef) string {
	if r.File == "" || r.Line == 0 {
		return place(r.RuleKey)
	}
	return fmt.Sprintf("%s:%d", r.File, r.Line)
}

// gain is what a finding would save and what that is counted in.
func gain(in Input, saves *float64) (amount, unit string) {
	if saves == nil || math.IsNaN(*saves) || math.IsInf(*saves, 0) || *saves == 0 {
		return "", ""
	}
	noun, how := "start", "counted as starts"
	if in.Judged.Route != nil {
		noun, how = "notification", "replayed"
	}
	n := math.Abs(*saves)
	amount = figure(math.Round(n*10) / 10)
	switch {
	case n < 0.1:
		amount = "<0.1"
	case amount != "1":
		noun += "s"
	}
	if *saves < 0 {
		return "+" + amount, noun + " a week more, " + how
	}
	return amount, noun + " a week fewer, " + how
}

// factName is the name of a figure in words; its unit is beside the figure.
func factName(name string) string {
	for _, unit := range []string{"_seconds", "_ratio"} {
		name = strings.TrimSuffix(name, unit)
	}
	return strings.ReplaceAll(strings.ReplaceAll(name, "p99_5", "p99.5"), "_", " ")
}

// factText is a figure in the unit that its name tells.
func factText(f noise.Fact) string {
	switch {
	case f.Share != nil && f.Share.Known():
		return of(*f.Share) + " (" + percent(f.Share.Ratio()) + ")"
	case f.Value == nil && f.Text != "":
		return f.Text
	case f.Value == nil || math.IsNaN(*f.Value) || math.IsInf(*f.Value, 0):
		return unknown
	case strings.HasSuffix(f.Name, "_seconds"):
		return signedSpan(inSeconds(*f.Value))
	case strings.HasSuffix(f.Name, "_ratio") && *f.Value >= 0:
		return percent(*f.Value)
	case *f.Value != 0 && math.Abs(*f.Value) < 0.005:
		return fmt.Sprintf("%.2g", *f.Value)
	}
	return figure(*f.Value)
}

// signedSpan writes a duration that may be negative.
func signedSpan(d time.Duration) string {
	if d < 0 {
		return "−" + span(-d)
	}
	if d == 0 {
		return "0 s"
	}
	return span(d)
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

// kindSays is a kind in words.
func kindSays(k noise.Kind) string {
	return strings.NewReplacer("non_", "non-", "_", " ").Replace(clean(string(k), 40))
}

func actionSays(a noise.ControlAction) string {
	switch a {
	case noise.NotGiven:
		return "not given"
	case noise.GivenNeedlessly:
		return "given needlessly"
	case noise.WrongTime:
		return "too early or too late"
	case noise.WrongDuration:
		return "stopped too soon or held too long"
	}
	return clean(string(a), 40)
}

func confidenceSays(c noise.Confidence) string {
	if c == "" {
		return ""
	}
	return capital(clean(string(c), 20))
}

func gravityMark(g noise.Gravity) string {
	switch g {
	case noise.GravityError:
		return "over"
	case noise.GravityWarning:
		return "risk"
	case noise.GravityInfo:
	}
	return "acceptable"
}
