package report

import (
	"fmt"
	"math"
	"strings"
)

// lede is the report in three sentences; where nothing was judged, a fourth tells
// how the promises stand.
func lede(in Input) []string {
	if !in.Current.Observed || in.Judged == nil {
		out := ledeOnAlerts(in)
		if promises := promiseSentence(in); promises != "" {
			out = append(out, promises)
		}
		return out
	}
	out := []string{volumeSentence(in)}
	if in.Current.Episodes == 0 {
		out = []string{quietSentence(&in.Current) + " " + capital(againstBefore(in)) + " " + standingSentence(&in.Current)}
	}
	for _, s := range []string{worthSentence(in), lossSentence(in)} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// loudest says where the noise comes from, in two sentences; empty where the
// first sentences have said it.
func loudest(in Input) []string {
	if in.Judged == nil || !in.Current.Observed || in.Current.Episodes == 0 {
		return nil
	}
	return []string{concentrationSentence(&in.Current), loadSentence(&in.Current)}
}

// lossSentence is what nobody was told of, and how the promises stand.
func lossSentence(in Input) string {
	var parts []string
	if all := in.untold(); len(all) > 0 {
		worst := clean(incidentName(all[0]), nameLimit)
		says := fmt.Sprintf("nobody was told of %s of %s, %s before all", count(len(all)), plural(len(in.judgement().Incidents), "incident"), worst)
		if len(all) == 1 {
			says = strings.Replace(says, ", "+worst+" before all", ": "+worst, 1)
		}
		parts = append(parts, says)
	} else if j := in.judgement(); j != nil && len(j.Incidents) > 0 {
		parts = append(parts, "of each of "+plural(len(j.Incidents), "incident")+" at least one alert told")
	}
	if promises := strings.TrimSuffix(promiseSentence(in), "."); promises != "" {
		parts = append(parts, strings.ToLower(promises[:1])+promises[1:])
	}
	if len(parts) == 0 {
		return ""
	}
	return capital(strings.Join(parts, "; ")) + "."
}

// savedClause is what all the decisions together would save; empty where that is
// nothing that is known.
func savedClause(in Input) string {
	saves := in.savesOf("")
	n, _ := totalSent(in)
	if saves < 0.05 || n == nil {
		return ""
	}
	week := in.Judged.Route.PerWeek(*n)
	return fmt.Sprintf("what is advised here would save %s of %s a week",
		figure(math.Round(min(saves, week)*10)/10), figure(math.Round(week*10)/10))
}
