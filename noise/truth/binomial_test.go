package truth

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// exactAtLeast sums the binomial distribution with exact coefficients.
func exactAtLeast(k, n int, p float64) float64 {
	sum := new(big.Float)
	for i := max(0, k); i <= n; i++ {
		c := new(big.Float).SetInt(new(big.Int).Binomial(int64(n), int64(i)))
		c.Mul(c, big.NewFloat(math.Pow(p, float64(i))*math.Pow(1-p, float64(n-i))))
		sum.Add(sum, c)
	}
	v, _ := sum.Float64()
	return v
}

func TestTheBinomialTailIsTheSumOfItsTerms(t *testing.T) {
	for _, n := range []int{0, 1, 3, 10, 60, 200} {
		for k := 0; k <= n+1; k += 1 + n/13 {
			for _, p := range []float64{0.001, 0.1, 0.5, 0.9} {
				want := exactAtLeast(k, n, p)
				if want < 1e-200 { // the reference itself runs out of digits
					assert.Less(t, atLeast(k, n, p), 1e-200)
					continue
				}
				assert.InEpsilon(t, want, atLeast(k, n, p), 1e-9, "%d of %d at %g", k, n, p)
			}
		}
	}
	assert.InDelta(t, 1, atLeast(3, 10, 1), 0)
	assert.InDelta(t, 0, atLeast(3, 10, 0), 0)
}

func TestDiscoveriesFollowBenjaminiHochberg(t *testing.T) {
	// The example of their paper: 15 chances, four discoveries at 5%.
	paper := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000}
	count := func(taken []bool) (n int) {
		for _, ok := range taken {
			if ok {
				n++
			}
		}
		return n
	}
	assert.Equal(t, 4, count(discoveries(paper, len(paper), 0.05)))
	assert.Equal(t, 4, count(discoveries(paper[:9], len(paper), 0.05)), "those left out have a chance of 1")
	assert.Zero(t, count(discoveries(nil, 10, 0.05)))
}

func TestABookFindsWhatAFiringMeets(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 3))
		var incidents []incident
		var list []own
		for from := int64(0); len(incidents) < rng.IntN(20); from += rng.Int64N(20) {
			list = append(list, own{incident: int32(len(incidents))})
			incidents = append(incidents, incident{span: span{from, from + rng.Int64N(60)}})
		}
		b := newBook(incidents, list, nil)
		for range 20 {
			f := span{from: rng.Int64N(200) - 20}
			f.to = f.from + rng.Int64N(50)
			var want []int32
			for i, in := range incidents {
				if f.from < in.to && f.to >= in.from-10 {
					want = append(want, int32(i))
				}
			}
			assert.Equal(t, want, b.meet(nil, f, 10))
		}
	}
}
