package detect

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func blindSpot() Detector {
	return detector(Detector{
		Kind: noise.KindBlindSpot, Title: "a loss that nobody was told of", Action: noise.NotGiven,
		Source: "STPA (Leveson and Thomas 2018): a control action that was needed and not given; Google SRE Workbook, chapter 5 (recall)",
	}, findBlindSpots)
}

func findBlindSpots(v view) []noise.Finding {
	j := v.in.Judgement
	if j == nil || !j.Known {
		return nil
	}
	var out []noise.Finding
	counted := map[string]struct{}{}
	for i := range j.SLOs {
		s := &j.SLOs[i]
		for _, id := range s.Missed {
			counted[id] = struct{}{}
		}
		if len(s.Missed) > 0 {
			out = append(out, v.blindSLO(s))
		}
	}
	return append(out, v.blindDeclared(j, counted)...)
}

func (v view) blindSLO(s *truth.SLOScore) noise.Finding {
	missed := sortedTexts(s.Missed)
	whose := clip(s.SLO, mostText)
	all := slo.Proportion{Count: len(missed), Of: max(len(missed), s.Recall.Of)}
	f := noise.Finding{
		ID:      noise.FindingID(noise.KindBlindSpot, noise.RuleKey{}, s.SLO, s.Labels.String()),
		Gravity: noise.GravityWarning, SLO: s.SLO, Incidents: missed, Confidence: noise.Proven,
		Title: fmt.Sprintf("Nobody was told of %s incidents of %s.", percent(all), whose),
		Evidence: []noise.Fact{
			share("incidents_not_told", all), value("budget_burned_ratio", s.Burned),
			value("budget_burned_unseen_ratio", max(0, s.Burned-s.Caught)), count("rules_tied_to_it", len(s.Rules)),
		},
		Advice: fmt.Sprintf("Alert on the burn rate of %s; see the near misses for rules that would nearly have caught them.", whose),
		Why:    "Counted against the incidents of the window. Alerts that nothing ties to this SLO by label or mapping do not count.",
	}
	if !s.Labels.IsEmpty() {
		f.Evidence = append(f.Evidence, text("labels", s.Labels.String()))
	}
	tied := make([]noise.RuleRef, 0, len(s.Rules))
	for _, key := range s.Rules {
		tied = append(tied, v.ref(noise.RuleRef{RuleKey: key}))
	}
	f.SeenWith(refs(tied)...)
	if s.TellsUs == nil {
		f.Gravity = noise.GravityError
		f.Title = fmt.Sprintf("No alert tells of %s: %s incidents went by unseen.", whose, percent(all))
	}
	return f
}

// blindDeclared are the incidents that name no SLO and that nobody was told of,
// together by whose they are.
func (v view) blindDeclared(j *truth.Judgement, counted map[string]struct{}) []noise.Finding {
	missed, all := map[string][]string{}, map[string]int{}
	for i := range j.Incidents {
		x := &j.Incidents[i]
		if _, done := counted[x.ID]; done || x.SLO != "" {
			continue
		}
		whose := x.Labels.String()
		all[whose]++
		if !x.Told() {
			missed[whose] = append(missed[whose], x.ID)
		}
	}
	var out []noise.Finding
	for whose, ids := range missed {
		share1 := slo.Proportion{Count: len(ids), Of: all[whose]}
		out = append(out, noise.Finding{
			ID:      noise.FindingID(noise.KindBlindSpot, noise.RuleKey{}, "", whose),
			Gravity: noise.GravityWarning, Incidents: sortedTexts(ids), Confidence: noise.Proven,
			Title:    fmt.Sprintf("Nobody was told of %s declared incidents of %s.", percent(share1), clip(whose, mostText)),
			Evidence: []noise.Fact{share("incidents_not_told", share1), text("labels", whose)},
			Advice:   "Define an SLO for what was hurt and alert on its burn rate; see the near misses for rules that would nearly have caught them.",
			Why:      "Counted against the declared incidents of the window.",
		})
	}
	return out
}

func sortedTexts(texts []string) []string {
	return slices.Compact(slices.SortedFunc(slices.Values(texts), strings.Compare))
}
