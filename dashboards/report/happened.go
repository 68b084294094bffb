package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// How many rows of the tables of truth are shown.
const (
	incidentsShown = 8
	untoldPlaces   = 3 // of these, for what nobody was told of
	briefShown     = 30
	signalsShown   = 7
	scoresShown    = 20
	watchedShown   = 20
)

// noTruth says why nothing is said of precision.
const noTruth = "Nothing tells what really happened, so nothing is said of precision: give SLOs, or declare incidents."

// happenedView is what really happened: the worst as timelines, more in brief.
type happenedView struct {
	Asked                bool // somebody judged, with truth or without
	Intro, Caption, More string
	Rows                 []happenedRow
	Brief                []happenedRow
}

// anchorOf is the place of an incident on the page; empty where it is not shown.
func (v *happenedView) anchorOf(id string) string {
	for _, r := range slices.Concat(v.Rows, v.Brief) {
		if r.id == id {
			return r.Anchor
		}
	}
	return ""
}

type happenedRow struct {
	id, Anchor           string
	Name, Group, Note    text
	Severity             text
	From, Lasted, Burned string
	Verdict, Says        string
	Answered             string // empty where nobody knows
	Events               []event
	Already              []countedText // the alerts among the events that fired before it
	MoreSignals          string
}

// judgement is what truth tells; nil where there is none.
func (in Input) judgement() *truth.Judgement {
	if in.Judged == nil || !in.Judged.Judgement.Known {
		return nil
	}
	return &in.Judged.Judgement
}

// judges tells whether alerts were held against the incident.
func (in Input) judges(id string) bool {
	j := in.judgement()
	return j != nil && slices.ContainsFunc(j.Incidents, func(v truth.Verdict) bool { return v.ID == id })
}

func newHappenedView(in Input) happenedView {
	j := in.judgement()
	if j == nil {
		return happenedView{Asked: in.Judged != nil, Intro: noTruth}
	}
	v := happenedView{Asked: true, Intro: happenedIntro(in, j)}
	worst, rest := chooseIncidents(in)
	for _, i := range worst {
		v.Rows = append(v.Rows, v.newRow(in, i, signalsShown))
	}
	for _, i := range rest[:min(briefShown, len(rest))] {
		v.Brief = append(v.Brief, v.newRow(in, i, 0))
	}
	v.Caption = "The other incidents, the latest first"
	if left := rest[len(v.Brief):]; len(left) > 0 {
		untold := 0
		for _, i := range left {
			if !j.Incidents[i].Told() {
				untold++
			}
		}
		v.More = fmt.Sprintf("Not shown: %s; of %s of them nobody was told. All are in the JSON.", plural(len(left), "more incident"), noneOr(untold))
	}
	return v
}

// chooseIncidents picks those that are shown as timelines, by their place: the
// worst that nobody was told of first, then the costliest. The rest is by time,
// the latest first.
func chooseIncidents(in Input) (worst, rest []int) {
	all := in.judgement().Incidents
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return worstFirst(&all[a], &all[b]) })
	taken := map[int]bool{}
	for _, i := range order {
		if !all[i].Told() && len(worst) < untoldPlaces {
			worst, taken[i] = append(worst, i), true
		}
	}
	for _, i := range order {
		if !taken[i] && len(worst) < incidentsShown {
			worst, taken[i] = append(worst, i), true
		}
	}
	rest = slices.DeleteFunc(order, func(i int) bool { return taken[i] })
	slices.SortStableFunc(rest, func(a, b int) int { return all[b].From.Compare(all[a].From) })
	return worst, rest
}

func noneOr(n int) string {
	if n == 0 {
		return "none"
	}
	return count(n)
}

func incidentPointers(j *truth.Judgement) []*truth.Verdict {
	out := make([]*truth.Verdict, len(j.Incidents))
	for i := range j.Incidents {
		out[i] = &j.Incidents[i]
	}
	return out
}

// worstFirst orders by budget; what a person declared and nobody priced comes
// first, the longest before the others.
func worstFirst(a, b *truth.Verdict) int {
	price := func(v *truth.Verdict) float64 {
		if v.Burned == nil {
			return -1
		}
		return *v.Burned
	}
	unpriced := func(v *truth.Verdict) int {
		if v.Burned == nil {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(unpriced(a), unpriced(b)), cmp.Compare(price(b), price(a)),
		cmp.Compare(b.Duration(), a.Duration()), a.From.Compare(b.From), cmp.Compare(a.ID, b.ID),
	)
}

func happenedIntro(in Input, j *truth.Judgement) string {
	n, declared, untold := len(j.Incidents), 0, 0
	for i := range j.Incidents {
		if j.Incidents[i].Declared {
			declared++
		}
		if !j.Incidents[i].Told() {
			untold++
		}
	}
	if n == 0 {
		return "No incident in the " + length(in.Current.Window) + ": no SLO lost budget faster than it may, and none was declared. So every alert of it that can be judged met none."
	}
	out := fmt.Sprintf("There %s in the %s, %s declared by people and %s measured by SLOs. ", wasCount(n, "incident"), length(in.Current.Window), count(declared), count(n-declared))
	if untold == 0 {
		return out + "Of each at least one alert told."
	}
	return out + fmt.Sprintf("Of %s of %s nobody was told.", count(untold), count(n))
}

// newRow is an incident with as many of its alerts as are to be shown.
func (v *happenedView) newRow(in Input, place, signals int) happenedRow {
	x := &in.judgement().Incidents[place]
	row := happenedRow{
		id: x.ID, Anchor: "incident-" + strconv.Itoa(len(v.Rows)+len(v.Brief)+1),
		Name: newText(incidentName(x), nameLimit), Group: labelsText(x.Labels, ""), Note: newSentence(x.Note, 200), Severity: newText(x.Severity, 24),
		From: minute(x.From), Lasted: lasted(x), Burned: "unknown",
	}
	if x.Burned != nil {
		row.Burned = percent(*x.Burned)
	}
	row.Verdict, row.Says = toldBy(x)
	answer, answered := in.Judged.Answers[place]
	switch {
	case answered:
		row.Answered = "answered after " + span(max(0, answer.At.Sub(x.DetectedAt)))
	case in.Judged.Answers != nil && !x.DetectedAt.IsZero():
		row.Answered = "nobody answered by a silence"
	}
	if signals == 0 {
		return row
	}
	row.Events = newTimeline(x, answer.At, signals)
	row.Already = standing(row.Events)
	if rest := len(x.Signals) + x.Hidden - min(signals, len(x.Signals)); rest > 0 {
		row.MoreSignals = plural(rest, "more alert")
	}
	return row
}

func lasted(x *truth.Verdict) string {
	if x.To.IsZero() {
		return "not over"
	}
	return span(x.Duration())
}

// toldBy says how soon which alert told of an incident.
func toldBy(x *truth.Verdict) (mark, says string) {
	if !x.Told() {
		return "over", "nobody was told"
	}
	d, known := x.Detection()
	if !known {
		return "risk", "nothing new: alerts fired already"
	}
	first := clean(x.Signals[0].Name, nameLimit)
	if d == 0 {
		return "good", "told at once by " + first
	}
	return "good", "told after " + span(d) + " by " + first
}

// offset is a time from the start of an incident.
func offset(d time.Duration) string {
	switch {
	case d < 0:
		return span(-d) + " before"
	case d < time.Second:
		return "at once"
	}
	return "+" + span(d)
}

// untold names the incidents of which nobody was told, the worst first.
func untold(in Input) (names []string, all int) {
	missed := in.untold()
	for _, x := range missed[:min(namesShown, len(missed))] {
		name := clean(x.ID, nameLimit)
		if !x.Declared && x.SLO != "" {
			name = clean(x.SLO, nameLimit) + " on " + minute(x.From)
		}
		if x.Burned != nil {
			name += ", " + percent(*x.Burned) + " of its budget"
		}
		names = append(names, name)
	}
	return andMore(names, len(missed)), len(missed)
}

// ruleNames is a list of rules for a sentence.
func ruleNames(rules []noise.RuleKey, shown int) string {
	var names []string
	for _, r := range rules[:min(shown, len(rules))] {
		names = append(names, clean(r.Name, nameLimit))
	}
	if rest := len(rules) - len(names); rest > 0 {
		names = append(names, count(rest)+" more")
	}
	return strings.Join(names, ", ")
}
