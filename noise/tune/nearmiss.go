package tune

import (
	"math"
	"time"
)

// NearMiss is an incident that a rule does not catch and would have caught if
// its threshold or its `for` were a little different.
type NearMiss struct {
	Incident int // place in the surface's Incidents
	// Level is the nearest one that catches it with today's `for`, within the
	// margin; -1 where there is none. Distance is how far its threshold is from
	// today's, and Threshold the roundest within the margin with that outcome.
	Level               int
	Threshold, Distance float64
	// For is the longest shorter `for` of the surface that catches it at today's
	// threshold; known if Shorter.
	For     time.Duration
	Shorter bool
	// Delay is how late it would have been caught by the threshold where there
	// is one, else by the shorter `for`.
	Delay time.Duration
}

// NearMisses are the incidents that the rule as it is, For i and Keep j of the
// surface at a threshold, does not catch, and what would have: a threshold on the
// easier side no further than margin (in the values' unit) from today's, or a
// shorter `for`. Incidents for which neither is found are blind spots, and are
// left out. It is nil where the outcome of today's threshold is not known: name
// it in Options.Also.
func (s *Surface) NearMisses(i, j int, threshold, margin float64) []NearMiss {
	today, exact := s.Level(threshold)
	if !exact {
		return nil
	}
	c := s.Curve(i, j)
	var out []NearMiss
	for k := range s.Incidents {
		if _, ok := c.Caught(k, today); ok || !c.Bears(k) {
			continue
		}
		miss := NearMiss{Incident: k, Level: -1}
		near := s.nearest(c, &miss, today, slack{threshold, margin})
		s.shorter(&miss, i, j, today)
		if near || miss.Shorter {
			out = append(out, miss)
		}
	}
	return out
}

// slack is today's threshold and how far from it another may be.
type slack struct{ threshold, margin float64 }

// nearest finds the first level under today's that catches the incident; it is
// false where that is too far.
func (s *Surface) nearest(c *Curve, miss *NearMiss, today int, near slack) bool {
	pieces := c.first[miss.Incident]
	for n := len(pieces) - 1; n >= 0; n-- {
		p := pieces[n]
		if int(p.lo) >= today {
			continue
		}
		level := min(int(p.hi), today) - 1
		lo, hi := s.Plateau(level).Closed()
		if !(lo <= hi) {
			continue
		}
		nearest := min(max(near.threshold, lo), hi)
		lo, hi = max(lo, near.threshold-near.margin), min(hi, near.threshold+near.margin)
		if !(lo <= hi) {
			return false
		}
		miss.Level, miss.Distance, miss.Threshold = level, math.Abs(nearest-near.threshold), Round(lo, hi)
		miss.Delay, _ = c.Delay(miss.Incident, level)
		return true
	}
	return false
}

// shorter finds the longest shorter `for` that catches the incident.
func (s *Surface) shorter(miss *NearMiss, i, j, today int) {
	for other, d := range s.Fors {
		if d >= s.Fors[i] || miss.Shorter && d <= miss.For {
			continue
		}
		delay, ok := s.Curve(other, j).Delay(miss.Incident, today)
		if !ok {
			continue
		}
		miss.For, miss.Shorter = d, true
		if miss.Level < 0 {
			miss.Delay = delay
		}
	}
}
