package tune

import (
	"math"
	"slices"
	"time"
)

// forSteps are what is tried as `for` and as keep_firing_for, as far as they
// differ on the rule's grid.
func durations() []time.Duration {
	var out []time.Duration
	for _, m := range []int{0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360} {
		out = append(out, time.Duration(m)*time.Minute)
	}
	return out
}

// axes sets what is tried.
func (l *sighting) axes() {
	o := l.h.options
	l.c = Candidates{
		Op:    l.now.Op,
		Fors:  l.along(l.now.For, min(o.LongestFor, l.s.Form.memory()), o.may(RemedyFor)),
		Keeps: l.along(l.now.KeepFiringFor, o.LongestKeep, o.may(RemedyKeep) && !l.apart()),
	}
	// A rule that waits less says something else than it was written to say.
	l.c.Fors = slices.DeleteFunc(l.c.Fors, func(d time.Duration) bool { return d < l.now.For })
	l.thresholds, l.written, l.scale = []float64{l.now.Threshold}, []float64{0}, 1
	if l.now.Op == Present {
		return
	}
	atom := l.s.Form.Atoms[l.view.Atom]
	l.written[0] = atom.Written
	if l.now.Op != Present && o.may(RemedyThreshold) {
		l.ladder(atom)
	}
}

// apart tells whether each value is an alert of its own in this view.
func (l *sighting) apart() bool { return len(l.s.ValueLabels) > 0 && l.place == 0 }

// along is the durations to try, today's among them; one for each number of
// evaluations.
func (l *sighting) along(today, longest time.Duration, may bool) []time.Duration {
	out := []time.Duration{today}
	if !may {
		return out
	}
	g := l.view.Samples.Grid
	for _, d := range durations() {
		same := func(have time.Duration) bool { return g.slots(have) == g.slots(d) }
		if d <= longest && d%g.Step == 0 && !slices.ContainsFunc(out, same) {
			out = append(out, d)
		}
	}
	slices.Sort(out)
	return out
}

// ladder sets the thresholds from today's outwards: round numbers, ever fewer
// samples beyond each, the last beyond all.
func (l *sighting) ladder(atom Atom) {
	sign := 1.0
	if atom.Op.down() {
		sign = -1
	}
	beyond, middle := l.beyond(sign)
	now := sign * atom.Threshold
	l.scale = math.Abs(now - middle)
	if l.scale == 0 || math.IsNaN(l.scale) {
		l.scale = max(math.Abs(now), math.SmallestNonzeroFloat64)
	}
	if len(beyond) == 0 {
		return
	}
	top := beyond[len(beyond)-1]
	// The last rung is beyond everything that was seen, by a tenth.
	rungs := []float64{top + 0.1*max(top-middle, l.scale)}
	last := now
	for at := 0; at < len(beyond); at += max(1, (len(beyond)-at)/6) {
		if beyond[at] > last {
			rungs = append(rungs, beyond[at])
			last = beyond[at]
		}
	}
	slices.Sort(rungs)
	last = now
	for i, r := range rungs {
		hi := r + (top-now)/1000
		if i+1 < len(rungs) {
			hi = r + (rungs[i+1]-r)/2
		}
		lo := r - (r-last)/4
		if lo <= last {
			continue
		}
		w, t, ok := atom.Round(min(sign*lo, sign*hi), max(sign*lo, sign*hi))
		if ok && sign*t > last {
			l.thresholds, l.written = append(l.thresholds, t), append(l.written, w)
			last = sign * t
		}
	}
}

// beyond are the samples past today's threshold in order, and the median of all,
// both turned so that large values fire.
func (l *sighting) beyond(sign float64) (past []float64, middle float64) {
	var all []float64
	for _, s := range l.view.Samples.Series {
		for _, v := range s.Values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				all = append(all, sign*v)
			}
		}
	}
	if len(all) == 0 {
		return nil, math.NaN()
	}
	slices.Sort(all)
	at, _ := slices.BinarySearch(all, math.Nextafter(sign*l.now.Threshold, math.Inf(1)))
	return all[at:], all[len(all)/2]
}
