package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// scoresView is how well each rule tells.
type scoresView struct {
	Intro, Caption, More string
	Rows                 []scoreRow
}

type scoreRow struct {
	Name, Severity              text
	Basis                       string
	Precision, Recall           proportionView
	Onset                       string
	Detection, DetectionOf      string
	Missed, Needless            string
	WrongTime, WrongDuration    string
	Unjudged                    string
	PrecisionIsLow, RecallIsLow bool
}

// watchedView is which SLOs are watched, and by which alert.
type watchedView struct {
	Intro, Caption, More string
	Rows                 []watchedRow
}

type watchedRow struct {
	Name, Group            text
	Verdict, Says          string
	TellsUs                text
	Recall                 proportionView
	Caught                 string
	Detection, DetectionOf string
	Rules                  string
}

// actionsView is the four unsafe control actions with their counts.
type actionsView struct {
	Intro string
	Rows  []actionRow
}

type actionRow struct{ Name, Count, Of, Means string }

// judgedEpisodes is the share of the episodes that were about an incident, of
// those of all rules that can be judged.
func judgedEpisodes(j *truth.Judgement) slo.Proportion {
	var p slo.Proportion
	for i := range j.Rules {
		if j.Rules[i].Basis != truth.BasisNone {
			p.Count += j.Rules[i].Precision.Count
			p.Of += j.Rules[i].Precision.Of
		}
	}
	return p
}

func newScoresView(in Input) scoresView {
	j := in.judgement()
	if j == nil {
		return scoresView{}
	}
	var judged []*truth.Score
	untied := 0
	for i := range j.Rules {
		switch s := &j.Rules[i]; {
		case s.Basis == truth.BasisNone:
			untied++
		case s.Precision.Known() || s.Recall.Known():
			judged = append(judged, s)
		}
	}
	slices.SortStableFunc(judged, func(a, b *truth.Score) int {
		return cmp.Or(
			cmp.Compare(b.Actions.GivenNeedlessly, a.Actions.GivenNeedlessly), cmp.Compare(b.Precision.Of, a.Precision.Of),
			cmp.Compare(b.Recall.Of, a.Recall.Of), cmp.Compare(a.Name, b.Name),
		)
	})
	v := scoresView{Intro: scoresIntro(j, len(judged), untied)}
	for _, s := range judged[:min(scoresShown, len(judged))] {
		v.Rows = append(v.Rows, newScoreRow(s))
	}
	v.Caption = "The rules that can be judged, those with most needless episodes first"
	if rest := len(judged) - len(v.Rows); rest > 0 {
		v.Caption = fmt.Sprintf("The %d of %s with most needless episodes", len(v.Rows), plural(len(judged), "rule"))
		v.More = "Not shown: " + plural(rest, "more rule") + ". All are in the JSON."
	}
	return v
}

func scoresIntro(j *truth.Judgement, judged, untied int) string {
	var parts []string
	if judged > 0 {
		parts = append(parts, "Precision: the share of a rule’s episodes that were about an incident. Recall: the share of its incidents in which it fired. The band is the 95% interval; with few cases it is wide, and then nothing is proven.")
	} else {
		parts = append(parts, "No rule can be judged.")
	}
	if untied > 0 {
		parts = append(parts, fmt.Sprintf("%s not judged: no label, mapping or measured association ties them to an SLO or incident.", capital(areSo(untied, "rule"))))
	}
	if j.Unjudged > 0 {
		parts = append(parts, fmt.Sprintf("%s neither right nor wrong, since nobody watched or nothing ties them.", capital(areSo(j.Unjudged, "episode"))))
	}
	return strings.Join(parts, " ")
}

// areSo counts with a verb: 1 rule is, 3 rules are.
func areSo(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " is"
	}
	return plural(n, noun) + " are"
}

// onsetLead stands before the share of incidents that an alert began with.
const onsetLead = "at onset "

func newScoreRow(s *truth.Score) scoreRow {
	v := scoreRow{
		Name: newText(s.Name, nameLimit), Severity: newText(s.Severity, 24), Basis: basisSays(s),
		Precision: newProportion(s.Precision), Recall: newProportion(s.Recall), Onset: onsetLead + of(s.Onset),
		Missed: count(s.Actions.NotGiven), Needless: count(s.Actions.GivenNeedlessly),
		WrongTime: count(s.Actions.WrongTime), WrongDuration: count(s.Actions.WrongDuration),
		PrecisionIsLow: s.Precision.Known() && s.Precision.Ratio() < 0.5, RecallIsLow: s.Recall.Known() && s.Recall.Ratio() < 0.5,
	}
	if !s.Onset.Known() {
		v.Onset = ""
	}
	v.Detection, v.DetectionOf = spreadText(s.Detection)
	if s.Unjudged > 0 {
		v.Unjudged = plural(s.Unjudged, "episode") + " unjudged"
	}
	return v
}

// basisSays is why a rule's alerts are held against incidents.
func basisSays(s *truth.Score) string {
	switch s.Basis {
	case truth.BasisMapping:
		return "tied by your mapping"
	case truth.BasisLabels:
		return "tied by labels"
	case truth.BasisOpen:
		return "tied to all: no label speaks for or against"
	case truth.BasisMeasured:
		return "tied by measurement, " + figure(s.Lift) + " times chance"
	case truth.BasisNone:
	}
	return "not tied"
}

func newWatchedView(in Input) watchedView {
	j := in.judgement()
	if j == nil || len(j.SLOs) == 0 {
		return watchedView{}
	}
	order := make([]*truth.SLOScore, len(j.SLOs))
	for i := range j.SLOs {
		order[i] = &j.SLOs[i]
	}
	slices.SortStableFunc(order, func(a, b *truth.SLOScore) int {
		return cmp.Or(
			cmp.Compare(len(b.Missed), len(a.Missed)), cmp.Compare(blindness(a), blindness(b)),
			cmp.Compare(b.Burned, a.Burned), cmp.Compare(a.SLO, b.SLO),
		)
	})
	v := watchedView{Intro: watchedIntro(order)}
	for _, s := range order[:min(watchedShown, len(order))] {
		v.Rows = append(v.Rows, newWatchedRow(s))
	}
	v.Caption = "Which alert would tell us, the blindest spot first"
	if rest := len(order) - len(v.Rows); rest > 0 {
		v.More = "Not shown: " + plural(rest, "more SLO") + ", watched no worse. All are in the JSON."
	}
	return v
}

// blindness is 0 for a blind spot, 1 for what nothing is tied to, 2 for what was
// told of, 3 for what nothing happened to.
func blindness(s *truth.SLOScore) int {
	switch {
	case s.Recall.Known() && s.TellsUs == nil:
		return 0
	case len(s.Rules) == 0:
		return 1
	case s.Recall.Known():
		return 2
	}
	return 3
}

func watchedIntro(all []*truth.SLOScore) string {
	var n [4]int
	for _, s := range all {
		n[blindness(s)]++
	}
	var parts []string
	for i, says := range []string{
		"had incidents that no alert began with: a blind spot", "had no incident, and no alert is tied to it",
		"had incidents and an alert that tells", "had no incident to tell by",
	} {
		if n[i] > 0 {
			parts = append(parts, count(n[i])+" "+says)
		}
	}
	return "Which alert would tell us? Of " + plural(len(all), "SLO") + ", " + strings.Join(parts, "; ") + "."
}

func newWatchedRow(s *truth.SLOScore) watchedRow {
	v := watchedRow{
		Name: newText(s.SLO, nameLimit), Group: labelsText(s.Labels, ""), Recall: newProportion(s.Recall), Caught: "–",
		Rules: count(len(s.Rules)),
	}
	if s.Burned > 0 {
		v.Caught = percent(min(1, s.Caught/s.Burned)) + " of " + percent(s.Burned)
	}
	v.Detection, v.DetectionOf = spreadText(s.Detection)
	switch blindness(s) {
	case 0:
		v.Verdict, v.Says = "over", "blind spot"
	case 1:
		v.Verdict, v.Says = "risk", "no alert tied to it"
	case 2:
		v.Verdict, v.Says, v.TellsUs = "good", "tells us", newText(s.TellsUs.Name, nameLimit)
	default:
		v.Verdict, v.Says = "unknown", "no incident yet"
	}
	return v
}

func newActionsView(in Input) actionsView {
	j := in.judgement()
	if j == nil {
		return actionsView{}
	}
	episodes := "of " + plural(judgedEpisodes(j).Of, "episode") + " that can be judged"
	return actionsView{
		Intro: "An alert is a control action on a person. It can be unsafe in four ways.",
		Rows: []actionRow{
			{"Not given", count(j.Actions.NotGiven), "of " + plural(len(j.Incidents), "incident"), "An incident ran, and no alert about it fired. Users told you, or nobody did."},
			{"Given needlessly", count(j.Actions.GivenNeedlessly), episodes, "It fired, and no incident was there to act on. Each one costs attention, and trust in the next."},
			{"Too early or too late", count(j.Actions.WrongTime), episodes, "The rule’s first word came long before the incident, or after much of it was over."},
			{"Stopped too soon or held too long", count(j.Actions.WrongDuration), episodes, "It ended while the incident went on, so it looked over; or stayed long after, so its end says nothing."},
		},
	}
}
