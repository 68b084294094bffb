package detect

import (
	"cmp"
	"fmt"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

func misleadingSeverity() Detector {
	return detector(Detector{
		Kind: noise.KindMisleadingSeverity, Title: "its severity says something else than its history", Action: noise.GivenNeedlessly,
		Source: "Yang et al., DSN 2022, anti-pattern A2 (misleading severity); ISA-18.2-2016 for the mix of priorities; the limits are ours",
	}, findMisleading)
}

func findMisleading(v view) []noise.Finding {
	if v.scores == nil {
		return nil
	}
	var out []noise.Finding
	known := map[string]*truth.Score{} // the best page of each SLO, which many rules may be tied to
	best := func(id string) *truth.Score {
		page, ok := known[id]
		if !ok {
			page = v.bestPage(id)
			known[id] = page
		}
		return page
	}
	v.noisy(func(r *ruleFacts) {
		score := v.score(r.ref.RuleKey)
		if score == nil || score.Precision.Of < v.o.MisleadingEpisodes {
			return
		}
		switch r.level {
		case noise.LevelHigh:
			if score.Precision.Ratio() < v.o.MisleadingPrecision {
				out = append(out, v.needlessPage(r, score))
			}
		case noise.LevelMedium, noise.LevelLow:
			if f, ok := v.tellingTicket(r, score, best); ok {
				out = append(out, f)
			}
		case noise.LevelUnclassified:
		}
	})
	return out
}

// needlessPage is a rule that pages and is hardly ever right.
func (v view) needlessPage(r *ruleFacts, score *truth.Score) noise.Finding {
	low, high := score.Precision.Interval()
	f := noise.Finding{
		Rule: r.ref, Gravity: noise.GravityWarning, Confidence: noise.Strong, SLO: only(score.SLOs),
		Title: fmt.Sprintf("%s pages, and %s of its episodes were about an incident.", named(r.ref.RuleKey), percent(score.Precision)),
		Advice: fmt.Sprintf("Lower the severity of %s to a ticket, or repair it first if another finding says how; page on the burn rate of the SLO instead.",
			name(r.ref.RuleKey)),
		Why: fmt.Sprintf("The true share is %s to %s at 95%%. A lower severity changes who is told and when, not how often.", ratio(low), ratio(high)),
		Evidence: []noise.Fact{
			share("episodes_about_incidents", score.Precision), share("incidents_told", score.Recall), text("basis", string(score.Basis)),
		},
		Examples: v.needless(r, score.Needless),
	}
	if high >= v.o.MisleadingPrecision {
		f.Confidence = noise.Weak
	}
	return f
}

// tellingTicket is a ticket that tells of more of an SLO's incidents, at their
// start, than any page of that SLO.
func (v view) tellingTicket(r *ruleFacts, score *truth.Score, best func(id string) *truth.Score) (noise.Finding, bool) {
	if score.Onset.Count < v.o.TicketIncidents || score.Precision.Ratio() < 0.5 {
		return noise.Finding{}, false
	}
	for _, id := range score.SLOs {
		page := best(id)
		if page == nil || page.Onset.Of == 0 || score.Onset.Ratio() <= page.Onset.Ratio() {
			continue
		}
		f := noise.Finding{
			Rule: r.ref, Others: []noise.RuleRef{v.ref(noise.RuleRef{RuleKey: page.RuleKey, Line: page.Line})}, SLO: id,
			Gravity: noise.GravityWarning, Confidence: noise.Strong, Action: noise.NotGiven,
			Title: fmt.Sprintf("%s told of %s of its incidents as they began, the best page of the SLO of %s.",
				named(r.ref.RuleKey), percent(score.Onset), percent(page.Onset)),
			Advice: fmt.Sprintf("Page on %s, or on the burn rate of the SLO, and lower %s.", name(r.ref.RuleKey), named(page.RuleKey)),
			Why:    "The two shares are far enough apart that chance does not explain it.",
			Evidence: []noise.Fact{
				share("incidents_told_as_they_began", score.Onset), share("best_page", page.Onset),
				share("episodes_about_incidents", score.Precision),
			},
			Examples: v.examples(r.starts, markAny, longest),
		}
		low, _ := score.Onset.Interval()
		if _, high := page.Onset.Interval(); low <= high {
			f.Confidence, f.Why = noise.Weak, "The two shares lie within one another's bounds of chance; a few incidents more may show otherwise."
		}
		return f, true
	}
	return noise.Finding{}, false
}

// bestPage is the paging rule that told of most of the SLO's incidents as they
// began; nil where none is tied to it.
func (v view) bestPage(id string) *truth.Score {
	var best *truth.Score
	for _, key := range v.tied[id] {
		s := v.scores[key]
		if v.o.level(key.Severity) != noise.LevelHigh || s == nil {
			continue
		}
		if best == nil || cmp.Or(
			cmp.Compare(s.Onset.Count*best.Onset.Of, best.Onset.Count*s.Onset.Of), compareKeys(best.RuleKey, s.RuleKey),
		) > 0 {
			best = s
		}
	}
	return best
}
