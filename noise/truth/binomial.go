package truth

import (
	"cmp"
	"math"
	"slices"
)

// atLeast is the chance of k or more successes in n trials of chance p each. The
// terms are summed from the k-th on, until they no longer matter.
func atLeast(k, n int, p float64) float64 {
	switch {
	case k <= 0 || p >= 1:
		return 1
	case k > n || p <= 0:
		return 0
	case float64(k) <= float64(n)*p:
		// The sum from the other side is the shorter one and loses no digits.
		return 1 - atLeast(n-k+1, n, 1-p)
	}
	term := math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	sum := term
	for i := k; i < n; i++ {
		term *= float64(n-i) / float64(i+1) * p / (1 - p)
		sum += term
		if term < sum*1e-16 {
			break
		}
	}
	return min(1, sum)
}

func logChoose(n, k int) float64 {
	return logFactorial(n) - logFactorial(k) - logFactorial(n-k)
}

func logFactorial(n int) float64 {
	v, _ := math.Lgamma(float64(n) + 1)
	return v
}

// discoveries is which of the chances are low enough that, of all that are taken,
// no more than the share fdr is expected to be so by chance. All says how many
// were looked at; those not listed are taken to have a chance of 1.
// Source: Benjamini and Hochberg, JRSS B 57 (1995), 289-300.
func discoveries(chances []float64, all int, fdr float64) []bool {
	order := make([]int, len(chances))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(chances[a], chances[b]) })
	least := -1
	for rank, i := range order {
		if chances[i] <= fdr*float64(rank+1)/float64(all) {
			least = rank
		}
	}
	taken := make([]bool, len(chances))
	for _, i := range order[:least+1] {
		taken[i] = true
	}
	return taken
}
