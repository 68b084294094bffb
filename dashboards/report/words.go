package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// ledeOnAlerts is how noisy it was, in three sentences.
func ledeOnAlerts(in Input) []string {
	s := &in.Current
	if !s.Observed {
		return []string{"The source holds nothing for this window: no alert, no rule, no sign of a Prometheus at work. So nothing can be said, neither good nor bad."}
	}
	if s.Episodes == 0 {
		return []string{quietSentence(s), capital(againstBefore(in)), standingSentence(s)}
	}
	return []string{volumeSentence(in), concentrationSentence(s), loadSentence(s)}
}

func quietSentence(s *noise.Summary) string {
	of := "No alert"
	if s.RulesKnown {
		of = "None of " + plural(len(s.Rules), "rule")
	}
	return of + " began to fire in " + days(s.Window) + "."
}

func volumeSentence(in Input) string {
	s := &in.Current
	rules := plural(s.RulesFired, "rule")
	if s.RulesKnown {
		rules = fmt.Sprintf("%s of %s", count(s.RulesFired), plural(len(s.Rules), "rule"))
	}
	perDay := float64(s.Episodes) / (s.Window.Duration().Hours() / 24)
	return fmt.Sprintf("In %s, %s fired %s, %s a day; %s",
		days(s.Window), rules, howOften(s.Episodes), figure(math.Round(perDay*10)/10), againstBefore(in))
}

func howOften(n int) string {
	if n == 1 {
		return "once"
	}
	return count(n) + " times"
}

// againstBefore compares with the window before, and ends its sentence.
func againstBefore(in Input) string {
	if in.Previous == nil {
		why := ""
		if in.PreviousUnknown != "" {
			why = " (" + clean(in.PreviousUnknown, 200) + ")"
		}
		return "whether that is more or less than the " + length(in.Current.Window) + " before is not known" + why + "."
	}
	now, before := in.Current.Episodes, in.Previous.Episodes
	prior := "the " + length(in.Current.Window) + " before"
	switch {
	case now == before:
		return "as many as " + prior + "."
	case before == 0:
		return "there was none in " + prior + "."
	case now >= 2*before:
		return fmt.Sprintf("%s times as many as %s (%s).", figure(math.Round(float64(now)/float64(before)*10)/10), prior, count(before))
	case now > before:
		return fmt.Sprintf("%s more than %s (%s).", percent(float64(now-before)/float64(before)), prior, count(before))
	}
	return fmt.Sprintf("%s fewer than %s (%s).", percent(float64(before-now)/float64(before)), prior, count(before))
}

func concentrationSentence(s *noise.Summary) string {
	top := &s.Rules[0]
	out := fmt.Sprintf("The noisiest rule, %s, made %s of the episodes", clean(top.Name, nameLimit), share(top.ShareOfAll))
	if k, ok := s.KPI(noise.KPITopTen); ok && s.RulesFired > 10 {
		out += " and the ten noisiest " + percent(k.Value)
	}
	if s.Fleeting.Known() {
		out += fmt.Sprintf("; %s of the %s whose two ends are known (%s) lasted no longer than %s",
			count(s.Fleeting.Count), count(s.Fleeting.Of), share(s.Fleeting), span(s.Options.Fleeting))
	}
	return out + "."
}

func loadSentence(s *noise.Summary) string {
	most, _ := s.KPI(noise.KPIMostInTen)
	floods := "there was no flood of alerts"
	if len(s.Floods) > 0 {
		floods = fmt.Sprintf("%s took up %s of the time (%s)",
			plural(len(s.Floods), "flood"), percent(s.FloodFor.Seconds()/s.Window.Duration().Seconds()), span(s.FloodFor))
	}
	return fmt.Sprintf("At the busiest, %s within 10 minutes; %s; %s",
		started(int(most.Value)), floods, lowerFirst(standingSentence(s)))
}

func started(n int) string {
	if n == 1 {
		return "1 alert started"
	}
	return count(n) + " alerts started"
}

func standingSentence(s *noise.Summary) string {
	if len(s.Standing) == 0 {
		return "No alert was firing at the end."
	}
	out := isAre(len(s.Standing), "alert") + " firing at the end"
	return out + staleClause(s) + "."
}

// staleClause says how many of the standing alerts are stale.
func staleClause(s *noise.Summary) string {
	long := "for more than " + span(s.Options.Stale)
	switch n := staleNow(s); n {
	case 0:
		return ""
	case len(s.Standing):
		return ", " + long
	default:
		return fmt.Sprintf(", %s of them %s", count(n), long)
	}
}

// capital begins a sentence; its first letter is one of ours.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func lowerFirst(s string) string {
	if strings.HasPrefix(s, "No ") {
		return "no " + s[len("No "):]
	}
	return s
}

// headlines are the lines for a terminal: five, and those on what to change and
// on promises as far as there are any.
func headlines(in Input) []string {
	s := &in.Current
	if !s.Observed || s.Episodes == 0 {
		return lede(in)
	}
	out := append([]string{volumeSentence(in)}, judgedHeadlines(in)...)
	out = append(out, noisiestLine(s), shareLine(s), loadSentence(s))
	if promises := promiseSentence(in); promises != "" {
		out = append(out, promises)
	}
	return append(out, doubtLine(s, len(in.Warnings)))
}

func noisiestLine(s *noise.Summary) string {
	r := &s.Rules[0]
	name := clean(r.Name, nameLimit)
	if where := place(r.RuleKey); where != "" {
		name += " (" + clean(where, nameLimit) + ")"
	}
	line := fmt.Sprintf("Noisiest rule: %s, %s (%s of all)", name, plural(r.Episodes, "episode"), share(r.ShareOfAll))
	if r.Duration.Known() {
		line += fmt.Sprintf(", half of them over within %s; %s re-fired within %s", span(r.Duration.Median), share(r.Refires), span(s.Options.Refire))
	}
	return line + "."
}

func shareLine(s *noise.Summary) string {
	var parts []string
	if k, ok := s.KPI(noise.KPITopTen); ok && s.RulesFired > 10 {
		parts = append(parts, fmt.Sprintf("The 10 noisiest of %s rules made %s of all episodes (ISA-18.2: at most 5%%)", count(s.RulesFired), percent(k.Value)))
	}
	if s.Fleeting.Known() {
		parts = append(parts, fmt.Sprintf("%s episodes with known ends were over within %s", of(s.Fleeting), span(s.Options.Fleeting)))
	}
	parts = append(parts, fmt.Sprintf("%s were re-fires within %s", share(s.Refires), span(s.Options.Refire)))
	return strings.Join(parts, "; ") + "."
}

// doubtLine says how far the figures can be trusted.
func doubtLine(s *noise.Summary, warnings int) string {
	ends := s.Ends
	closed := ends.Exact + ends.WithinInterval + ends.WithinGap + ends.Lost
	exact := slo.Proportion{Count: ends.Exact, Of: closed}
	line := "How sure: no episode ended in the window"
	if closed > 0 {
		line = fmt.Sprintf("How sure: %s of %s ends are exact", count(exact.Count), count(exact.Of))
	}
	switch {
	case !s.HealthKnown:
		line += "; the pipeline’s own health is not known"
	default:
		line += fmt.Sprintf("; the pipeline had a hand in %s of episodes", share(s.Touched))
	}
	if warnings > 0 {
		line += "; " + plural(warnings, "warning") + " while reading, so the history may be partial"
	}
	return line + "."
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

// definition is one term of the report.
type definition struct{ Term, Text, Source string }

func definitions(o noise.Options) []definition {
	return []definition{
		{"Episode", "One continuous firing of one alert (one rule, one label set) that began in the window. An alert that fired when the window began is carried over and not counted again.", ""},
		{"Pending only", "The condition became true but did not hold for the rule’s “for”, so nothing fired.", ""},
		{"Firing time", "The time within the window in which alerts of the rule fired, added up over label sets.", ""},
		{"Median, p95", "By nearest rank, of the episodes that began and ended in the window and whose two ends are known.", ""},
		{"Fleeting", "Fired for no longer than " + span(o.Fleeting) + ", of the episodes whose two ends are known.", "after ISA-18.2"},
		{"Re-fire", "A start no later than " + span(o.Refire) + " after the same alert’s last known end, of all starts.", ""},
		{"Flapping", "One alert starting three times within " + span(o.FlapWithin) + ". A rule counts as a nuisance if an alert of it flapped, or if half or more of its episodes, and at least three, were fleeting.", "chattering in ISA-18.2"},
		{"Flood", fmt.Sprintf("From the instant at which %d alerts have started within 10 minutes until fewer than %d have.", o.FloodStart, o.FloodEnd), "ISA-18.2, EEMUA 191"},
		{"Stale", "Firing for more than " + span(o.Stale) + ".", "ISA-18.2"},
		{"Severity", "Levels by the severity label: critical, page, emergency, error, high are high; warning, ticket, medium are medium; info, low, notice, none are low; unless the settings say otherwise.", "80/15/5: ISA-18.2, HSE CHIS 6"},
		{"Incident on call", "High-severity starts with no more than " + span(o.PageGap) + " between one and the next, taken together; what goes on without a pause counts anew every 4 hours. At most two in a 12-hour shift leave time to deal with them.", "Google, Site Reliability Engineering"},
		{"Benchmarks", "Figures per operator position, from at least 30 days of data. They are approximate, and meeting them does not prove that alerts are good.", "ISA-18.2-2016 clause 16, IEC 62682, HSE CHIS 6 (EEMUA 191)"},
	}
}
