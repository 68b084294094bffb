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
	out := countWas(len(s.Standing), "alert") + " firing at the end"
	return out + staleClause(s) + "."
}

// capital begins a sentence; its first letter is one of ours.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// goesOn is an imperative sentence as it goes on after a colon.
func goesOn(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToLower(s[:1]) + s[1:]
}

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
