package pipeline

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise/remedy"
	"github.com/burnish-sre/burnish/noise/tune"
)

// The text has tables of the noisiest rules, and of others where something else than
// what is written is best; the JSON has all.
const (
	fewContests  = 4
	mostContests = 10
)

// contests has a table for each rule that is noisy today.
func (o *tuneText) contests() {
	if len(o.t.Contests) == 0 {
		return
	}
	o.line("")
	o.line("WHAT COULD BE DONE about rules that are noisy today, all others as recommended. Figures: chosen on | held out.")
	told := 0
	for i := range o.t.Contests {
		c := &o.t.Contests[i]
		other := c.Best != c.Planned && (c.Planned >= 0 || c.Rows[c.Best].Kind != remedy.AsIs)
		if told < fewContests || told < mostContests && other {
			o.contest(c)
			told++
		}
	}
	if n := len(o.t.Contests) - told; n > 0 {
		o.line("")
		o.line("%d more noisy rules: see contest in --format json.", n)
	}
}

// column is a figure of a table.
type column struct {
	name string
	cell func(remedy.Figures) string
}

// columns are those of a table; where no row pages, pages are left out.
func (o *tuneText) columns(c *remedy.Contest) []column {
	out := []column{
		{"EPISODES", func(f remedy.Figures) string { return strconv.Itoa(f.Episodes) }},
		{"OUTSIDE", o.judged(func(f remedy.Figures) string { return strconv.Itoa(f.Outside) })},
		{"SENT A WEEK", func(f remedy.Figures) string { return rate(f.Notifications) }},
	}
	for _, row := range c.Rows {
		if row.Train.Pages > 0 || row.HeldOut.Pages > 0 || !row.Train.PagesKnown {
			out = append(out, column{"PAGES A WEEK", pagesOf})
			break
		}
	}
	told := func(f remedy.Figures) string { return fmt.Sprintf("%d of %d", f.InTime, f.Incidents) }
	return append(out, column{"IN TIME", o.judged(told)}, column{"LOST", o.judged(lostOf)}, column{"LATER", o.judged(laterOf)})
}

func (o *tuneText) contest(c *remedy.Contest) {
	r := &o.t.Rules[c.Subject]
	o.line("")
	o.line("%s (%s), %s needless notifications a week", shown(r.Rule.Name), shown(r.Rule.Severity()), rate(c.Needless))
	columns := o.columns(c)
	head := "  REMEDY"
	for _, col := range columns {
		head += "\t" + col.name
	}
	o.line("%s", head)
	for i := range c.Rows {
		mark := "  "
		if i == c.Best {
			mark = "* "
		}
		line := mark + o.t.remedyWords(c, &c.Rows[i])
		for _, col := range columns {
			line += "\t" + both(&c.Rows[i], col.cell)
		}
		o.line("%s", line)
	}
	o.verdict(c)
}

// verdict says which row is best, why not another that sends less, and what to
// paste.
func (o *tuneText) verdict(c *remedy.Contest) {
	best := &c.Rows[c.Best]
	o.line("  * %s", o.t.verdictWords(c))
	for i := range c.Rows {
		if row := &c.Rows[i]; row.Barred != "" && i == c.Planned && i != c.Best {
			o.line("  What is recommended is not best here. %s", shown(row.Barred))
		}
	}
	for _, line := range strings.Split(strings.TrimRight(o.t.paste(c, best), "\n"), "\n") {
		if line != "" {
			o.line("    %s", shown(line))
		}
	}
}

// both is a cell of both parts.
func both(row *remedy.Row, cell func(remedy.Figures) string) string {
	part := func(f remedy.Figures) string {
		if !f.Known {
			return "?"
		}
		return cell(f)
	}
	return part(row.Train) + " | " + part(row.HeldOut)
}

// judged is a cell that nothing is known of without truth.
func (o *tuneText) judged(cell func(remedy.Figures) string) func(remedy.Figures) string {
	if o.t.Plan.Judged {
		return cell
	}
	return func(remedy.Figures) string { return "?" }
}

// rate is a number a week.
func rate(v float64) string {
	if v >= 9.95 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'f', 1, 64)
}

func pagesOf(f remedy.Figures) string {
	if !f.PagesKnown {
		return "?"
	}
	return rate(f.Pages)
}

// lostOf is the incidents that nobody would be told of in time, and those that
// fewer people would be.
func lostOf(f remedy.Figures) string {
	if n := len(f.Fewer); n > 0 {
		return fmt.Sprintf("%d +%d", len(f.Lost), n)
	}
	return strconv.Itoa(len(f.Lost))
}

func laterOf(f remedy.Figures) string {
	if f.Later == nil {
		return "-"
	}
	return model.Duration(f.Later.Round(time.Second)).String()
}

// remedyWords names a row.
func (t *Tuning) remedyWords(c *remedy.Contest, row *remedy.Row) string {
	r := &t.Rules[c.Subject]
	switch row.Kind {
	case remedy.AsIs:
		return "leave as is"
	case remedy.Change:
		return r.words(row.Change) + chosenOn(c, row)
	case remedy.Inhibit:
		return "inhibit while " + shown(t.Rules[row.Source].Rule.Name) + " fires"
	case remedy.Severity:
		return "severity " + shown(row.Lower.From) + " to " + shown(row.Lower.To)
	case remedy.BurnRate:
		return "burn-rate alerts of " + shown(few(row.Instead.SLOs))
	case remedy.Delete:
		if r.Advice.Reason == tune.ReasonImplied {
			return "merge: delete, another always fires with it"
		}
		return "delete"
	}
	return string(row.Kind)
}

// chosenOn says what a change was chosen on, where the table has more than one.
func chosenOn(c *remedy.Contest, row *remedy.Row) string {
	if row.Whole {
		return " (chosen on both parts)"
	}
	for i := range c.Rows {
		if c.Rows[i].Whole {
			return " (chosen on the first)"
		}
	}
	return ""
}

// few is the first names of a list.
func few(names []string) string {
	const most = 2
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// verdictWords says what the best row is, and whether it is written.
func (t *Tuning) verdictWords(c *remedy.Contest) string {
	best := &c.Rows[c.Best]
	switch {
	case best.Barred != "":
		return "None of these keeps all that people are told of today. " + shown(best.Barred)
	case best.Kind == remedy.AsIs:
		return "Every other remedy loses incidents, or saves too little to be worth a review."
	case c.Best == c.Planned && best.Whole:
		return "Best, and recommended: --patch and --write write it. It was chosen on both parts, so the held-out one does not prove it."
	case c.Best == c.Planned:
		return "Best, and recommended: --patch and --write write it."
	case best.Kind == remedy.Inhibit:
		return fmt.Sprintf("Best: it would hold back %d of %d needless episodes. Paste into alertmanager.yml:", best.Held.Count, best.Held.Of)
	case best.Kind == remedy.Severity:
		return "Best: it is still seen, and wakes nobody. In the rule file:"
	case best.Kind == remedy.BurnRate:
		return "Best: the SLO's alerts tell of the same. " + strings.TrimSpace(best.Instead.Note+" Take the rule out, and have their rules:")
	}
	return "Best."
}

// paste is what carries the best remedy out where it is not written by --patch.
func (t *Tuning) paste(c *remedy.Contest, row *remedy.Row) string {
	r := &t.Rules[c.Subject].Rule
	switch row.Kind {
	case remedy.Inhibit:
		return row.Inhibition.YAML()
	case remedy.Severity:
		return fmt.Sprintf("# %s:%d, alert %s\nlabels:\n  severity: %s\n", shown(path.Base(r.File)), r.Line, shown(r.Name), shown(row.Lower.To))
	case remedy.BurnRate:
		return fmt.Sprintf("# of %s\nburnish rules generate SLO-FILES --output rules --inhibit inhibit.yml\n", shown(strings.Join(row.Instead.SLOs, ", ")))
	case remedy.AsIs, remedy.Change, remedy.Delete:
	}
	return ""
}
