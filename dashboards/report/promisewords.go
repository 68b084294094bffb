package report

import (
	"fmt"
	"strings"

	"github.com/burnish-sre/burnish/slo"
)

// states counts promises by how they stand.
type states [stateKept + 1]int

func countStates(groups []SLOGroup) states {
	var n states
	for _, g := range groups {
		n[g.state()]++
	}
	return n
}

// text lists what there is, as "1 overspent, 5 kept".
func (n states) text() string {
	var parts []string
	for _, p := range []struct {
		state promiseState
		says  string
	}{
		{stateOverspent, "overspent"},
		{stateRunningOut, "running out"},
		{stateUnknown, "unknown for lack of events"},
		{stateKept, "kept"},
	} {
		if n[p.state] > 0 {
			parts = append(parts, count(n[p.state])+" "+p.says)
		}
	}
	return strings.Join(parts, ", ")
}

// promiseSentence is the SLOs in a sentence; empty where there are none.
func promiseSentence(in Input) string {
	all := in.promises().byAttention()
	if len(all) == 0 {
		return ""
	}
	n := countStates(all)
	var parts []string
	if n[stateOverspent] > 0 {
		parts = append(parts, fmt.Sprintf("%s overspent (%s)", areCount(n[stateOverspent]), namedOf(all, stateOverspent, leftOf)))
	}
	if n[stateRunningOut] > 0 {
		parts = append(parts, fmt.Sprintf("%s running out (%s)", areCount(n[stateRunningOut]), namedOf(all, stateRunningOut, goneInOf)))
	}
	if n[stateUnknown] > 0 {
		parts = append(parts, areCount(n[stateUnknown])+" unknown for lack of events")
	}
	if n[stateKept] > 0 {
		parts = append(parts, areCount(n[stateKept])+" kept")
	}
	return "Of " + promisesCounted(in, len(all)) + ", " + joined(parts) + "."
}

// areCount begins a clause on so many: 1 is, 5 are.
func areCount(n int) string {
	if n == 1 {
		return "1 is"
	}
	return count(n) + " are"
}

// promisesCounted is the number of promises; where SLOs are kept apart by groups
// it says of how many.
func promisesCounted(in Input, n int) string {
	ids := map[string]bool{}
	for _, g := range in.promises().all() {
		ids[g.SLO.ID()] = true
	}
	if len(ids) == n {
		return plural(n, "promise")
	}
	return fmt.Sprintf("%s (the groups of %s)", plural(n, "promise"), plural(len(ids), "SLO"))
}

func leftOf(g SLOGroup) string {
	return g.name() + ", " + budgetText(g.Status.BudgetRemaining.Value) + " left"
}

func goneInOf(g SLOGroup) string { return g.name() + " in " + lasting(g.Status.Exhaustion.Best) }

func goneBetweenOf(g SLOGroup) string {
	return goneInOf(g) + " (" + between(g.Status.Exhaustion) + ")"
}

// namedOf names the first promises that stand like that.
func namedOf(all []SLOGroup, state promiseState, name func(SLOGroup) string) string {
	var names []string
	n := 0
	for _, g := range all {
		if g.state() != state {
			continue
		}
		if n++; n <= namesShown {
			names = append(names, name(g))
		}
	}
	if n > namesShown {
		names = append(names, count(n-namesShown)+" more")
	}
	return strings.Join(names, "; ")
}

// joined is a list in a sentence: a, b and c.
func joined(parts []string) string {
	if len(parts) < 2 {
		return strings.Join(parts, "")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func promisesIntro(in Input, all []SLOGroup) string {
	out := capital(promisesCounted(in, len(all))) + ": " + countStates(all).text() + "."
	if !in.SLOsAt.IsZero() {
		out += " Each budget is that of the SLO’s own window, as of " + minute(in.SLOsAt) + "."
	}
	return out
}

// atRisk says what will run out next, what can't be foretold, and what is gone.
func atRisk(all []SLOGroup) []string {
	n := countStates(all)
	left, blind := n[stateRunningOut]+n[stateKept], 0
	basis := "the last hours"
	for _, g := range all {
		if !g.Status.BudgetRemaining.Known || g.Status.Exhaustion.Gone {
			continue
		}
		basis = "the last " + span(g.Status.Exhaustion.Basis)
		if !foretold(g.Status) {
			blind++
		}
	}
	var out []string
	switch {
	case n[stateRunningOut] > 0:
		out = append(out, "If errors go on as in "+basis+", these run out of budget within their window: "+
			namedOf(all, stateRunningOut, goneBetweenOf)+".")
	case left > blind:
		out = append(out, "If errors go on as in "+basis+", "+noneOf(left-blind)+" run out of budget within its window.")
	}
	if unforetold := blind + n[stateUnknown]; unforetold > 0 {
		out = append(out, fmt.Sprintf("Of %s nothing can be foretold: there were no events to go by.", plural(unforetold, "promise")))
	}
	if n[stateOverspent] > 0 {
		out = append(out, "Overspent already: "+namedOf(all, stateOverspent, leftOf)+".")
	}
	return out
}

func noneOf(n int) string {
	if n == 1 {
		return "the one promise that can be foretold will not"
	}
	return fmt.Sprintf("none of the %s that can be foretold will", plural(n, "promise"))
}

func lossIntro(in Input, n, recent int) string {
	what := "A loss incident is a stretch in which errors came faster than the objective allows and that cost 1% of the window’s budget or more."
	if n == 0 {
		return what + " There was none."
	}
	return fmt.Sprintf("%s There %s, %s of them within the report’s %s.", what, wasCount(n, "loss incident"), count(recent), length(in.Current.Window))
}

// promisesFact says how the events were counted.
func promisesFact(groups []SLOGroup) fact {
	exact := slo.Proportion{Of: len(groups)}
	for _, g := range groups {
		if g.Exact {
			exact.Count++
		}
	}
	return fact{
		"Promises", of(exact) + " counted from raw samples",
		"Raw samples give every event that the counters show. Others are counted by increase() over 5-minute steps, which estimates.",
	}
}

func promiseDefinitions(given bool) []definition {
	if !given {
		return nil
	}
	return []definition{
		{"Budget left", "The share of the bad events that the objective allows, of all events of the window, that has not come. Below 0 it is overspent. Each event weighs the same, by day and by night.", "Google, The Site Reliability Workbook, chapter 2"},
		{"Burn rate", "The ratio of errors in budgets: 1 spends exactly the budget over the window.", "the same, chapter 5"},
		{"Gone in", "How long the budget lasts if errors go on as in the last 6 h, with a 95% interval by the count of events and without credit for old errors that leave a rolling window meanwhile. A promise runs out if its budget would be gone within the window even with that credit.", "interval: Wilson 1927"},
		{"Traffic", "The share in the events of all promises that count requests or the like. Events that two promises count are in both.", ""},
		{"Coverage", "The share of the window in which the events were watched. The rest is unknown, and counts as neither good nor bad.", ""},
	}
}
