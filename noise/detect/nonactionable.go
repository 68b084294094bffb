package detect

import (
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func nonActionable() Detector {
	return detector(Detector{
		Kind: noise.KindNonActionable, Title: "was never needed", Action: noise.GivenNeedlessly,
		Source: "Tang et al., NOMS 2012 (non-actionable alerts); Google SRE Workbook, chapter 5 (precision); the least number of episodes is ours",
	}, findNonActionable)
}

func findNonActionable(v view) []noise.Finding {
	var out []noise.Finding
	v.noisy(func(r *ruleFacts) {
		score := v.score(r.ref.RuleKey)
		if score == nil || score.Precision.Count > 0 || min(score.Precision.Of, len(r.starts)) < v.o.NonActionableEpisodes {
			return
		}
		if r.count(markAcked|markIncident, 0) > 0 {
			return
		}
		sure, why := v.strong.of(score.Precision.Of)
		acked := " Nobody made a silence while it fired."
		if !v.acksKnown {
			acked = " Whether somebody acknowledged it is not known."
		}
		_, high := score.Precision.Interval()
		out = append(out, noise.Finding{
			Rule: r.ref, Gravity: noise.GravityWarning, Confidence: sure, Saves: v.saving(r, markAny), SLO: only(score.SLOs),
			Why:   fmt.Sprintf("%s By chance alone up to %s of its episodes could be about incidents.%s%s", why, ratio(high), acked, v.unit()),
			Title: fmt.Sprintf("%s fired %d times, and never about an incident.", name(r.ref.RuleKey), score.Precision.Of),
			Advice: fmt.Sprintf("Stop notifying of %s: delete it, or keep it on a dashboard. If it guards against something that has not happened yet, write down what.",
				name(r.ref.RuleKey)),
			Evidence: []noise.Fact{
				share("episodes_about_incidents", score.Precision),
				share("acknowledged", v.acked(r)), text("basis", string(score.Basis)),
			},
			Examples: v.needless(r, score.Needless),
		})
	})
	return out
}

// acked is the share of the episodes that somebody acknowledged; unknown where
// no silences were read.
func (v view) acked(r *ruleFacts) slo.Proportion {
	if !v.acksKnown {
		return slo.Proportion{}
	}
	return slo.Proportion{Count: r.count(markAcked, 0), Of: len(r.starts)}
}

// needless are the judged episodes that the truth names as such, else the
// longest of the rule.
func (v view) needless(r *ruleFacts, named []noise.Episode) []noise.Episode {
	if len(named) > 0 {
		return named[:min(3, len(named))]
	}
	return v.examples(r.starts, markAny, longest)
}

// only is the one text there is; empty where there are none or several.
func only(texts []string) string {
	if len(texts) != 1 {
		return ""
	}
	return texts[0]
}
