package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

func missingSummaryCheck() Check {
	return Check{
		Kind: noise.KindMissingSummary, Action: noise.WrongTime, find: findMissingSummaries,
		Title: "the alert says nothing",
		Help:  "The alert has no summary, message or description: all that its reader gets is its name and labels.",
	}
}

// findMissingSummaries finds rules that say nothing but their name.
func findMissingSummaries(c *corpus) {
	for i := range c.in.Rules {
		if has(c.in.Rules[i].Annotations, c.o.Summaries) {
			continue
		}
		c.report(i, noise.Finding{
			Gravity:  noise.GravityWarning,
			Title:    "The alert has no summary: its name is all that it says",
			Advice:   fmt.Sprintf("Add the annotation %s: one sentence with what is wrong, where, and how badly.", c.o.Summaries[0]),
			Evidence: []noise.Fact{text("looked_for", strings.Join(c.o.Summaries, ", "))},
		})
	}
}

// lack is a text that every rule in question should have.
type lack struct {
	concerns func(r *noise.Rule) bool
	present  func(r *noise.Rule) bool
	looked   []string
	one      string // the title about a rule without, where others have it
	only     string // about the only rule of a file
	all      string // about a whole file; %d is the number of rules
	advice   string // about one rule
	adviceIn string // about a whole file
}

// findLacks reports rules that lack a text. Where no rule of a file has it, that
// is one decision and not many slips, so it is one finding, at the first rule.
func findLacks(c *corpus, l lack) {
	type file struct{ without, of []int }
	files := map[string]*file{}
	var names []string
	for i := range c.in.Rules {
		r := &c.in.Rules[i]
		if !l.concerns(r) || (!l.present(r) && c.excused(r)) {
			continue
		}
		f := files[r.File]
		if f == nil {
			f = &file{}
			files[r.File] = f
			names = append(names, r.File)
		}
		f.of = append(f.of, i)
		if !l.present(r) {
			f.without = append(f.without, i)
		}
	}
	for _, name := range names {
		f := files[name]
		if len(f.without) == len(f.of) && len(f.of) > 1 {
			c.lackOfFile(f.without, l)
			continue
		}
		title := l.one
		if len(f.of) == 1 {
			title = l.only
		}
		for _, i := range f.without {
			c.report(i, noise.Finding{
				Gravity: noise.GravityInfo, Title: title, Advice: l.advice,
				Evidence: []noise.Fact{text("looked_for", strings.Join(l.looked, ", "))},
			})
		}
	}
}

func (c *corpus) lackOfFile(rules []int, l lack) {
	first := rules[0]
	for _, i := range rules {
		if c.in.Rules[i].Line < c.in.Rules[first].Line {
			first = i
		}
	}
	f := noise.Finding{
		Gravity: noise.GravityInfo, Title: fmt.Sprintf(l.all, len(rules)), Advice: l.adviceIn,
		Evidence: []noise.Fact{number("rules", float64(len(rules))), text("looked_for", strings.Join(l.looked, ", "))},
	}
	for _, i := range rules {
		if i != first {
			f.SeenWith(c.in.Rules[i].Ref())
		}
	}
	c.report(first, f, "file")
	// The id is that of the file, so that it stays when the first rule changes.
	last := &c.findings[len(c.findings)-1]
	last.ID = noise.FindingID(last.Kind, noise.RuleKey{File: last.Rule.File}, "file")
}

func missingOwnerCheck() Check {
	return Check{
		Kind: noise.KindMissingOwner, Action: noise.WrongTime, find: findMissingOwners,
		Title: "nothing says whose alert it is",
		Help: "Neither a label nor an annotation says which team the alert belongs to. It goes to whoever gets " +
			"everything, who has to find out first who can act.",
	}
}

// findMissingOwners finds rules that do not say whose alert it is.
func findMissingOwners(c *corpus) {
	findLacks(c, lack{
		concerns: func(*noise.Rule) bool { return true },
		present:  func(r *noise.Rule) bool { return has(r.Labels, c.o.Owners) || has(r.Annotations, c.o.Owners) },
		looked:   c.o.Owners,
		one:      "Nothing says whose alert it is, as other rules of the file do",
		only:     "Nothing says whose alert it is",
		all:      "None of the %d rules of this file says whose alert it is",
		advice:   fmt.Sprintf("Add the label %s, so that the alert can be routed to whoever can act on it.", c.o.Owners[0]),
		adviceIn: fmt.Sprintf("Add the label %s to the groups (Prometheus 3) or to each rule, unless the route tells owners apart by something else.", c.o.Owners[0]),
	})
}

func missingRunbookCheck() Check {
	return Check{
		Kind: noise.KindMissingRunbook, Action: noise.WrongTime, find: findMissingRunbooks,
		Title: "a page without a runbook",
		Help: "A rule that wakes people links to no page that says what to do. Whoever is woken has to work it out," +
			" at night, each time.",
	}
}

// findMissingRunbooks finds rules that page and link to no runbook.
func findMissingRunbooks(c *corpus) {
	findLacks(c, lack{
		concerns: func(r *noise.Rule) bool { return slices.Contains(c.o.RunbookLevels, c.level(r)) },
		present:  func(r *noise.Rule) bool { return has(r.Annotations, c.o.Runbooks) },
		looked:   c.o.Runbooks,
		one:      "The alert pages and links to no runbook, as other rules of the file do",
		only:     "The alert pages and links to no runbook",
		all:      "None of the %d rules of this file that page links to a runbook",
		advice:   fmt.Sprintf("Add the annotation %s: what to look at first, and what to do.", c.o.Runbooks[0]),
		adviceIn: fmt.Sprintf("Add the annotation %s to each: what to look at first, and what to do.", c.o.Runbooks[0]),
	})
}
