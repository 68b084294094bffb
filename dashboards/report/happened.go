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
	incidentsShown = 10
	signalsShown   = 5
	scoresShown    = 20
	watchedShown   = 20
)

// noTruth says why nothing is said of precision.
const noTruth = "Nothing tells what really happened, so nothing is said of precision: give SLOs, or declare incidents."

// happenedView is what really happened, the worst first.
type happenedView struct {
	Asked                bool // somebody judged, with truth or without
	Intro, Caption, More string
	Rows                 []happenedRow
}

// anchorOf is the place of an incident on the page; empty where it is not shown.
func (v *happenedView) anchorOf(id string) string {
	for _, r := range v.Rows {
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
	Signals              []signalRow
	MoreSignals          string
}

type signalRow struct {
	When         string
	Name, Labels text
	Late         bool // it did not begin with the incident
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
	order := slices.SortedStableFunc(slices.Values(incidentPointers(j)), worstFirst)
	for _, x := range order[:min(incidentsShown, len(order))] {
		row := newHappenedRow(x)
		row.Anchor = "incident-" + strconv.Itoa(len(v.Rows)+1)
		v.Rows = append(v.Rows, row)
	}
	v.Caption = "Incidents, the costliest first"
	if rest := order[len(v.Rows):]; len(rest) > 0 {
		v.Caption = fmt.Sprintf("The %d worst of %s", len(v.Rows), plural(len(order), "incident"))
		untold := 0
		for _, x := range rest {
			if !x.Told() {
				untold++
			}
		}
		v.More = fmt.Sprintf("Not shown: %s; of %s of them nobody was told. All are in the JSON.", plural(len(rest), "more incident"), noneOr(untold))
	}
	return v
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
	out := fmt.Sprintf("There %s in the %s, %s declared by people and %s measured by SLOs. ", was(n, "incident"), length(in.Current.Window), count(declared), count(n-declared))
	if untold == 0 {
		return out + "Of each at least one alert told."
	}
	return out + fmt.Sprintf("Of %s of %s nobody was told.", count(untold), count(n))
}

func newHappenedRow(x *truth.Verdict) happenedRow {
	name := cmp.Or(x.SLO, x.ID)
	if x.Declared {
		name = x.ID
	}
	v := happenedRow{
		id:   x.ID,
		Name: newText(name, nameLimit), Group: labelsText(x.Labels, ""), Note: newText(x.Note, 200), Severity: newText(x.Severity, 24),
		From: minute(x.From), Lasted: lasted(x), Burned: "unknown",
	}
	if x.Burned != nil {
		v.Burned = percent(*x.Burned)
	}
	v.Verdict, v.Says = toldBy(x)
	for _, s := range x.Signals[:min(signalsShown, len(x.Signals))] {
		v.Signals = append(v.Signals, newSignalRow(x, s))
	}
	if rest := len(x.Signals) + x.Hidden - len(v.Signals); rest > 0 {
		v.MoreSignals = plural(rest, "more alert")
	}
	return v
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

func newSignalRow(x *truth.Verdict, s truth.Signal) signalRow {
	row := signalRow{Name: newText(s.Name, 60), Labels: labelsText(s.Labels, "severity"), Late: !s.Onset}
	if !s.Onset {
		row.When = "fired already"
		return row
	}
	row.When = offset(s.FiredAt.Sub(x.From))
	return row
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
