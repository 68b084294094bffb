package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
)

// backtestView is a backtest in words, before any format escapes them.
type backtestView struct {
	Headline string
	Diffs    string   // how many rules were added and so on
	About    []string // sentences
	Totals   []comparedRow
	Rules    []ruleView
	Lost     []string
	Gained   []string
	Later    []string
	Left     []string
	Check    []string
	Notes    []string
}

// comparedRow is one figure on both sides.
type comparedRow struct{ Name, Before, After, Change string }

// ruleView is one rule on both sides.
type ruleView struct {
	Diff, Name, Where, What                   string
	Episodes, Outside, Caught, Detection      string
	Firing, Notifications, Pages, LostByItOwn string
}

func viewOf(b *pipeline.Backtest) backtestView {
	v := backtestView{Headline: headline(b), Totals: totals(b), Notes: b.Notes}
	v.Diffs = diffs(b)
	v.About = []string{
		fmt.Sprintf("%s, %s to %s (%s).", b.Source, b.Window.From.Format(time.RFC3339), b.Window.To.Format(time.RFC3339), short(b.Window.Duration())),
		fmt.Sprintf("%s replayed before, %d after: %s.", counted(b.Before.Rules, "rule"), b.After.Rules, v.Diffs),
	}
	if !b.RoutesKnown {
		v.About = append(v.About, "No Alertmanager configuration is known: notifications assume one receiver and grouping by alertname, and nothing pages.")
	}
	for _, r := range byEffect(b.Rules) {
		v.Rules = append(v.Rules, viewOfRule(b, r))
	}
	if b.Unchanged[0].Rules > 0 {
		v.Rules = append(v.Rules, unchangedView(b))
	}
	for _, i := range b.Lost {
		v.Lost = append(v.Lost, fmt.Sprintf("%s: caught after %s by %s", incidentText(i.Incident), after(i.Incident, i.Before), few(i.Rules)))
	}
	for _, i := range b.Gained {
		v.Gained = append(v.Gained, fmt.Sprintf("%s: caught after %s by %s", incidentText(i.Incident), after(i.Incident, i.After), few(i.Rules)))
	}
	for _, i := range b.Later {
		v.Later = append(v.Later, fmt.Sprintf("%s: caught after %s, so far after %s by %s",
			incidentText(i.Incident), after(i.Incident, i.After), after(i.Incident, i.Before), few(i.Rules)))
	}
	for _, l := range b.Left {
		side := "as it is in force"
		if l.Proposed {
			side = "as it is proposed"
		}
		v.Left = append(v.Left, fmt.Sprintf("%s (%s), %s, can't be replayed: %s", l.Rule.Name, where(&l.Rule), side, l.Why))
	}
	v.Check = checkText(b.Check)
	return v
}

// effect is by how many episodes a rule differs.
func effect(r pipeline.RuleBacktest) int {
	n := 0
	if r.Before != nil {
		n -= r.Before.Episodes
	}
	if r.After != nil {
		n += r.After.Episodes
	}
	return max(n, -n)
}

// byEffect puts, of rules of which the same became, those first that make the
// largest difference.
func byEffect(rules []pipeline.RuleBacktest) []pipeline.RuleBacktest {
	out := slices.Clone(rules)
	for from := 0; from < len(out); {
		to := from + 1
		for to < len(out) && out[to].Diff == out[from].Diff {
			to++
		}
		slices.SortStableFunc(out[from:to], func(a, b pipeline.RuleBacktest) int { return effect(b) - effect(a) })
		from = to
	}
	return out
}

// headline is the answer in one sentence.
func headline(b *pipeline.Backtest) string {
	var parts []string
	if b.TruthKnown {
		switch {
		case b.Before.Caught.Of == 0:
			parts = append(parts, "there was no incident in the window")
		case len(b.Lost) > 0:
			parts = append(parts, fmt.Sprintf("%d of %s would be lost", len(b.Lost), counted(b.Before.Caught.Count, "caught incident")))
		default:
			parts = append(parts, fmt.Sprintf("no incident would be lost (%s caught so far)", share(b.Before.Caught)))
		}
		if len(b.Later) > 0 {
			parts = append(parts, fmt.Sprintf("%d caught too late", len(b.Later)))
		}
		parts = append(parts, fmt.Sprintf("%d → %d episodes outside incidents%s",
			b.Before.Outside.Count, b.After.Outside.Count, inBrackets(percent(b.Before.Outside.Count, b.After.Outside.Count))))
	} else {
		parts = append(parts, fmt.Sprintf("%d → %d episodes%s; without incidents nobody can say whether that is good",
			b.Before.Episodes, b.After.Episodes, inBrackets(percent(b.Before.Episodes, b.After.Episodes))))
	}
	text := strings.Join(parts, "; ")
	if len(b.Left) > 0 {
		text += fmt.Sprintf("; %s could not be replayed", counted(len(b.Left), "rule"))
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

// diffs counts what became of the rules.
func diffs(b *pipeline.Backtest) string {
	n := map[pipeline.RuleDiff]int{}
	for _, r := range b.Rules {
		n[r.Diff]++
	}
	return fmt.Sprintf("%d added, %d removed, %d changed, %d unchanged",
		n[pipeline.RuleAdded], n[pipeline.RuleRemoved], n[pipeline.RuleChanged], b.Unchanged[0].Rules)
}

// totals is every figure of all rules.
func totals(b *pipeline.Backtest) []comparedRow {
	x, y := &b.Before, &b.After
	out := []comparedRow{{"Alert episodes that began", strconv.Itoa(x.Episodes), strconv.Itoa(y.Episodes), percent(x.Episodes, y.Episodes)}}
	if b.TruthKnown {
		out = append(out,
			comparedRow{"Outside incidents, of those judged", share(x.Outside), share(y.Outside), percent(x.Outside.Count, y.Outside.Count)},
			comparedRow{"Not judged", strconv.Itoa(x.Unjudged), strconv.Itoa(y.Unjudged), percent(x.Unjudged, y.Unjudged)},
			comparedRow{"Incidents caught at onset", share(x.Caught), share(y.Caught), signed(y.Caught.Count - x.Caught.Count)},
			comparedRow{"Detection, median", spreadText(x.Detection, false), spreadText(y.Detection, false), later(x.Detection.Median, y.Detection.Median)},
			comparedRow{"Detection, 95th percentile", spreadText(x.Detection, true), spreadText(y.Detection, true), later(x.Detection.P95, y.Detection.P95)},
		)
	}
	out = append(out,
		comparedRow{"Firing time", short(x.Firing), short(y.Firing), change(x.Firing.Seconds(), y.Firing.Seconds())},
		comparedRow{"Notifications a week", rate(x.Notifications), rate(y.Notifications), change(x.Notifications, y.Notifications)},
	)
	if b.RoutesKnown {
		out = append(out, comparedRow{"Pages a week", rate(x.Pages), rate(y.Pages), change(x.Pages, y.Pages)})
	}
	return out
}

// viewOfRule is one rule in words.
func viewOfRule(b *pipeline.Backtest, r pipeline.RuleBacktest) ruleView {
	rule := r.Rule()
	v := pairView(b, r.Before, r.After)
	v.Diff, v.Name, v.Where, v.What = string(r.Diff), rule.Name, where(&rule), whatChanged(r)
	if len(r.Lost) > 0 {
		v.LostByItOwn = fmt.Sprintf("it no longer catches %s", few(r.Lost))
	}
	return v
}

// unchangedView is the sum of what did not change.
func unchangedView(b *pipeline.Backtest) ruleView {
	v := pairView(b, &b.Unchanged[0], &b.Unchanged[1])
	v.Diff, v.Name = string(pipeline.RuleUnchanged), counted(b.Unchanged[0].Rules, "rule")
	return v
}

// pairView is the figures of one row; a side that is nil is shown as a dash.
func pairView(b *pipeline.Backtest, x, y *pipeline.Figures) ruleView {
	arrow := func(of func(*pipeline.Figures) string) string {
		side := func(f *pipeline.Figures) string {
			if f == nil {
				return "–"
			}
			return of(f)
		}
		was, is := side(x), side(y)
		if was == is {
			return was
		}
		return was + " → " + is
	}
	v := ruleView{
		Episodes:      arrow(func(f *pipeline.Figures) string { return strconv.Itoa(f.Episodes) }),
		Firing:        arrow(func(f *pipeline.Figures) string { return short(f.Firing) }),
		Notifications: arrow(func(f *pipeline.Figures) string { return rate(f.Notifications) }),
	}
	if b.TruthKnown {
		v.Outside = arrow(func(f *pipeline.Figures) string { return share(f.Outside) })
		v.Caught = arrow(func(f *pipeline.Figures) string { return share(f.Caught) })
		v.Detection = arrow(func(f *pipeline.Figures) string {
			if !f.Detection.Known() {
				return "–"
			}
			return short(f.Detection.Median) + " / " + short(f.Detection.P95)
		})
	}
	if b.RoutesKnown {
		v.Pages = arrow(func(f *pipeline.Figures) string { return rate(f.Pages) })
	}
	return v
}

// whatChanged names the fields of a rule that differ.
func whatChanged(r pipeline.RuleBacktest) string {
	if r.Old == nil || r.New == nil {
		return ""
	}
	var out []string
	arrow := func(name string, old, now time.Duration) {
		if old != now {
			out = append(out, fmt.Sprintf("%s %s → %s", name, short(old), short(now)))
		}
	}
	arrow("for", r.Old.For, r.New.For)
	arrow("keep_firing_for", r.Old.KeepFiringFor, r.New.KeepFiringFor)
	arrow("interval", r.Old.Interval, r.New.Interval)
	if strings.TrimSpace(r.Old.Expr) != strings.TrimSpace(r.New.Expr) {
		out = append(out, fmt.Sprintf("expr %s → %s", oneLine(r.Old.Expr, 200), oneLine(r.New.Expr, 200)))
	}
	if old, now := r.Old.Labels.String(), r.New.Labels.String(); old != now {
		out = append(out, fmt.Sprintf("labels %s → %s", oneLine(old, 200), oneLine(now, 200)))
	}
	return strings.Join(out, "; ")
}

// checkText says how well the replay gives what was recorded.
func checkText(c pipeline.Reproduction) []string {
	if !c.All.Known() {
		return []string{"No recorded episode to hold the replay against."}
	}
	out := []string{fmt.Sprintf("Of %d episodes that were recorded of the rules in force the replay gives %d (%.1f%%), to the evaluation.",
		c.All.Of, c.All.Count, 100*c.All.Ratio())}
	for _, r := range c.Rules {
		if r.Reproduced.Count == r.Reproduced.Of && r.Extra == 0 {
			continue
		}
		text := fmt.Sprintf("%s: %s reproduced, %d more that were not recorded", r.Name, share(r.Reproduced), r.Extra)
		if r.Templated {
			text += "; a label is filled in from a template, which the replay leaves out"
		}
		out = append(out, text)
	}
	return out
}
