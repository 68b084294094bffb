package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
)

// fact is a row on how far the figures can be trusted.
type fact struct{ Label, Value, Note string }

type spellView struct {
	Kind, From, Lasted string
	Group              text
}

// takeSpells lists the longest spells in which the pipeline was unwell.
func (v *view) takeSpells(s *noise.Summary) {
	longest := slices.SortedStableFunc(slices.Values(s.Spells), func(a, b noise.Spell) int {
		return cmp.Compare(b.Duration(), a.Duration())
	})
	for _, x := range longest[:min(spellsShown, len(longest))] {
		v.Spells = append(v.Spells, spellView{spellSays(x.Kind), minute(x.From), span(x.Duration()), newText(x.Group, nameLimit)})
	}
	if n := len(longest) - len(v.Spells); n > 0 {
		v.MoreSpells = fmt.Sprintf("Not shown: %s, none longer than these. All are in the JSON.", plural(n, "more spell"))
	}
}

func spellSays(k noise.SpellKind) string {
	switch k {
	case noise.SpellRestart:
		return "restart"
	case noise.SpellFailedEvaluation:
		return "failed evaluations"
	case noise.SpellMissedEvaluation:
		return "missed evaluations"
	case noise.SpellOutage:
		return "nothing recorded"
	}
	return clean(string(k), 40)
}

// quality is what the reader must know before trusting the figures.
func quality(in Input) []fact {
	s := &in.Current
	out := []fact{
		coverageFact(s),
		markersFact(s),
		edgesFact("Starts", s.Starts, "The times at which alerts began to fire."),
		edgesFact("Ends", s.Ends, "The times at which alerts stopped firing. Durations and the fleeting share leave out ends that nobody saw."),
		touchedFact(s),
		rulesFact(s),
		notificationsFact(in),
	}
	out = append(out, truthFact(in)...)
	if len(in.SLOs) > 0 {
		out = append(out, promisesFact(in.SLOs))
	}
	return out
}

func coverageFact(s *noise.Summary) fact {
	share, ok := s.Coverage()
	if !ok {
		return fact{"Coverage", unknown, "The pipeline’s own metrics were not there, so restarts, failed evaluations and outages can’t be told from quiet."}
	}
	return fact{"Coverage", percent(share) + " of the window", "The share of time in which Prometheus recorded anything. What was not recorded counts as neither good nor bad."}
}

func markersFact(s *noise.Summary) fact {
	if s.Markers {
		return fact{"Staleness markers", "seen", "An end is told from a hole in the samples, and its time is exact."}
	}
	return fact{"Staleness markers", "not shown", "This way of reading shows no markers: an end is known to within one evaluation interval, and a hole may look like an end."}
}

func edgesFact(label string, e noise.EdgeCounts, note string) fact {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{e.Exact, "exact"},
		{e.WithinInterval, "within one interval"},
		{e.WithinGap, "somewhere in a gap"},
		{e.Lost, "lost"},
		{e.Cut, "before the window"},
		{e.Open, "still open"},
	} {
		if p.n > 0 {
			parts = append(parts, count(p.n)+" "+p.what)
		}
	}
	if len(parts) == 0 {
		parts = []string{"none"}
	}
	return fact{label, strings.Join(parts, ", "), note}
}

func touchedFact(s *noise.Summary) fact {
	value := "none"
	if s.Touched.Known() {
		value = fmt.Sprintf("%s episodes (%s)", of(s.Touched), share(s.Touched))
	}
	note := "Episodes with a bridged gap, or with an edge in a spell in which the pipeline was unwell. Blame the pipeline for these, not the rule."
	if !s.HealthKnown {
		note = "Episodes with a bridged gap. Spells are not known, so there may be more. Blame the pipeline for these, not the rule."
	}
	return fact{"Touched by the pipeline", value, note}
}

func rulesFact(s *noise.Summary) fact {
	if !s.RulesKnown {
		return fact{"Rules in force", unknown, "Only rules that left a trace are listed, by alertname and severity. Silent ones can’t be told from ones that don’t exist."}
	}
	return fact{"Rules in force", count(len(s.Rules)) + " listed", "Each alert was given to the rule whose name and static labels it carries."}
}
