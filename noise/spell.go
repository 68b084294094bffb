package noise

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// SpellKind names a way in which the pipeline that evaluates rules was unwell.
type SpellKind string

// The kinds of spell.
const (
	// SpellRestart: Prometheus started; alerts whose `for` is under the grace
	// period start over, and every alert series has a hole.
	SpellRestart SpellKind = "restart"
	// SpellFailedEvaluation: a rule group's evaluation failed, so that its
	// alerts wrote neither a sample nor a marker.
	SpellFailedEvaluation SpellKind = "failed_evaluation"
	// SpellMissedEvaluation: a rule group was evaluated too late and slots
	// were skipped.
	SpellMissedEvaluation SpellKind = "missed_evaluation"
	// SpellOutage: Prometheus recorded nothing at all.
	SpellOutage SpellKind = "outage"
)

// Spell is a span in which the pipeline was unwell, so that no rule may be
// blamed for what its alerts did then.
type Spell struct {
	slo.Interval
	Kind  SpellKind
	Group string // "file;group" as Prometheus names it; empty for all groups
}

// Blame notes on each episode the kinds of spell that touched it: an edge of it
// lies in the spell, or a hole in it was bridged while the spell lasted. Spells
// of one rule group touch only the episodes that are known to be of that group.
func Blame(episodes []Episode, spells []Spell) {
	for i := range episodes {
		e := &episodes[i]
		for _, s := range spells {
			if s.touches(*e) && !slices.Contains(e.Certainty.Pipeline, s.Kind) {
				e.Certainty.Pipeline = append(e.Certainty.Pipeline, s.Kind)
			}
		}
	}
}

// isGroupOf tells whether the spell's group is the episode's. Rule files are
// often read from another folder than the server's, so their names count alone.
func (s Spell) isGroupOf(e Episode) bool {
	file, group, _ := strings.Cut(s.Group, ";")
	return group == e.Group && path.Base(file) == path.Base(filepath.ToSlash(e.File))
}

func (s Spell) touches(e Episode) bool {
	if s.Group != "" && !s.isGroupOf(e) {
		return false
	}
	for _, edge := range []time.Time{e.ActiveAt, e.FiredAt, e.ResolvedAt} {
		if !edge.IsZero() && s.Contains(edge) {
			return true
		}
	}
	end := e.ResolvedAt
	if e.Open() {
		end = s.To
	}
	return e.Certainty.Gaps > 0 && s.Overlaps(slo.Interval{From: e.ActiveAt, To: end})
}
