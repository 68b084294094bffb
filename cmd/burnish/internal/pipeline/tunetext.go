package pipeline

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/burnish-sre/burnish/noise/tune"
	"github.com/burnish-sre/burnish/slo"
)

// WriteText writes the result for people: what changes, rule by rule and in all,
// before and after, on what it was chosen on and on what was held out.
func (t *Tuning) WriteText(w io.Writer) error {
	out := &tuneText{tab: tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), t: t}
	out.head()
	out.rules()
	out.totals()
	out.front()
	out.contests()
	out.rest()
	return errors.Join(out.err, out.tab.Flush())
}

// tuneText writes a tuning as tables.
type tuneText struct {
	tab *tabwriter.Writer
	t   *Tuning
	err error
}

func (o *tuneText) line(format string, args ...any) {
	_, err := fmt.Fprintf(o.tab, format+"\n", args...)
	o.err = errors.Join(o.err, err)
}

func (o *tuneText) head() {
	p := &o.t.Plan
	o.line("Chosen on %s (%s), held out %s (%s); policy %s.", span(p.Train), incidentsOf(p.Proof.Train), span(p.HeldOut), incidentsOf(p.Proof.HeldOut), p.Refit.Policy)
	o.line("What is recommended was then chosen in the same way on all of it. Episodes count outside of incidents, incidents where an alert began at their onset.")
	o.line("")
}

func span(w slo.Interval) string {
	return w.From.UTC().Format(time.RFC3339) + " to " + w.To.UTC().Format(time.RFC3339)
}

func incidentsOf(s tune.Sides) string {
	if s.Before.Incidents == 1 {
		return "1 incident"
	}
	return fmt.Sprintf("%d incidents", s.Before.Incidents)
}

// rules has a row for each rule that changes, those that save most first.
func (o *tuneText) rules() {
	var changed []*TunedRule
	for i := range o.t.Rules {
		if o.t.Rules[i].Advice.Change != nil {
			changed = append(changed, &o.t.Rules[i])
		}
	}
	if len(changed) == 0 {
		o.line("No change is recommended.")
		return
	}
	saved := func(r *TunedRule) int { return r.Advice.Whole.Before.Outside - r.Advice.Whole.After.Outside }
	slices.SortStableFunc(changed, func(a, b *TunedRule) int { return saved(b) - saved(a) })
	o.line("RULE\tSEVERITY\tCHANGE\tEPISODES\tINCIDENTS\tHELD OUT: EPISODES\tINCIDENTS")
	for _, r := range changed {
		w, h := r.Advice.Whole, r.Advice.HeldOut
		o.line("%s\t%s\t%s\t%s\t%s\t%s\t%s", shown(r.Rule.Name), shown(r.Rule.Severity()), r.What(), outside(w), caught(w), outside(h), caught(h))
	}
}

// shown keeps what a rule file says on one line of the table.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}

func outside(s tune.Sides) string { return fmt.Sprintf("%d -> %d", s.Before.Outside, s.After.Outside) }

func caught(s tune.Sides) string {
	return fmt.Sprintf("%d -> %d of %d", s.Before.Caught, s.After.Caught, s.Before.Incidents)
}

func (o *tuneText) totals() {
	p := &o.t.Plan
	o.line("")
	o.line("ALL RULES\tEPISODES\tINCIDENTS\tLOST\tLATER (MEDIAN)")
	for _, row := range []struct {
		name string
		s    tune.Sides
	}{{"chosen on", p.Proof.Train}, {"held out", p.Proof.HeldOut}, {"as recommended, on all", p.Whole}} {
		o.line("%s\t%s%s\t%s\t%d\t%s", row.name, outside(row.s), fewer(row.s), caught(row.s), len(row.s.Lost), row.s.Later)
	}
}

func fewer(s tune.Sides) string {
	if s.Before.Outside == 0 {
		return ""
	}
	return fmt.Sprintf(" (%.0f%% fewer)", 100*(1-float64(s.After.Outside)/float64(s.Before.Outside)))
}

// front is the trades that were possible.
func (o *tuneText) front() {
	p := &o.t.Plan
	if !p.Judged || len(p.Front) < 2 {
		return
	}
	o.line("")
	o.line("PRICE OF AN INCIDENT\tHELD OUT: EPISODES\tLOST\t")
	for _, f := range p.Front {
		mark := ""
		if f.Chosen {
			mark = "recommended"
		}
		o.line("%g\t%s%s\t%d\t%s", f.Price, outside(f.HeldOut), fewer(f.HeldOut), len(f.HeldOut.Lost), mark)
	}
	o.line("A price counts how many times the usual needless episodes per incident a missed incident is worth.")
}

// rest is why rules stay, and what is thin.
func (o *tuneText) rest() {
	stay := map[tune.Reason]int{}
	for i := range o.t.Rules {
		r := &o.t.Rules[i]
		switch {
		case r.Unread != nil:
			stay[reasonUnread]++
		case r.Advice.Change == nil:
			stay[r.Advice.Reason]++
		}
	}
	o.line("")
	for _, row := range []struct {
		reason tune.Reason
		text   string
	}{
		{tune.ReasonNeeded, "stay: what would quiet them would lose incidents"},
		{tune.ReasonQuiet, "stay: too few needless episodes to go by"},
		{tune.ReasonUnproven, "stay: no incident concerned them"},
		{tune.ReasonHeartbeat, "stay: they fire by design"},
		{tune.ReasonSilent, "stay: they did not fire in this history"},
		{reasonUnread, "could not be replayed"},
	} {
		if n := stay[row.reason]; n > 0 {
			o.line("%d of %d rules %s.", n, len(o.t.Rules), row.text)
		}
	}
	for _, n := range o.t.Plan.Notes {
		o.line("Note: %s", n)
	}
	for i := range o.t.Rules {
		if r := &o.t.Rules[i]; r.Unread != nil {
			o.line("Note: %s could not be replayed: %s", shown(r.Rule.Name), shown(r.Unread.Error()))
		}
	}
}
