package truth

import (
	"slices"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// tally is what is counted of an SLO while the rules are judged.
type tally struct {
	actions Actions
	rules   []noise.RuleKey
	best    catch
}

// catch is how well a rule catches the incidents of an SLO.
type catch struct {
	rule    noise.RuleKey
	onsets  int
	soonest int64 // median from start to onset, in milliseconds
}

// isBetter prefers more incidents, then sooner ones, then the rule's key.
func (c catch) isBetter(than catch) bool {
	switch {
	case c.onsets != than.onsets:
		return c.onsets > than.onsets
	case c.soonest != than.soonest:
		return c.soonest < than.soonest
	}
	return compareKeys(c.rule, than.rule) < 0
}

// compare holds what a rule catches of each SLO against the best so far.
func (b *bench) compare(r int32) {
	delays := map[int32][]int64{}
	for _, h := range b.hits[r] {
		in := &b.g.incidents[h.incident]
		for _, u := range in.units {
			delays[u] = append(delays[u], max(0, h.fired-in.from))
		}
	}
	for u, d := range delays {
		slices.Sort(d)
		c := catch{b.cast.rows[r].RuleKey, len(d), nearestRank(d, 0.5)}
		if best := &b.units[u].best; best.onsets == 0 || c.isBetter(*best) {
			*best = c
		}
	}
}

// sloScore is how well one SLO was watched.
func (b *bench) sloScore(u int32) SLOScore {
	unit, t := &b.g.units[u], &b.units[u]
	s := SLOScore{SLO: unit.slo, Labels: unit.labels, Rules: t.rules, Actions: t.actions}
	incidents := slices.Clone(unit.losses)
	incidents.unite(unit.named)
	n, caught, onsets := 0, 0, 0
	var delays []int64
	incidents.each(func(i int32) {
		in, told := &b.g.incidents[i], &b.told[i]
		if !in.inWindow {
			return
		}
		n++
		if in.Burned != nil {
			s.Burned += *in.Burned
		}
		if !told.isFresh {
			s.Missed = append(s.Missed, in.ID)
		}
		if !told.ok {
			return
		}
		caught++
		if in.Burned != nil {
			s.Caught += *in.Burned
		}
		if told.onsets > 0 {
			onsets++
			delays = append(delays, max(0, told.first-in.from))
		}
	})
	s.Recall, s.Onset = slo.Proportion{Count: caught, Of: n}, slo.Proportion{Count: onsets, Of: n}
	s.Detection = spread(delays)
	s.Actions.NotGiven = len(s.Missed)
	if t.best.onsets > 0 {
		s.TellsUs = &t.best.rule
	}
	return s
}
