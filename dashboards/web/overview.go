package web

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/slo"
)

// overviewView is what matters at a glance.
type overviewView struct {
	Lede  string
	Cards []card
	Tasks []task
	More  string // of the tasks
	Chart chartView

	SLOs, Rules, Incidents table
}

// card is one figure in large.
type card struct {
	Label, Value, Basis string
	Href                string
	Mark, Says          string
}

// task is something to do.
type task struct {
	Verb  string
	Name  text
	Href  string
	Why   text
	Saves string
}

// chartView is starts over time with incidents behind.
type chartView struct {
	Strip stripView
	Ticks []tick
	Scale string
}

const (
	tasksShown    = 5
	promisesShown = 8
	rowsShown     = 6
)

func (s *server) overview(req *request) (answer, error) {
	snap := req.snap
	if req.format == formatJSON {
		return jsonAnswer(overviewDocument{"burnish/overview/v1", snap.overviewFigures(), snap.doc.Summary}), nil
	}
	slos, rules, incidents := snap.sloList().only("slo", "attention", "budget_remaining_ratio", "course", "burn_1h", "gone_in_seconds"), snap.ruleList(), snap.incidentList()
	v := overviewView{
		Lede: snap.lede(), Cards: snap.cards(), Tasks: snap.tasks(), Chart: snap.chart(),
		SLOs:      slos.excerpt(slos.pick(snap.slos, selection{sort: slos.order}), promisesShown, selection{}),
		Rules:     rules.excerpt(rules.pick(snap.rules, selection{sort: rules.order}), rowsShown, selection{}),
		Incidents: incidents.excerpt(snap.incidents, rowsShown, selection{}),
	}
	if n := len(snap.decisions); n > tasksShown {
		v.More = "All " + report.PluralText(n, "decision")
	}
	return s.page(req, "overview", "Overview", v), nil
}

// states counts the SLOs by state.
func (s *Snapshot) states() map[string]int {
	out := map[string]int{stateGone: 0, stateRunsOut: 0, stateUnknown: 0, stateKept: 0}
	for _, r := range s.slos {
		out[r.State]++
	}
	return out
}

func (s *Snapshot) untold() int {
	n := 0
	for _, i := range s.incidents {
		if i.Told != nil && !*i.Told {
			n++
		}
	}
	return n
}

// lede is the state of affairs in a sentence.
func (s *Snapshot) lede() string {
	n := s.states()
	of := report.PluralText(len(s.slos), "promise")
	switch {
	case len(s.slos) == 0:
		return "No promise is written down, so nobody can say whether one is kept."
	case n[stateGone] > 0 && n[stateRunsOut] > 0:
		return fmt.Sprintf("%d of %s %s no budget left, and %d will run out.", n[stateGone], of, have(n[stateGone]), n[stateRunsOut])
	case n[stateGone] > 0:
		return fmt.Sprintf("%d of %s %s no budget left.", n[stateGone], of, have(n[stateGone]))
	case n[stateRunsOut] > 0:
		return fmt.Sprintf("%d of %s will run out of budget if errors go on as now.", n[stateRunsOut], of)
	case n[stateUnknown] > 0:
		return fmt.Sprintf("Of %s, %d can’t be told; the others are kept.", of, n[stateUnknown])
	}
	return "All promises are kept, and none is about to be broken."
}

func have(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// cards are the four figures that tell most.
func (s *Snapshot) cards() []card {
	sum := &s.doc.Summary
	days := s.doc.To.Sub(s.doc.From).Hours() / 24
	n := s.states()
	promises := card{Label: "Promises kept", Href: "/slos", Value: dash, Basis: "no objective is known"}
	if len(s.slos) > 0 {
		promises.Value = fmt.Sprintf("%d of %d", n[stateKept]+n[stateRunsOut], len(s.slos))
		promises.Basis = fmt.Sprintf("%d spent, %d will run out, %d unknown", n[stateGone], n[stateRunsOut], n[stateUnknown])
		promises.Mark, promises.Says = "good", "all kept"
		if n[stateGone] > 0 {
			promises.Mark, promises.Says = "over", report.PluralText(n[stateGone], "promise")+" broken"
		} else if n[stateRunsOut]+n[stateUnknown] > 0 {
			promises.Mark, promises.Says = "risk", "needs a look"
		}
	}
	alerts := card{Label: "Alerts a day", Href: "/rules", Value: report.FigureText(tenth(float64(sum.Episodes) / max(days, 1e-9)))}
	alerts.Basis = fmt.Sprintf("%s of %s", report.PluralText(sum.Episodes, "start"), report.PluralText(sum.RulesFired, "rule"))
	return []card{promises, alerts, s.rightCard(), s.untoldCard()}
}

// rightCard is the share of alerts that were about an incident, over all rules
// that can be judged.
func (s *Snapshot) rightCard() card {
	all := slo.Proportion{}
	for _, r := range s.rules {
		if r.Precision != nil {
			all.Count, all.Of = all.Count+r.Precision.Count, all.Of+r.Precision.Of
		}
	}
	c := card{Label: "Right alerts", Value: dash, Basis: "what really happened is not known", Href: "/rules?sort=precision_ratio"}
	if v := newShare(&all); v.Known {
		c.Value, c.Basis = v.Share, v.Of+" that can be judged were about an incident"
	}
	return c
}

func (s *Snapshot) untoldCard() card {
	c := card{Label: "Incidents nobody was told of", Href: "/incidents?told=nobody+told", Value: dash, Basis: "what really happened is not known"}
	if !s.judgement.Known {
		return c
	}
	n := s.untold()
	c.Value, c.Basis = fmt.Sprintf("%d of %d", n, len(s.incidents)), "incidents, "+report.CountText(len(s.incidents)-n)+" were told of"
	c.Mark, c.Says = "good", "all told"
	if n > 0 {
		c.Mark, c.Says = "over", "some went unseen"
	}
	return c
}

// tasks are the decisions that would save most, and what is broken.
func (s *Snapshot) tasks() []task {
	rows := slices.Clone(s.decisions)
	slices.SortStableFunc(rows, func(a, b decisionRow) int { return cmp.Compare(deref(b.Saves), deref(a.Saves)) })
	var out []task
	for _, d := range rows[:min(len(rows), tasksShown)] {
		t := task{Verb: string(d.Verb), Name: newText(d.Rule), Href: d.URL, Why: lineText(d.Why)}
		if d.Saves != nil && *d.Saves > 0 {
			t.Saves = report.FigureText(tenth(*d.Saves))
		}
		out = append(out, t)
	}
	return out
}

// chart draws all starts of the window with the incidents behind them.
func (s *Snapshot) chart() chartView {
	a := s.axis()
	starts := s.doc.Summary.Timeline.Starts
	most := slices.Max(append([]int{0}, starts...))
	step := secondsText(s.doc.Summary.Timeline.Step)
	out := chartView{Ticks: a.ticks(), Scale: fmt.Sprintf("tallest bar: %s in %s", report.PluralText(most, "start"), step)}
	out.Strip = stripView{Height: 120, Bars: bars(starts, 120), Bands: a.spans(s.losses(), 0, 120)}
	out.Strip.Title = fmt.Sprintf("Alert starts in each %s of the window with %s behind; %s; %s in all",
		step, report.PluralText(len(s.incidents), "incident"), out.Scale, report.PluralText(s.doc.Summary.Episodes, "start"))
	return out
}

// losses are the times of all incidents, in order.
func (s *Snapshot) losses() []slo.Interval {
	out := make([]slo.Interval, 0, len(s.incidents))
	for _, i := range s.incidents {
		out = append(out, slo.Interval{From: i.From, To: i.To})
	}
	slices.SortFunc(out, func(a, b slo.Interval) int { return a.From.Compare(b.From) })
	return out
}
