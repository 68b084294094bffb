package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise/decide"
)

// worthSentence is how much reached people, and how much of it was about
// something.
func worthSentence(in Input) string {
	var parts []string
	if n, pages := totalSent(in); n != nil {
		parts = append(parts, fmt.Sprintf("Alertmanager made %s of it, %s of them pages", plural(*n, "notification"), count(*pages)))
		if in.Judged.Route.Assumed {
			parts[0] = "A default Alertmanager would have made " + plural(*n, "notification") + " of it"
		}
	}
	if j := in.judgement(); j != nil {
		p := judgedEpisodes(j)
		switch {
		case len(j.Incidents) == 0:
			parts = append(parts, "no incident is known")
		case p.Known():
			parts = append(parts, fmt.Sprintf("%s episodes that can be judged (%s) were about %s", of(p), percent(p.Ratio()), anIncident(len(j.Incidents))))
		}
	}
	if saved := savedClause(in); saved != "" {
		parts = append(parts, saved)
	}
	if len(parts) == 0 {
		return ""
	}
	return capital(strings.Join(parts, "; ")) + "."
}

func anIncident(n int) string {
	if n == 1 {
		return "the one incident"
	}
	return "one of " + plural(n, "incident")
}

// untoldSentence names what nobody was told of; empty where all was told of.
func untoldSentence(in Input) string {
	j := in.judgement()
	if j == nil {
		return ""
	}
	names, all := untold(in)
	if all == 0 {
		return ""
	}
	return fmt.Sprintf("Nobody was told of %s of %s: %s.", count(all), plural(len(j.Incidents), "incident"), strings.Join(names, "; "))
}

// decided are the decisions of a verb, in their order.
func (in Input) decided(verb decide.Verb) []decide.Decision {
	if in.Judged == nil {
		return nil
	}
	var out []decide.Decision
	for _, d := range in.Judged.Decisions {
		if d.Verb == verb {
			out = append(out, d)
		}
	}
	return out
}

// decidedName is the rule of a decision, and the one that stays.
func decidedName(d decide.Decision) string {
	name := clean(d.Rule.Name, nameLimit)
	if d.Into == nil {
		return name
	}
	into := clean(d.Into.Name, nameLimit)
	if d.Into.Name == d.Rule.Name && d.Into.Severity != d.Rule.Severity {
		name, into = name+" ("+clean(d.Rule.Severity, 24)+")", into+" ("+clean(d.Into.Severity, 24)+")"
	}
	if d.Verb == decide.Merge {
		return name + " into " + into
	}
	return name + " beside " + into
}

// decidedNamed is how many rules of a decision a sentence names.
const decidedNamed = 5

// decidedNames lists the rules of decisions for a sentence.
func decidedNames(all []decide.Decision) string {
	var names []string
	for _, d := range all[:min(decidedNamed, len(all))] {
		names = append(names, decidedName(d))
	}
	return strings.Join(andMore(names, len(all)), ", ")
}

// judgedHeadlines are the lines on what to delete, what to merge, and what
// nobody was told of, as far as there is any.
func judgedHeadlines(in Input) []string {
	var out []string
	if all := in.decided(decide.Delete); len(all) > 0 {
		out = append(out, fmt.Sprintf("Delete %s: %s.", plural(len(all), "rule"), decidedNames(all)))
	}
	if all := in.decided(decide.Merge); len(all) > 0 {
		out = append(out, fmt.Sprintf("Merge %s: %s.", plural(len(all), "rule"), decidedNames(all)))
	}
	if s := untoldSentence(in); s != "" {
		out = append(out, s)
	}
	return out
}

func andMore(names []string, all int) []string {
	if rest := all - len(names); rest > 0 {
		names = append(names, count(rest)+" more")
	}
	return names
}

// notificationsFact says whether it is known what was sent.
func notificationsFact(in Input) fact {
	n, pages := totalSent(in)
	switch {
	case n == nil:
		return fact{"Notifications", unknown, "All counts are of firing starts. What Alertmanager made of them (grouping, silences, inhibition, repeats) was not read."}
	case in.Judged.Route.Assumed:
		return fact{"Notifications", plural(*n, "notification") + ", assumed", "Replayed through a default configuration, since none was given."}
	}
	return fact{"Notifications", fmt.Sprintf("%s, %s", plural(*n, "notification"), plural(*pages, "page")), "Replayed through Alertmanager’s configuration. It is a model of what was sent, not a log of it."}
}

// truthFact says by what alerts were judged; nil where nobody tried.
func truthFact(in Input) []fact {
	if in.Judged == nil {
		return nil
	}
	j := in.judgement()
	if j == nil {
		return []fact{{"Truth", unknown, noTruth}}
	}
	declared := 0
	for i := range j.Incidents {
		if j.Incidents[i].Declared {
			declared++
		}
	}
	return []fact{{
		"Truth", fmt.Sprintf("%s, %s declared, %s watched", plural(len(j.Incidents), "incident"), count(declared), plural(len(j.SLOs), "SLO")),
		"A loss that no SLO measures and nobody declared is not there, and an alert that told of it looks needless.",
	}}
}

func judgedDefinitions(in Input) []definition {
	var out []definition
	if j := in.judgement(); j != nil {
		out = append(out,
			definition{"Incident", "A stretch in which an SLO lost budget faster than it may, or one that somebody declared.", ""},
			definition{"Precision", "The share of a rule’s episodes that met an incident of its own, from " + span(j.Options.Lead) + " before the start to the end, of those that can be judged.", "interval: Wilson 1927"},
			definition{"Recall", "The share of the incidents of its own that an episode met. “At onset” counts those with which one began: a standing alert meets everything and tells of nothing.", ""},
			definition{"Detection", "From the incident’s start to the first alert that began with it. What a person could have known at the time may be less.", ""},
			definition{"Signals", "The alerts that fired about an incident, in order of onset. Several contributors, each necessary, make an incident; the first to fire is not the culprit.", ""},
			definition{"Unsafe control action", "An alert not given, given needlessly, too early or too late, or stopped too soon or held too long.", "STPA: Leveson and Thomas 2018"},
			definition{"MTBF, MTTF, MTTR, MTTA", "Mean time from failure to failure, from a failure’s end to the next, from its start to its end, and from the first alert to the first silence made on it. Incidents of one service that overlap are one failure.", ""},
		)
	}
	if in.Judged != nil && in.Judged.Overlap != nil {
		out = append(out,
			definition{"Containment", "The share of a rule’s firing that lies within another’s, alert by alert on the labels that both carry.", ""},
			definition{"Lift", "How many times longer two rules fire together than their firing, shifted round the window, would by chance. No pair is listed without it, with the false discoveries over all pairs held to 5%.", "Benjamini and Hochberg 1995"},
		)
	}
	return slices.Clip(out)
}
