package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// How many rows of the tables of promises are shown.
const (
	promisesShown = 20
	lossesShown   = 10
	namesShown    = 3
)

// promisesView is the section on SLOs; it has no rows where there are none.
type promisesView struct {
	Rows                []promiseView
	Intro, Caption      string
	More                string
	AtRisk              []string
	Losses              []lossView
	LossIntro, LossMore string
	LossCaption         string
}

type promiseView struct {
	Name, Group               text
	Objective, Window         string
	Left, Verdict, Says       string
	Bar                       *budgetBar
	Strip                     burnDownStrip
	Errors, Share             string
	BurnHour, BurnSix         string
	GoneIn, Between, Coverage string
	Note                      text // on the data; empty where there is none
}

type lossView struct {
	Name, Group                text
	From, Lasted, Burned, Peak string
}

// promises is how the SLOs of the input stand.
func (in Input) promises() SLOStatus {
	return SLOStatus{At: in.SLOsAt, Groups: in.SLOs, Unknown: in.UnknownSLOs}
}

func newPromisesView(in Input) promisesView {
	all := in.promises().byAttention()
	if len(all) == 0 {
		return promisesView{}
	}
	shown := all[:min(promisesShown, len(all))]
	v := promisesView{Intro: promisesIntro(in, all), AtRisk: atRisk(all), More: morePromises(all[len(shown):])}
	shares, floor := trafficShares(all), budgetFloor(shown)
	for i, g := range shown {
		v.Rows = append(v.Rows, newPromiseView(g, shares[i], floor))
	}
	v.Caption = fmt.Sprintf("The %d of %s that need attention most", len(shown), plural(len(all), "promise"))
	if len(shown) == len(all) {
		v.Caption = "What needs attention first"
	}
	v.takeLosses(in, all)
	return v
}

func newPromiseView(g SLOGroup, share slo.Figure, floor float64) promiseView {
	st := g.Status
	v := promiseView{
		Name: newText(g.SLO.ID(), nameLimit), Objective: percentText(g.SLO.Objective), Window: windowText(g.SLO.Window),
		Left: figureText(st.BudgetRemaining, budgetText), Bar: newBudgetBar(st.BudgetRemaining, floor), Strip: newBurnDownStrip(g, floor),
		Errors: figureText(st.ErrorRatio, errorText), Share: "–",
		BurnHour: figureText(st.Burn[time.Hour], burnText), BurnSix: figureText(st.Burn[6*time.Hour], burnText),
		GoneIn: g.exhaustionText(), Coverage: percent(st.Tally.Coverage()),
		Note: newText(strings.Join(st.Source, "; "), titleLimit),
	}
	if !g.Group.IsEmpty() {
		v.Group = labelsText(g.Group, "")
	}
	if share.Known {
		v.Share = percent(share.Value)
	}
	if g.state() == stateRunningOut {
		v.GoneIn, v.Between = lasting(st.Exhaustion.Best), between(st.Exhaustion)
	}
	v.Verdict, v.Says = g.verdict()
	return v
}

// verdict is the mark and the words for how a promise stands.
func (g SLOGroup) verdict() (mark, says string) {
	switch g.state() {
	case stateOverspent:
		return "over", "overspent"
	case stateRunningOut:
		return "risk", "runs out"
	case stateKept:
		return "good", "kept"
	case stateUnknown:
	}
	if g.Status.Tally.Covered > 0 {
		return "unknown", "no events"
	}
	return "unknown", "no data"
}

// trafficShares are the shares of all events, in the order of the groups. They
// are taken of rates, since windows differ in length, and of SLIs that count
// requests or the like only: samples of a probe, slices of time and steps of a
// ratio are no traffic.
func trafficShares(groups []SLOGroup) []slo.Figure {
	out, all := make([]slo.Figure, len(groups)), 0.0
	for i, g := range groups {
		switch g.SLO.SLI.(type) {
		case slo.Events, slo.Latency:
			if t := g.Status.Tally; t.Covered > 0 {
				out[i] = slo.Figure{Value: t.Total / t.Covered.Seconds(), Known: true}
				all += out[i].Value
			}
		}
	}
	for i := range out {
		out[i].Known = out[i].Known && all > 0
		if out[i].Known {
			out[i].Value /= all
		}
	}
	return out
}

// morePromises sums up the rows that the table leaves out.
func morePromises(rest []SLOGroup) string {
	if len(rest) == 0 {
		return ""
	}
	n := countStates(rest)
	return fmt.Sprintf("Not shown: %s; %s. All are in the JSON.", plural(len(rest), "more promise"), n.text())
}

// takeLosses fills the table of loss incidents, the costliest first.
func (v *promisesView) takeLosses(in Input, all []SLOGroup) {
	type lost struct {
		slo.Loss
		group SLOGroup
	}
	var losses []lost
	recent := 0
	for _, g := range all {
		for _, l := range g.Losses {
			losses = append(losses, lost{l, g})
			if l.Overlaps(in.Current.Window) {
				recent++
			}
		}
	}
	slices.SortStableFunc(losses, func(a, b lost) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), a.From.Compare(b.From))
	})
	v.LossIntro = lossIntro(in, len(losses), recent)
	if len(losses) > 0 && !slices.ContainsFunc(losses, func(l lost) bool { return !in.judges(l.ID) }) {
		v.LossIntro += " They are below, under What really happened, with what told of them."
		return
	}
	for _, l := range losses[:min(lossesShown, len(losses))] {
		row := lossView{
			Name: newText(l.group.SLO.ID(), nameLimit), From: minute(l.From), Lasted: span(l.Duration()),
			Burned: percent(l.Share), Peak: burnText(l.Peak),
		}
		if !l.group.Group.IsEmpty() {
			row.Group = labelsText(l.group.Group, "")
		}
		v.Losses = append(v.Losses, row)
	}
	v.LossCaption = "Loss incidents, the costliest first"
	if rest := losses[len(v.Losses):]; len(rest) > 0 {
		v.LossCaption = fmt.Sprintf("The %d costliest of %s", len(v.Losses), plural(len(losses), "loss incident"))
		v.LossMore = fmt.Sprintf("Not shown: %s, none of which burned more than %s of its budget. All are in the JSON.",
			plural(len(rest), "more loss incident"), percent(rest[0].Share))
	}
}
