package rulefile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// Handwork is what is to change in a rule that can't be edited: since a template
// makes it, or since its file has it in a form that was refused.
type Handwork struct {
	Rule noise.Rule
	// Edits are the changes; which rule they name is of no account.
	Edits []Edit
	// ID is the finding's, What the change and Why its evidence.
	ID, What, Why string
	// Refused is why the rule's own file is left as it is. Where it is empty, the
	// rule is made from one of the templates.
	Refused string
	// Edited tells that the rule's own file is changed all the same, and that the
	// template has to follow.
	Edited bool
}

// DescribeHandwork says in Markdown what a person is to change, rule by rule, and
// where: each place in the templates that may be meant, with its line. A place is
// called the one only where nothing else can be meant; else all are named.
func DescribeHandwork(templates []*Template, work []Handwork) string {
	if len(work) == 0 {
		return ""
	}
	d := &describer{templates: templates}
	d.head(work)
	for i := range work {
		d.rule(&work[i])
	}
	return d.out.String()
}

// describer writes what is to be done by hand.
type describer struct {
	templates []*Template
	out       strings.Builder
}

func (d *describer) line(format string, args ...any) {
	fmt.Fprintf(&d.out, format+"\n", args...)
}

func (d *describer) head(work []Handwork) {
	d.line("# To be changed by hand")
	d.line("")
	if slices.ContainsFunc(work, func(w Handwork) bool { return w.Refused == "" }) {
		d.line("Templates make these rules, and burnish does not edit templates. The places below were found by")
		d.line("the alert's name and by the value in force. Change them, render the rule files anew, and see with")
		d.line("`burnish rules backtest` that they do what is promised here.")
		d.line("")
	}
}

func (d *describer) rule(w *Handwork) {
	d.line("## %s%s", code(w.Rule.Name), inGroup(w.Rule))
	d.line("")
	d.line("%s: %s.", code(w.ID), plain(w.What))
	d.line("")
	d.line("%s", plain(w.Why))
	d.line("")
	if w.Refused != "" {
		d.line("The rule is at %s, which is left as it is: %s.", code(fmt.Sprintf("%s:%d", w.Rule.File, w.Rule.Line)), plain(w.Refused))
		d.line("")
		for _, e := range w.Edits {
			if e.Action != Comment {
				d.line("- %s", e.describe(w.Rule))
			}
		}
		d.line("")
		return
	}
	if w.Edited {
		d.line("%s is changed already; without the same change in the template its next rendering undoes that.", code(w.Rule.File))
		d.line("")
	}
	d.sites(w)
}

func inGroup(r noise.Rule) string {
	if r.Group == "" {
		return ""
	}
	return " in group " + code(r.Group)
}

// plain is text on one line in which no markup takes effect.
func plain(text string) string {
	return strings.NewReplacer("`", "'", "<", "&lt;", "*", `\*`, "_", `\_`, "[", `\[`, "#", `\#`).Replace(oneLine(text, maxDescribed))
}

// maxSitesShown bounds the places of one name.
const maxSitesShown = 20

// sites writes the places that may make a rule: those that nothing speaks
// against, or all where something does against each.
func (d *describer) sites(w *Handwork) {
	fit, other := d.sort(w)
	switch {
	case len(fit)+len(other) == 0:
		d.line("No template given here has an alert of this name.")
		d.line("")
	case len(fit) == 0:
		d.line("No place agrees with the rule in force in all; the template may have moved on since it was rendered.")
		d.line("")
		for _, m := range other[:min(len(other), maxSitesShown)] {
			d.site(m, w)
		}
	default:
		d.fitting(fit, w)
		for _, m := range other[:min(len(other), maxSitesShown)] {
			d.line("Not meant: %s has the name too, but %s.", m.of.place(m.alert.start), strings.Join(m.against, ", "))
			d.line("")
		}
	}
	if n := max(len(fit), maxSitesShown) + max(len(other), maxSitesShown) - 2*maxSitesShown; n > 0 {
		d.line("%d more places have the name.", n)
		d.line("")
	}
}

// candidate is a site that has a rule's name, and what speaks against it.
type candidate struct {
	*site
	against []string
}

// sort finds the sites that have a rule's name. Those whose name is filled in
// count only where they agree with it, or no other does.
func (d *describer) sort(w *Handwork) (fit, other []candidate) {
	for _, t := range d.templates {
		for _, s := range t.made(w.Rule.Name) {
			c := candidate{s, s.misfits(w.Rule)}
			if len(c.against) == 0 {
				fit = append(fit, c)
			} else {
				other = append(other, c)
			}
		}
	}
	if len(fit) > 0 {
		other = slices.DeleteFunc(other, func(c candidate) bool { return c.name == "" })
	}
	return fit, other
}

// fitting writes the sites that nothing speaks against.
func (d *describer) fitting(fit []candidate, w *Handwork) {
	likely := slices.DeleteFunc(slices.Clone(fit), func(c candidate) bool { return !c.likely(d.templates, w) })
	if len(fit) == 1 || len(likely) != 1 {
		if len(fit) > 1 {
			d.line("%d places agree with the rule in force, and which one makes it can't be told.", len(fit))
			d.line("")
		}
		for _, c := range fit[:min(len(fit), maxSitesShown)] {
			d.site(c, w)
		}
		return
	}
	d.site(likely[0], w)
	for _, c := range fit[:min(len(fit), maxSitesShown)] {
		if c.site != likely[0].site {
			d.line("Less likely meant: %s has the name too, but what it is filled in with here is something else.", c.of.place(c.alert.start))
			d.line("")
		}
	}
}

// site writes what is to change at one place.
func (d *describer) site(c candidate, w *Handwork) {
	d.line("%s: %s", c.of.place(c.alert.start), c.of.shows(c.alert.start))
	if len(c.against) > 0 {
		d.line("(%s)", strings.Join(c.against, ", "))
	}
	d.line("")
	for _, e := range w.Edits {
		if e.Action != Comment {
			d.edit(c.site, w.Rule, e)
		}
	}
	d.line("")
}

// edit writes one change at a place.
func (d *describer) edit(s *site, r noise.Rule, e Edit) {
	if e.Action == Disable {
		d.line("- Take out the rule: lines %d to %d of %s.", s.of.line(s.start), s.of.line(s.end-1), code(s.of.name))
		return
	}
	name, old := string(e.Field), e.old(r)
	if e.Key != "" {
		name += "." + e.Key
	}
	spots, certain := s.fieldSpots(name)
	name = code(name)
	if e.Action == Splice {
		name, old = "the threshold", r.Expr[e.Start:e.End]
		spots, certain = s.thresholdSpots(r, e)
	}
	change := fmt.Sprintf("Change %s from %s to %s", name, code(old), code(e.Value))
	switch {
	case e.Action == Remove:
		change = fmt.Sprintf("Remove %s, which is %s", name, code(old))
	case e.Value == "":
		change = fmt.Sprintf("Empty %s, which is %s", name, code(old))
	case old == "":
		change = fmt.Sprintf("Set %s to %s", name, code(e.Value))
	}
	switch {
	case len(spots) > 0:
		d.line("- %s.%s", change, d.where(s, spots, old, certain))
	case s.opaque || e.Action == Splice || old != "":
		d.line("- %s. Where it stands can't be told.", change)
	default:
		d.line("- Add %s: %s; the rule has none.", name, code(e.Value))
	}
}

// maxSpots bounds the places of one value that are listed.
const maxSpots = 12

// where says where a value stands, or may.
func (d *describer) where(s *site, spots []spot, old string, certain bool) string {
	var b strings.Builder
	if !certain {
		b.WriteString(" It may be any of these, or be computed:")
	}
	for _, p := range spots[:min(len(spots), maxSpots)] {
		b.WriteString("\n  - " + p.of.place(p.at) + ": " + p.of.shows(p.at))
		if p.hole != nil {
			b.WriteString(d.filling(s, p, old))
		}
	}
	if n := len(spots) - maxSpots; n > 0 {
		fmt.Fprintf(&b, "\n  - and %d more", n)
	}
	return b.String()
}

// filling says what fills a place in.
func (d *describer) filling(s *site, p spot, old string) string {
	name := p.hole.key
	if name == "" {
		name = string(p.of.text[p.hole.start:p.hole.end])
	}
	var b strings.Builder
	b.WriteString("; filled in from " + code(name))
	givers := p.givers(d.templates)
	if len(givers) == 0 {
		b.WriteString(", which no file given here sets")
	}
	slices.SortStableFunc(givers, func(a, b given) int { return rank(b.holds(old)) - rank(a.holds(old)) })
	for _, g := range givers[:min(len(givers), maxSpots)] {
		b.WriteString("\n    - set at " + g.of.place(g.start) + ": " + g.of.shows(g.start))
	}
	if others := users(d.templates, p.hole.key, s); p.hole.key != "" && len(others) > 0 {
		b.WriteString("\n    - used by other alerts too, which would change with it: ")
		for i, o := range others[:min(len(others), maxSpots)] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(code(o))
		}
		if n := len(others) - maxSpots; n > 0 {
			fmt.Fprintf(&b, " and %d more", n)
		}
	}
	return b.String()
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}

// place is file:line of a byte.
func (t *Template) place(at int) string { return code(fmt.Sprintf("%s:%d", t.name, t.line(at))) }

// maxShown bounds a line that is shown, in characters.
const maxShown = 160

// shows is the line of a byte.
func (t *Template) shows(at int) string {
	from := t.lay.lines[t.lay.lineOf(at)]
	return code(oneLine(strings.TrimSpace(string(t.text[from:t.lay.lineEnd(from)])), maxShown))
}
