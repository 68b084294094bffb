package simulate

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
)

// draw is the source of chance of one thing in the simulation. Each thing has
// its own, so that the order of the work changes nothing.
func draw(seed uint64, thing string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(thing)) // a hash never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// poisson draws a count with the given mean: exactly for small means, by the
// normal distribution for large ones.
func poisson(rng *rand.Rand, mean float64) float64 {
	switch {
	case mean <= 0:
		return 0
	case mean > 30:
		return max(0, math.Round(mean+math.Sqrt(mean)*rng.NormFloat64()))
	}
	n, product, limit := 0.0, rng.Float64(), math.Exp(-mean)
	for product > limit {
		product *= rng.Float64()
		n++
	}
	return n
}

// drift is a noise that forgets slowly: a first-order autoregressive process of
// mean zero with the given standard deviation and memory in minutes.
type drift struct {
	rng        *rand.Rand
	keep, gain float64
	value      float64
}

func newDrift(rng *rand.Rand, deviation, memory float64) *drift {
	keep := math.Exp(-1 / memory)
	return &drift{rng: rng, keep: keep, gain: deviation * math.Sqrt(1-keep*keep)}
}

func (d *drift) next() float64 {
	d.value = d.keep*d.value + d.gain*d.rng.NormFloat64()
	return d.value
}
