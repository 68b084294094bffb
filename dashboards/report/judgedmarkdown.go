package report

import (
	"fmt"
	"slices"
	"strings"
)

// plan writes what to do first.
func (m markdown) plan(rows []firstRow) {
	if len(rows) == 0 {
		return
	}
	m.heading("Do first")
	for _, r := range rows {
		fmt.Fprintf(m.w, "- **%s** %s", escape(r.Verb), escape(r.Of))
		if r.Saves != "" {
			fmt.Fprintf(m.w, ", %s", escape(r.Saves))
		}
		fmt.Fprintln(m.w)
		for _, n := range r.Reasons {
			fmt.Fprintf(m.w, "  - **%s**%s %s\n", escape(n.Name.Shown), n.Lead, escape(n.Why.Shown))
		}
		var names []string
		for _, n := range r.Names {
			names = append(names, n.Name.Shown)
		}
		if r.More != "" {
			names = append(names, r.More)
		}
		if len(names) > 0 {
			fmt.Fprintf(m.w, "  - %s\n", escape(strings.Join(names, ", ")))
		}
	}
	fmt.Fprintln(m.w)
}

func (m markdown) changes(v *changesView) {
	if v.Intro == "" {
		return
	}
	m.heading("What to change first")
	m.paragraph(v.Intro)
	for _, c := range v.Rows {
		m.change(&c)
	}
	if len(v.Rows) > 0 {
		fmt.Fprintln(m.w)
	}
	if len(v.Rest) > 0 {
		m.paragraph(v.More + " " + counted(v.Rest) + ".")
	}
}

func (m markdown) change(c *changeView) {
	head := c.Name.Shown
	if c.Severity.Shown != "" {
		head += " (" + c.Severity.Shown + ")"
	}
	fmt.Fprintf(m.w, "%d. **%s**, %s", c.Rank, escape(head), escape(c.Kind))
	if c.Gain != "" {
		fmt.Fprintf(m.w, ", %s %s", escape(c.Gain), escape(c.Unit))
	} else {
		fmt.Fprintf(m.w, ", %s", escape(c.Unit))
	}
	fmt.Fprintf(m.w, ". %s ", escape(c.Title.Shown))
	if c.Decided.Shown != "" {
		fmt.Fprintf(m.w, "%s ", escape(c.Decided.Shown))
	}
	if c.Verb != "" {
		fmt.Fprintf(m.w, "**%s.** ", escape(c.Verb))
	}
	fmt.Fprintf(m.w, "**%s**", escape(c.Advice.Shown))
	if c.Else.Shown != "" {
		fmt.Fprintf(m.w, " If it has to stay: %s", escape(c.Else.Shown))
	}
	var evidence []string
	for _, e := range c.Evidence {
		evidence = append(evidence, e.Name.Shown+" "+e.Value.Shown)
	}
	if len(evidence) > 0 {
		fmt.Fprintf(m.w, " Evidence: %s.", escape(strings.Join(evidence, "; ")))
	}
	fmt.Fprintf(m.w, " %s: %s", escape(orDash(c.Confidence)), escape(c.Why.Shown))
	if c.Place.Shown != "" {
		fmt.Fprintf(m.w, " (%s)", escape(c.Place.Shown))
	}
	if len(c.Also) > 0 {
		fmt.Fprintf(m.w, " Also: %s.", escape(strings.Join(c.Also, ", ")))
	}
	if c.ExampleLead != "" {
		fmt.Fprintf(m.w, " Example: %s", escape(strings.TrimPrefix(c.Example.Shown+", "+c.ExampleLead, ", ")+"."))
	}
	fmt.Fprintln(m.w)
}

func (m markdown) advice(v *adviceView) {
	if v.Title == "" {
		return
	}
	m.heading(v.Title)
	m.paragraph(v.Intro)
	if len(v.Rows) > 0 {
		var rows [][]string
		for _, r := range v.Rows {
			rows = append(rows, []string{r.Name.Shown, r.Advised, r.Says, r.Promised, r.Before, r.Now})
		}
		m.table([]string{"Rule or SLO", "Advised", "What became of it", "Promised fewer a week:", "A week then:", "A week now:"}, rows)
		m.paragraph("Counted in " + v.Unit + ".")
	}
	m.paragraph(v.More)
}

// counted lists texts with their counts.
func counted(all []countedText) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, r.Text.Shown+" "+r.Count)
	}
	return strings.Join(parts, ", ")
}

func (m markdown) happened(v *happenedView) {
	if !v.Asked {
		return
	}
	m.heading("What really happened")
	m.paragraph(v.Intro)
	if len(v.Rows) == 0 {
		return
	}
	var rows [][]string
	for _, r := range slices.Concat(v.Rows, v.Brief) {
		name := named(r.Name, r.Group)
		for _, more := range []string{r.Severity.Shown, r.Note.Shown} {
			if more != "" {
				name += "; " + more
			}
		}
		says := r.Says
		if r.Answered != "" {
			says += "; " + r.Answered
		}
		rows = append(rows, []string{name, r.From, r.Lasted, r.Burned, says, orDash(timelineWords(r.Events, r.MoreSignals))})
	}
	m.table([]string{"Incident", "From", "Lasted:", "Of budget:", "Who told", "Signals in order of onset"}, rows)
	m.paragraph(v.More)
}

func (m markdown) scores(v *scoresView) {
	if v.Intro == "" {
		return
	}
	m.heading("How well each rule tells")
	m.paragraph(v.Intro)
	if len(v.Rows) == 0 {
		return
	}
	var rows [][]string
	for _, r := range v.Rows {
		name := strings.TrimSuffix(r.Name.Shown+" ("+r.Severity.Shown+")", " ()") + "; " + r.Basis
		if r.Unjudged != "" {
			name += "; " + r.Unjudged
		}
		rows = append(rows, []string{name, r.Precision.cell(), r.Recall.cell(), orDash(strings.TrimPrefix(r.Onset, onsetLead)), r.Detection, r.Missed, r.Needless, r.WrongTime, r.WrongDuration})
	}
	m.table([]string{"Rule", "Precision:", "Recall:", "At onset:", "Told after:", "Not given:", "Needless:", "Wrong time:", "Wrong length:"}, rows)
	m.paragraph(v.More)
}

func (m markdown) watched(v *watchedView) {
	if len(v.Rows) == 0 {
		return
	}
	m.heading("Which SLOs are watched")
	m.paragraph(v.Intro)
	var rows [][]string
	for _, r := range v.Rows {
		who := r.Says
		if r.TellsUs.Shown != "" {
			who = r.TellsUs.Shown
		}
		rows = append(rows, []string{named(r.Name, r.Group), who, r.Recall.cell(), r.Caught, r.Detection, r.Rules})
	}
	m.table([]string{"SLO", "Who would tell us", "Incidents told of:", "Burned while told:", "Told after:", "Rules tied to it:"}, rows)
	m.paragraph(v.More)
}

func (m markdown) alike(v *alikeView) {
	if v.Intro == "" {
		return
	}
	m.heading("Rules that say the same")
	m.paragraph(v.Intro)
	for _, c := range v.Clusters {
		var same []string
		for _, s := range c.Same {
			same = append(same, s.Shown)
		}
		if c.More != "" {
			same = append(same, c.More)
		}
		fmt.Fprintf(m.w, "- Keep **%s**; the same say %s\n", escape(c.Keep.Shown), escape(strings.Join(same, ", ")))
	}
	if len(v.Clusters) > 0 {
		fmt.Fprintln(m.w)
	}
	m.paragraph(v.MoreClusters)
	if len(v.Pairs) == 0 {
		return
	}
	var rows [][]string
	for _, p := range v.Pairs {
		name := strings.TrimSuffix(p.Name.Shown+" ("+p.Severity.Shown+")", " ()")
		other := strings.TrimSuffix(p.Other.Shown+" ("+p.OtherSeverity.Shown+")", " ()")
		rows = append(rows, []string{name, p.Relation + " " + other, p.Lift, p.Containment, p.Lag, p.Starts + "; " + p.Support, p.On.Shown})
	}
	m.table([]string{"Rule", "Beside", "Lift:", "Containment:", "Starts:", "Starts while the other fired:", "Joined on"}, rows)
	m.paragraph(v.More)
}

func (m markdown) actions(v *actionsView) {
	if len(v.Rows) == 0 {
		return
	}
	m.heading("Unsafe control actions")
	m.paragraph(v.Intro)
	for _, r := range v.Rows {
		fmt.Fprintf(m.w, "- **%s**: %s %s. %s\n", escape(r.Name), escape(r.Count), escape(r.Of), escape(r.Means))
	}
	fmt.Fprintln(m.w)
}

func (m markdown) woken(v *wokenView) {
	if v.Intro == "" && len(v.Hours) == 0 {
		return
	}
	m.heading("Who was woken")
	m.paragraph(v.Assumed)
	m.paragraph(strings.TrimSpace(v.Intro + " " + v.Held))
	var words []string
	for _, h := range v.Hours {
		words = append(words, h.Words)
	}
	m.paragraph(strings.Join(words, " "))
	if len(v.Receivers) == 0 {
		return
	}
	var rows [][]string
	for _, r := range v.Receivers {
		name := r.Name.Shown
		if r.Paging {
			name += " (pages)"
		}
		rows = append(rows, []string{name, r.Notifications, r.PerWeek, r.Pages, r.PagesPerWeek})
	}
	m.table([]string{"Receiver", "Notifications:", "a week:", "Pages:", "a week:"}, rows)
	m.paragraph(v.More)
}

func (m markdown) metrics(v *metricsView) {
	if len(v.Rows) == 0 {
		return
	}
	m.heading("Incident metrics")
	var rows [][]string
	for _, r := range v.Rows {
		row := []string{named(r.Name, r.Group) + ", " + r.Kind, r.Incidents}
		for _, mean := range []meanView{r.Detection, r.MTTA, r.MTTR, r.MTBF, r.MTTF} {
			row = append(row, strings.TrimSpace(mean.Mean+" "+mean.Of))
		}
		rows = append(rows, append(row, r.Acknowledged))
	}
	m.table([]string{"Whose", "Incidents:", "Detection:", "MTTA:", "MTTR:", "MTBF:", "MTTF:", "Answered:"}, rows)
	m.paragraph(v.More)
}
