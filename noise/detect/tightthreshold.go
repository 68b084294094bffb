package detect

import (
	"fmt"
	"math"

	"github.com/burnish-sre/burnish/noise"
)

func tightThreshold() Detector {
	return detector(Detector{
		Kind: noise.KindTightThreshold, Title: "its limit lies inside normal operation", Action: noise.GivenNeedlessly,
		Source: "EEMUA 191 (limits too close to regular operating parameters); the 99.5th percentile is ours",
	}, findTightThresholds)
}

func findTightThresholds(v view) []noise.Finding {
	var out []noise.Finding
	for i := range v.in.Ranges {
		g := &v.in.Ranges[i]
		if r := v.rule(g.Rule.RuleKey); r != nil && !r.standing && g.isTight(v.o) {
			out = append(out, v.tight(r, g))
		}
	}
	return firstByID(noise.KindTightThreshold, out)
}

// isTight tells whether the limit lies on the quiet side of the 99.5th
// percentile, where there are samples enough to know it: at a fifth of the
// number asked for, one sample lies beyond it.
func (g *Range) isTight(o *Options) bool {
	if g.Samples < max(1, o.TightSamples/5) || math.IsNaN(g.Threshold) || math.IsNaN(g.Q995) {
		return false
	}
	switch g.Operator {
	case ">", ">=":
		return g.Threshold < g.Q995
	case "<", "<=":
		return g.Threshold > g.Q995
	}
	return false
}

func (v view) tight(r *ruleFacts, g *Range) noise.Finding {
	f := noise.Finding{
		Rule: r.ref, Gravity: noise.GravityWarning, Confidence: noise.Strong,
		Why: fmt.Sprintf("Counted on %d samples.", g.Samples),
		Title: fmt.Sprintf("The limit of %s (%s %s) was passed in %s of the time without incidents.",
			name(r.ref.RuleKey), g.Operator, figure(g.Threshold), ratio(g.FiringShare)),
		Advice: fmt.Sprintf("Move the limit to %s or beyond, where normal operation leaves it alone 99.9%% of the time; check first that incidents are still caught.", figure(g.Q999)),
		Evidence: []noise.Fact{
			value("threshold", g.Threshold), value("p50", g.Q50), value("p95", g.Q95), value("p99", g.Q99),
			value("p99_5", g.Q995), value("p99_9", g.Q999), count("samples", g.Samples), value("firing_side_ratio", g.FiringShare),
		},
		Examples: v.examples(r.starts, markAny, longest),
	}
	switch {
	case !g.IncidentsKnown:
		f.Confidence, f.Why = noise.Weak, f.Why+" Incidents are not known, so all time was taken for normal."
	case g.Samples < v.o.TightSamples:
		f.Confidence, f.Why = noise.Weak, f.Why+" That is few for a 99.5th percentile."
	}
	if len(r.starts) == 0 {
		f.Gravity, f.Why = noise.GravityInfo, f.Why+" It did not fire: what the limit lets through, the waiting time holds back."
		return f
	}
	if score := v.score(r.ref.RuleKey); score != nil && score.Precision.Known() {
		f.Saves = v.part(r, 1-score.Precision.Ratio())
		f.Evidence = append(f.Evidence, share("episodes_about_incidents", score.Precision))
		f.Why += " It would save the episodes that met no incident." + v.unit()
	} else {
		f.Why += " How many of its episodes were needless is not known."
	}
	return f
}

// firstByID gives findings their ids and keeps the one of each that comes first
// in the order of findings, whatever order they were found in.
func firstByID(kind noise.Kind, findings []noise.Finding) []noise.Finding {
	best := map[string]noise.Finding{}
	for _, f := range findings {
		if f.ID == "" {
			f.ID = noise.FindingID(kind, f.Rule.RuleKey)
		}
		if old, ok := best[f.ID]; !ok || compareWhole(f, old) < 0 {
			best[f.ID] = f
		}
	}
	out := make([]noise.Finding, 0, len(best))
	for _, f := range best {
		out = append(out, f)
	}
	return out
}
