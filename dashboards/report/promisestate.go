package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/slo"
)

// promiseState is how a promise stands, in the order of the attention it needs.
type promiseState int

const (
	stateOverspent  promiseState = iota // no budget is left
	stateRunningOut                     // it will be gone within the window if errors go on
	stateUnknown                        // nothing was counted
	stateKept
)

// state never takes what is unknown for kept.
func (g SLOGroup) state() promiseState {
	st := g.Status
	switch {
	case !st.BudgetRemaining.Known:
		return stateUnknown
	case st.BudgetRemaining.Value <= 0:
		return stateOverspent
	case g.runsOut():
		return stateRunningOut
	}
	return stateKept
}

// runsOut tells whether the budget will be gone within the window if errors go
// on.
func (g SLOGroup) runsOut() bool {
	return !g.Status.Exhaustion.Gone && g.Status.Exhaustion.Best.Known
}

// runsOutOrNull is nil where nothing can be foretold; a budget that is gone has
// run out.
func (g SLOGroup) runsOutOrNull() *bool {
	switch {
	case g.Status.Exhaustion.Gone:
		return new(true)
	case !foretold(g.Status):
		return nil
	}
	return new(g.runsOut())
}

// foretold tells whether the time that a forecast stands on shows any event.
func foretold(st slo.Status) bool {
	return st.BudgetRemaining.Known && st.Exhaustion.Known
}

// name is the SLO and its group, for a line of text.
func (g SLOGroup) name() string {
	name := clean(g.SLO.ID(), nameLimit)
	if !g.Group.IsEmpty() {
		name += " " + clean(g.Group.String(), nameLimit)
	}
	return name
}

// all is the groups, and those SLOs as a group of which nothing is known.
func (s SLOStatus) all() []SLOGroup {
	out := slices.Clone(s.Groups)
	for _, u := range s.Unknown {
		out = append(out, SLOGroup{SLO: u, Status: slo.Status{At: s.At}})
	}
	return out
}

// byName is all groups by service and name, groups of one SLO in their order.
func (s SLOStatus) byName() []SLOGroup {
	out := s.all()
	slices.SortStableFunc(out, func(a, b SLOGroup) int {
		return cmp.Or(strings.Compare(a.SLO.Service, b.SLO.Service), strings.Compare(a.SLO.Name, b.SLO.Name))
	})
	return out
}

// byAttention is all groups, those that need attention most first: what is
// overspent by how much, what runs out by how soon, what is unknown, and the rest
// by how little is left.
func (s SLOStatus) byAttention() []SLOGroup {
	out := s.byName()
	slices.SortStableFunc(out, func(a, b SLOGroup) int {
		state := a.state()
		if d := cmp.Compare(state, b.state()); d != 0 {
			return d
		}
		if state == stateRunningOut {
			return cmp.Compare(a.Status.Exhaustion.Best.Value, b.Status.Exhaustion.Best.Value)
		}
		return cmp.Compare(a.Status.BudgetRemaining.Value, b.Status.BudgetRemaining.Value)
	})
	return out
}

func figureText(f slo.Figure, text func(float64) string) string {
	if !f.Known {
		return unknown
	}
	return text(f.Value)
}

// percentText keeps as many digits as an objective has, up to five.
func percentText(v float64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.5f", v*100), "0"), ".") + "%"
}

// errorText writes a ratio of errors with three digits that count: 0.0613%.
func errorText(v float64) string {
	p := v * 100
	switch {
	case p == 0:
		return "0%"
	case p < 0.0001:
		return "<0.0001%"
	}
	decimals := max(0, 2-int(math.Floor(math.Log10(p))))
	text := strconv.FormatFloat(p, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + "%"
}

// budgetText writes the share of a budget that is left, below zero where it is
// overspent.
func budgetText(v float64) string {
	switch p := math.Abs(v * 100); {
	case v >= 0:
		return percent(v)
	case p < 0.1:
		return "<0%"
	case p < 99.95:
		return "−" + strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + "%"
	}
	return "−" + count(int(min(-v*100+0.5, 1e9))) + "%"
}

// burnText writes a burn rate; one that is not 0 is not written as 0.
func burnText(v float64) string {
	if v > 0 && v < 0.01 {
		return "<0.01"
	}
	return figure(v)
}

func windowText(w slo.Window) string {
	if w.Calendar != "" {
		return "this " + string(w.Calendar)
	}
	return model.Duration(w.Rolling).String()
}

// exhaustionText says when the budget is gone, in one cell.
func (g SLOGroup) exhaustionText() string {
	st := g.Status
	switch {
	case !st.BudgetRemaining.Known:
		return unknown
	case st.Exhaustion.Gone:
		return "gone"
	case !foretold(st):
		return unknown
	case !g.runsOut():
		return "not in this window"
	}
	return lasting(st.Exhaustion.Best) + " (" + between(st.Exhaustion) + ")"
}

// between is the 95% interval of an exhaustion.
func between(e slo.Exhaustion) string {
	if !e.High.Known {
		return lasting(e.Low) + " or longer"
	}
	return lasting(e.Low) + " to " + lasting(e.High)
}

func lasting(f slo.Figure) string {
	return figureText(f, func(v float64) string { return span(inSeconds(v)) })
}

// inSeconds keeps far within what a duration can hold.
func inSeconds(v float64) time.Duration {
	return time.Duration(min(v, 1e9) * float64(time.Second)).Round(time.Second)
}
