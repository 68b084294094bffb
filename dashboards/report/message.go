package report

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/slo"
)

// MessageOptions say how a report is told in a message.
type MessageOptions struct {
	// URL is where the HTML form of this very report is, with http or https; each
	// action then links to its place on it. Anything else counts as none.
	URL string
}

// The bounds of what a message lists.
const (
	messageActions  = 12
	messageRules    = 5
	messagePromises = 6
	messageText     = 280 // runes of a sentence that holds text from outside
)

// message is a report as somebody reads it who has nothing else at hand.
type message struct {
	Title, Subject string
	Source         string
	Sentences      []string
	Groups         []messageGroup
	Advice         string
	Promises       []messageFact
	MorePromises   string
	Noisiest       []messageFact
	Missed         []messageFact // standards that are not met
	Doubt          []string
	URL            string
}

// messageGroup is the actions of one verb.
type messageGroup struct {
	Verb, Saves, More string
	Items             []messageItem
}

// messageItem is an action; Lead is ":" where the reason does not go on after the
// name.
type messageItem struct{ Name, Lead, Why, Link string }

type messageFact struct{ Name, Value string }

func newMessage(d *Document, o MessageOptions) message {
	w := slo.Interval{From: d.From, To: d.To}
	m := message{Title: "Alert hygiene, " + dates(w), Source: clean(d.Source, nameLimit), URL: pageURL(o.URL)}
	if d.Team != nil {
		m.Title = "Alert hygiene of " + clean(*d.Team, nameLimit) + ", " + dates(w)
	}
	for _, s := range d.Sentences {
		m.Sentences = append(m.Sentences, clean(s, 2*messageText))
	}
	m.takeActions(d)
	m.Subject = m.subject(d)
	if d.Advice != nil {
		m.Advice = adviceIntro(d.Advice)
	}
	m.takePromises(d)
	for _, r := range d.Rules[:min(messageRules, len(d.Rules))] {
		if r.Episodes > 0 {
			m.Noisiest = append(m.Noisiest, messageFact{clean(r.Name, nameLimit), noisyWords(&r)})
		}
	}
	for _, k := range d.KPIs {
		if k.Verdict == noise.VerdictOver && k.Value != nil {
			m.Missed = append(m.Missed, messageFact{k.Label, kpiWords(&k)})
		}
	}
	m.Doubt = doubts(d)
	return m
}

// pageURL is a URL that may be linked; empty where it is none.
func pageURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(text) > 2000 {
		return ""
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String()
}

func (m *message) takeActions(d *Document) {
	saves, all := map[decide.Verb]float64{}, map[decide.Verb]int{}
	for _, x := range d.Decisions {
		all[x.Verb]++
		if x.Saves != nil && *x.Saves > 0 {
			saves[x.Verb] += *x.Saves
		}
	}
	all[VerbWatch] = untoldIn(d)
	left := messageActions
	for _, p := range verbPlaces() {
		g := messageGroup{Verb: capital(string(p.verb))}
		if p.verb == VerbWatch {
			g.Verb = "Nobody was told"
		}
		for _, a := range d.Actions {
			if a.Verb == p.verb && left > 0 && len(g.Items) < reasonsShown {
				g.Items, left = append(g.Items, m.item(&a)), left-1
			}
		}
		if len(g.Items) == 0 {
			continue
		}
		if rest := all[p.verb] - len(g.Items); rest > 0 {
			g.More = count(rest) + " more"
		}
		if s := saves[p.verb]; s >= 0.05 {
			g.Saves = figure(tenth(s)) + " a week fewer"
		}
		m.Groups = append(m.Groups, g)
	}
}

// untoldIn counts the incidents that nobody was told of.
func untoldIn(d *Document) int {
	n := 0
	for _, x := range d.Incidents {
		if x.Told != nil && !*x.Told {
			n++
		}
	}
	return n
}

func (m *message) item(a *Action) messageItem {
	out := messageItem{Why: clean(a.Why, messageText)}
	switch {
	case a.Rule == nil:
		out.Name = clean(text0(a.Incident), nameLimit)
	case a.Into != nil && a.Verb == decide.Merge:
		out.Name = clean(a.Rule.Rule, nameLimit) + " into " + clean(a.Into.Rule, nameLimit)
	case a.Into != nil:
		out.Name = clean(a.Rule.Rule, nameLimit) + " beside " + clean(a.Into.Rule, nameLimit)
	default:
		out.Name = clean(a.Rule.Rule, nameLimit)
	}
	out.Lead, out.Why = reason(out.Name, out.Why)
	if m.URL != "" && a.Finding != nil {
		out.Link = m.URL + "#" + url.PathEscape(clean(*a.Finding, nameLimit))
	}
	return out
}

// subject is the title and what weighs most, on one line.
func (m *message) subject(d *Document) string {
	var parts []string
	for _, v := range []decide.Verb{decide.Delete, decide.Merge, decide.Repair} {
		n := 0
		for _, x := range d.Decisions {
			if x.Verb == v {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, string(v)+" "+count(n))
		}
	}
	if n := untoldIn(d); n > 0 {
		parts = append(parts, "nobody told of "+plural(n, "incident"))
	}
	if len(parts) == 0 {
		return clean(m.Title, 150)
	}
	return clean(m.Title+": "+strings.Join(parts, ", "), 150)
}

// takePromises lists the promises that need attention, those with least budget
// left first.
func (m *message) takePromises(d *Document) {
	var low []*SLO
	for i := range d.SLOs {
		s := &d.SLOs[i]
		if s.Remaining != nil && (*s.Remaining <= 0 || s.Exhaustion.Runs != nil && *s.Exhaustion.Runs) {
			low = append(low, s)
		}
	}
	slices.SortStableFunc(low, func(a, b *SLO) int { return cmp.Compare(*a.Remaining, *b.Remaining) })
	for _, s := range low[:min(messagePromises, len(low))] {
		says := "overspent"
		if *s.Remaining > 0 {
			says = "runs out within its window if errors go on"
		}
		name := clean(s.Service+"/"+s.Name, nameLimit)
		if group := labelList(s.Group); len(s.Group) > 0 {
			name += " {" + group + "}"
		}
		m.Promises = append(m.Promises, messageFact{name, budgetLeft(*s.Remaining) + " of the budget left, " + says})
	}
	if rest := len(low) - len(m.Promises); rest > 0 {
		m.MorePromises = plural(rest, "more promise") + " in need of attention"
	}
}

// budgetLeft writes the budget that is left, which may be below zero.
func budgetLeft(left float64) string {
	if left < 0 {
		return "−" + percent(-left)
	}
	return percent(left)
}

func noisyWords(r *Rule) string {
	out := plural(r.Episodes, "episode")
	if r.Notifications != nil {
		out += ", " + plural(*r.Notifications, "notification")
	}
	if r.Precision != nil && r.Precision.Known() {
		out += ", right in " + of(*r.Precision)
	}
	return out
}

func kpiWords(k *KPI) string {
	say := figure
	if k.Unit == noise.UnitRatio {
		say = percent
	}
	out := say(*k.Value)
	if k.Limit != nil {
		return out + ", never over " + say(*k.Limit)
	}
	if k.Target != nil {
		return out + ", target " + say(*k.Target)
	}
	return out
}

// doubts are what the reader must know before trusting the figures.
func doubts(d *Document) []string {
	q := d.DataQuality
	var out []string
	switch {
	case q.NothingKnown:
		return []string{"The source holds nothing for this window."}
	case q.Coverage != nil:
		out = append(out, "Prometheus recorded in "+percent(*q.Coverage)+" of the window.")
	default:
		out = append(out, "The pipeline’s own health is not known.")
	}
	if d.RouteAssumed != nil && *d.RouteAssumed {
		out = append(out, "Notifications are those of a default Alertmanager.")
	}
	if n := len(q.Warnings); n > 0 {
		out = append(out, fmt.Sprintf("%s while reading: the history may be partial.", plural(n, "warning")))
	}
	if d.Truth == nil {
		out = append(out, noTruth)
	}
	return out
}
