package tune

import (
	"math"
	"slices"

	"github.com/burnish-sre/burnish/slo"
)

// Quantiles is the normal operating range of a rule's values: how far they go
// towards the firing side while no incident runs. For < and <= they are mirrored:
// P99 is the value that 99% of the samples are not under.
type Quantiles struct {
	Known                      bool // there is a sample at all
	P50, P95, P99, P995, P999  float64
	Samples                    int            // that are not NaN
	Firing                     slo.Proportion // of them, those that pass today's threshold
	IncidentSamples, Incidents int            // samples left out, and incidents that left some out
}

// Range is the operating range of the values outside of incidents, of all alerts
// together: the shape's threshold is today's. A quantile is a value that was
// measured, the nearest rank (Hyndman and Fan, 1996, type 1). Samples up to
// o.Lead before an incident count as in it. With Op Present nothing is known.
func Range(samples Samples, shape Shape, o Options) (Quantiles, error) {
	if err := samples.Check(); err != nil {
		return Quantiles{}, err
	}
	var q Quantiles
	if shape.Op == Present {
		return q, nil
	}
	l := levels{op: shape.Op}
	from, to := o.slots(samples.Grid)
	var normal []float64
	touched := make([]bool, len(o.Incidents))
	for _, s := range samples.Series {
		watches := o.watches(samples.Grid, s.Labels)
		at := from
		for _, busy := range append(merge(watches), stretch{to, to}) {
			normal = l.gather(normal, s.Values[at:busy.from])
			q.IncidentSamples += len(l.gather(nil, s.Values[busy.from:busy.to]))
			at = busy.to
		}
		for _, w := range watches {
			touched[w.incident] = touched[w.incident] || !w.overlap.empty()
		}
	}
	for _, t := range touched {
		if t {
			q.Incidents++
		}
	}
	q.fill(normal, &l, shape)
	return q, nil
}

// gather appends the values that are numbers, oriented.
func (l *levels) gather(to, values []float64) []float64 {
	for _, v := range values {
		if !math.IsNaN(v) {
			to = append(to, l.orient(v))
		}
	}
	return to
}

func (q *Quantiles) fill(normal []float64, l *levels, shape Shape) {
	if len(normal) == 0 {
		return
	}
	slices.Sort(normal)
	at := func(share float64) float64 {
		rank := int(math.Ceil(share * float64(len(normal))))
		return l.orient(normal[max(rank, 1)-1])
	}
	q.Known, q.Samples = true, len(normal)
	q.P50, q.P95, q.P99, q.P995, q.P999 = at(0.5), at(0.95), at(0.99), at(0.995), at(0.999)
	q.Firing.Of = len(normal)
	for _, v := range normal {
		if l.passes(v, l.orient(shape.Threshold)) {
			q.Firing.Count++
		}
	}
}
