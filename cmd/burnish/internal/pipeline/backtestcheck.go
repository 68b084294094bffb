package pipeline

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Reproduction is how many of the recorded episodes a replay gives.
type Reproduction struct {
	All   slo.Proportion
	Rules []RuleReproduction // those of which an episode was recorded, by key
}

// RuleReproduction is the same of one rule.
type RuleReproduction struct {
	noise.RuleRef
	// Reproduced is the share of the recorded episodes that began to fire in the
	// window at an evaluation at which the replay began one as well, that ended
	// at the same evaluation too, and Extra are those that were not recorded.
	Reproduced slo.Proportion
	Extra      int
	// Templated tells that a label is filled in at evaluation in a way that the
	// replay leaves out: alerts that differ in nothing else are one to it.
	Templated bool
}

// reproduce compares the replay of the rules in force with what was recorded.
func (b *backtest) reproduce() Reproduction {
	var out Reproduction
	index := noise.NewRuleIndex(b.reading.Rules)
	recorded := make([][]noise.Episode, len(b.reading.Rules))
	for i := range b.reading.Episodes {
		e := &b.reading.Episodes[i]
		if rule, ok := index.Find(e); ok && e.Fired() && e.Certainty.Fired != noise.EdgeCut && b.window.Contains(e.FiredAt) {
			recorded[rule] = append(recorded[rule], *e)
		}
	}
	for rule := range recorded {
		p := &b.pairs[rule] // pairRules keeps the order of the rules in force
		if p.left() || len(recorded[rule]) == 0 {
			continue
		}
		got := compareRecorded(p.old, recorded[rule], b.startedIn(p.episodes[oldSide]))
		got.RuleRef = p.old.Ref()
		out.All.Count += got.Reproduced.Count
		out.All.Of += got.Reproduced.Of
		out.Rules = append(out.Rules, got)
	}
	return out
}

// startedIn are the episodes that began to fire in the window.
func (b *backtest) startedIn(episodes []noise.Episode) []noise.Episode {
	return slices.DeleteFunc(slices.Clone(episodes), func(e noise.Episode) bool {
		return e.Certainty.Fired == noise.EdgeCut || !b.window.Contains(e.FiredAt)
	})
}

// nearby is how many episodes of one alert can begin within two intervals.
const nearby = 3

// compareRecorded pairs recorded and replayed episodes of one rule.
func compareRecorded(rule *noise.Rule, recorded, replayed []noise.Episode) RuleReproduction {
	without := unfilled(rule)
	step := rule.Interval
	if step <= 0 {
		step = collector.DefaultEvaluation
	}
	name := func(e *noise.Episode) string {
		return string(e.Labels.BytesWithoutLabels(nil, append([]string{labels.MetricName}, without...)...))
	}
	of := map[string][]*noise.Episode{}
	for i := range replayed {
		e := &replayed[i]
		of[name(e)] = append(of[name(e)], e)
	}
	out := RuleReproduction{Templated: len(without) > 0}
	used := map[*noise.Episode]bool{}
	for i := range recorded {
		e := &recorded[i]
		candidates := of[name(e)]
		out.Reproduced.Of++
		at, _ := slices.BinarySearchFunc(candidates, e.FiredAt.Add(-step), func(r *noise.Episode, t time.Time) int { return r.FiredAt.Compare(t) })
		for _, r := range candidates[at:min(at+nearby, len(candidates))] {
			if !used[r] && sameEdges(e, r, step) {
				used[r] = true
				out.Reproduced.Count++
				break
			}
		}
	}
	out.Extra = len(replayed) - out.Reproduced.Count
	return out
}

// sameEdges tells whether a recorded episode began to fire and ended at the same
// evaluations as a replayed one; an end that nobody saw agrees with any.
func sameEdges(recorded, replayed *noise.Episode, step time.Duration) bool {
	if apart(recorded.FiredAt, replayed.FiredAt) >= step {
		return false
	}
	switch recorded.Certainty.Resolved {
	case noise.EdgeLost, noise.EdgeWithinGap, noise.EdgeCut, noise.EdgeOpen:
		return true
	case noise.EdgeExact, noise.EdgeWithinInterval, noise.EdgeNone:
	}
	if recorded.Open() || replayed.Open() {
		return recorded.Open() == replayed.Open()
	}
	return apart(recorded.ResolvedAt, replayed.ResolvedAt) < step
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
