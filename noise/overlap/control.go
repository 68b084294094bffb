package overlap

import "math"

// discoveries is how many of the sorted logarithms of chances may be claimed out
// of so many tests, so that of all claims no more than the given share is false
// on average. Source: Y. Benjamini and Y. Hochberg, J. R. Stat. Soc. B 57
// (1995), 289-300.
func discoveries(sorted []float64, tests int, rate float64) int {
	for i := len(sorted); i > 0; i-- {
		if sorted[i-1] <= math.Log(rate)+math.Log(float64(i))-math.Log(float64(tests)) {
			return i
		}
	}
	return 0
}

// adjusted are the chances after control: the smallest rate at which each would
// still be claimed.
func adjusted(sorted []float64, tests int) []float64 {
	out := make([]float64, len(sorted))
	least := 1.0
	for i := len(sorted) - 1; i >= 0; i-- {
		least = min(least, chance(sorted[i]+math.Log(float64(tests))-math.Log(float64(i+1))))
		out[i] = least
	}
	return out
}

// chance is never zero: nothing is impossible.
func chance(log float64) float64 { return max(1e-300, min(1, math.Exp(log))) }
