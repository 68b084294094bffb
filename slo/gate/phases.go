package gate

import (
	"fmt"
	"slices"
	"time"
)

// Rollout is a change that is let out in phases.
type Rollout struct {
	SLO string // slo.SLO.ID that it is planned by; may be empty
	// At is the share of the traffic that runs the change now; 0 where it has not
	// begun.
	At float64
	// Phases are the bakes of all phases, by growing share, and Next the place of
	// the first whose share is over At; -1 where all are done.
	Phases []Bake
	Next   int
	// Remaining is the time that the phases from Next on take together, and
	// Possible tells whether each of them can be done in a year.
	Remaining time.Duration
	Possible  bool
}

// maxPhases bounds a roll-out.
const maxPhases = 100

// PlanRollout plans the bake of each phase. Shares are of the traffic, each over
// the one before, in (0,1]; at is how much runs the change already.
func PlanRollout(t Traffic, shares []float64, at float64, s Sensitivity) (Rollout, error) {
	out := Rollout{At: at, Next: -1, Possible: true}
	if !(at >= 0 && at <= 1) || len(shares) == 0 || len(shares) > maxPhases || !slices.IsSorted(shares) {
		return out, fmt.Errorf("plan a roll-out: phases %v from %v: want up to %d growing shares over 0 and up to 1", shares, at, maxPhases)
	}
	for i, share := range shares {
		b, err := PlanBake(t, share, s)
		if err != nil {
			return out, err
		}
		out.Phases = append(out.Phases, b)
		if share <= at {
			continue
		}
		if out.Next < 0 {
			out.Next = i
		}
		out.Remaining += b.Duration
		out.Possible = out.Possible && b.Possible
	}
	return out, nil
}

// NextPhase is the bake of the next phase; nil where all are done.
func (r Rollout) NextPhase() *Bake {
	if r.Next < 0 || r.Next >= len(r.Phases) {
		return nil
	}
	return &r.Phases[r.Next]
}
