package episode

import (
	"cmp"
	"slices"
)

// segment is a run of the pending or the firing series.
type segment struct {
	run
	firing bool
}

// segments are the runs of an alert in time order, pending and firing mixed, cut
// wherever ALERTS_FOR_STATE takes another value and where two lone samples lie
// further apart than evaluations do.
func (a *alert) segments(interval int64) []segment {
	var out []segment
	for _, t := range []struct {
		track  *Track
		firing bool
	}{{a.pending, false}, {a.firing, true}} {
		if t.track == nil {
			continue
		}
		cuts := a.cuts()
		for _, r := range t.track.runs {
			if r.count == 2 && r.step > interval*3/2 {
				first := run{from: r.from, to: r.from, count: 1}
				out = append(out, segment{first, t.firing})
				r.from, r.count = r.to, 1
			}
			for _, part := range r.split(cuts) {
				out = append(out, segment{part, t.firing})
			}
			cuts = dropBefore(cuts, r.to)
		}
	}
	slices.SortFunc(out, func(x, y segment) int { return cmp.Compare(x.from, y.from) })
	return out
}

// cut is a place where ALERTS_FOR_STATE changes: the last sample of the old
// value and the first of the new one.
type cut struct{ last, first int64 }

func (a *alert) cuts() []cut {
	if a.state == nil {
		return nil
	}
	var out []cut
	for i := 1; i < len(a.state.runs); i++ {
		prev, next := a.state.runs[i-1], a.state.runs[i]
		if prev.value != next.value {
			out = append(out, cut{prev.to, next.from})
		}
	}
	return out
}

// dropBefore is the cuts that lie after ts.
func dropBefore(cuts []cut, ts int64) []cut {
	for len(cuts) > 0 && cuts[0].first <= ts {
		cuts = cuts[1:]
	}
	return cuts
}

// split is the run in pieces, cut where the cuts fall inside it. The marker
// stays with the last piece.
func (r run) split(cuts []cut) []run {
	out := []run{r}
	for _, c := range cuts {
		last := &out[len(out)-1]
		if c.first > last.to {
			break
		}
		begin := last.sampleFrom(c.first)
		if begin <= last.from || begin > last.to {
			continue
		}
		rest := *last
		rest.from = begin
		last.marker, last.to = 0, last.sampleFrom(begin-last.step)
		out = append(out, rest)
	}
	return out
}

// sampleFrom is the run's first sample that is not before ts, or only by as
// little as its spacing is uneven.
func (r run) sampleFrom(ts int64) int64 {
	if ts <= r.from || r.step == 0 {
		return r.from
	}
	n := (ts - r.from - slack(r.step) + r.step - 1) / r.step
	return r.from + n*r.step
}
