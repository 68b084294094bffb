package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// ErrNoIncident says that the report holds no incident of that id.
var ErrNoIncident = errors.New("no such incident in the report")

// WritePostmortem writes a skeleton of a post-mortem of one incident as Markdown:
// what was measured, in order, and headings for what people know. It names no
// cause. It fails with ErrNoIncident, or where the writer does.
func (r *Report) WritePostmortem(w io.Writer, id string) error {
	i := slices.IndexFunc(r.doc.Incidents, func(x Incident) bool { return x.ID == id })
	if i < 0 {
		return fmt.Errorf("%w: %q", ErrNoIncident, clean(id, titleLimit))
	}
	p := postmortem{markdown{bufio.NewWriter(w)}, &r.doc, &r.doc.Incidents[i]}
	p.head()
	p.impact()
	p.timeline()
	p.told()
	p.people()
	p.follow()
	if err := p.w.Flush(); err != nil {
		return fmt.Errorf("write the post-mortem: %w", err)
	}
	return nil
}

// postmortem writes about one incident of a document.
type postmortem struct {
	markdown
	doc *Document
	x   *Incident
}

func (p postmortem) head() {
	fmt.Fprintf(p.w, "# Post-mortem: %s\n\n", escape(clean(p.x.ID, titleLimit)))
	p.paragraph("A draft that burnish made of alert history and SLO events, in UTC. What it could measure is filled in; what is in italics is for you. Several things come together in an incident, each needed and none enough: look for all of them, and for what was knowable at the time, not for the one who did it.")
	rows := [][]string{
		{"Incident", clean(p.x.ID, titleLimit)}, {"From", stamp(p.x.From)}, {"To", p.end()}, {"Lasted", p.lasted()},
		{"SLO", clean(orUnknown(p.x.SLO), titleLimit)}, {"Whose", labelList(p.x.Group)}, {"Severity", clean(orUnknown(p.x.Severity), nameLimit)},
		{"Known from", p.knownFrom()},
	}
	p.table([]string{"", ""}, rows)
	if p.x.Note != nil {
		fmt.Fprintf(p.w, "> %s\n\n", escape(clean(*p.x.Note, titleLimit)))
	}
	p.heading("Summary")
	p.todo("Two or three sentences that somebody who was not there understands.")
}

// todo is a place that a person fills in.
func (m markdown) todo(s string) { fmt.Fprintf(m.w, "*%s*\n\n", escape(s)) }

func (p postmortem) knownFrom() string {
	if p.x.Declared {
		return "declared by a person"
	}
	return "the SLO's own events"
}

// stamp is an instant to the second, in UTC.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

func orUnknown(s *string) string {
	if s == nil {
		return unknown
	}
	return *s
}

func labelList(ls map[string]string) string {
	var parts []string
	for name, value := range ls {
		parts = append(parts, clean(name, nameLimit)+"="+clean(value, nameLimit))
	}
	slices.Sort(parts)
	return orDash(strings.Join(parts[:min(labelsShown, len(parts))], ", "))
}

func (p postmortem) over() bool { return !p.x.To.IsZero() && p.x.To.After(p.x.From) }

func (p postmortem) end() string {
	if !p.over() {
		return "not over at the end of the report"
	}
	return stamp(p.x.To)
}

func (p postmortem) lasted() string {
	if !p.over() {
		return unknown
	}
	return span(p.x.To.Sub(p.x.From))
}

func (p postmortem) impact() {
	p.heading("Impact")
	burned := "What it cost is not known: no SLO counted it."
	if p.x.Burned != nil {
		burned = "It cost " + percent(*p.x.Burned) + " of the error budget of " + clean(orUnknown(p.x.SLO), nameLimit)
		if p.x.Peak != nil {
			burned += ", at its worst " + figure(*p.x.Peak) + " budgets at once"
		}
		burned += "."
	}
	p.paragraph(burned)
	p.todo("Who could not do what, how many, and who noticed?")
}

func (p postmortem) timeline() {
	p.heading("Timeline")
	p.paragraph("Signals in order of onset. The first to fire is not the culprit.")
	rows := [][]string{{stamp(p.x.From), "0", "The incident began."}}
	for _, s := range p.x.Signals {
		rows = append(rows, []string{stamp(s.FiredAt), offset(s.FiredAt.Sub(p.x.From)), signalWords(s)})
	}
	if p.x.DetectedAt != nil {
		rows = append(rows, []string{stamp(*p.x.DetectedAt), offset(p.x.DetectedAt.Sub(p.x.From)), "Detected: the first alert that began with it fired."})
	}
	if p.x.AcknowledgedAt != nil {
		rows = append(rows, []string{stamp(*p.x.AcknowledgedAt), offset(p.x.AcknowledgedAt.Sub(p.x.From)), "Acknowledged: a silence was made on an alert about it."})
	}
	if p.over() {
		rows = append(rows, []string{stamp(p.x.To), offset(p.x.To.Sub(p.x.From)), "The incident was over."})
	}
	slices.SortStableFunc(rows, func(a, b []string) int { return cmp.Compare(a[0], b[0]) })
	p.table([]string{"UTC", "From start:", "What"}, rows)
	p.todo("Add what people saw, decided and did, and what they knew when they did it. Deploys and changes before the start belong here.")
}

func signalWords(s Signal) string {
	out := "Alert " + clean(s.Rule, nameLimit)
	if s.Severity != nil {
		out += " (" + clean(*s.Severity, 24) + ")"
	}
	if !s.Onset {
		out += " fired already"
	}
	if s.ResolvedAt != nil {
		out += ", until " + stamp(*s.ResolvedAt)
	} else {
		out += ", not over at the end of the report"
	}
	return out + ": " + labelList(s.Labels)
}

// told writes what alerting did, and what it might have done.
func (p postmortem) told() {
	p.heading("How we knew")
	switch {
	case p.x.Told == nil:
		p.paragraph("Alerts were not held against this incident.")
	case !*p.x.Told:
		p.paragraph("Nobody was told: no alert began with it, and none had begun within the day before.")
	case p.x.Detection == nil:
		p.paragraph("No alert began with it; some fired already.")
	default:
		p.paragraph("The first alert came after " + span(inSeconds(*p.x.Detection)) + ".")
	}
	if p.x.DetectedAt != nil && p.x.AcknowledgedAt == nil {
		p.paragraph("Whether somebody acknowledged an alert is not known.")
	}
	if silent := p.silent(); silent != "" {
		p.paragraph("Tied to the SLO and not heard: " + silent + ".")
	}
	for _, f := range p.doc.Findings {
		if slices.Contains(f.Incidents, p.x.ID) {
			fmt.Fprintf(p.w, "- **%s**: %s %s\n", escape(kindSays(f.Kind)), escape(clean(f.Title, sentenceLimit)), escape(clean(f.Advice, sentenceLimit)))
		}
	}
	fmt.Fprintln(p.w)
	p.todo("Who was told, by whom, and was it the right person? What did they look at first?")
}

// silent names the rules that are tied to the incident's SLO and did not fire.
func (p postmortem) silent() string {
	if p.doc.Truth == nil || p.x.SLO == nil {
		return ""
	}
	heard := map[string]bool{}
	for _, s := range p.x.Signals {
		heard[s.Rule] = true
	}
	var names []string
	all := 0
	for _, s := range p.doc.Truth.SLOs {
		if s.SLO != *p.x.SLO {
			continue
		}
		for _, r := range s.Rules {
			if heard[r] {
				continue
			}
			heard[r] = true
			if all++; all <= evidenceShown {
				names = append(names, clean(r, nameLimit))
			}
		}
	}
	return strings.Join(andMore(names, all), ", ")
}

// people writes the headings that only people can fill.
func (p postmortem) people() {
	p.heading("What came together")
	p.todo("The conditions that were each needed for this: technical, organisational, and of the moment. Not one cause, and no names.")
	p.heading("What went well, and where we were lucky")
	p.todo("What kept it from being worse? What would we not want to rely on?")
	p.heading("What made it hard")
	p.todo("What was confusing, missing or slow: signals, access, knowledge, tools?")
}

func (p postmortem) follow() {
	p.heading("What we change")
	var rows [][]string
	for _, f := range p.doc.Findings {
		if slices.Contains(f.Incidents, p.x.ID) && len(rows) < evidenceShown {
			rows = append(rows, []string{clean(f.Advice, sentenceLimit), "", "", clean(f.ID, nameLimit)})
		}
	}
	rows = append(rows, []string{"", "", "", ""})
	p.table([]string{"Change", "Who", "By when", "How we will know that it worked"}, rows)
	p.paragraph("An id in the last column is a finding of burnish: the next report says whether it is gone.")
}
