package gate

import "math"

// pair is the error ratios of a canary that is as good as its baseline and of one
// that is degraded.
type pair struct{ baseline, degraded float64 }

// comparePower is the probability that Fisher's test calls a degraded canary worse,
// given how much each side serves: over what the baseline's errors may be, that of
// as many errors of the canary as the test then needs. The evidence that may be
// looked at any time has its own need.
func comparePower(canary, baseline float64, p pair, s Sensitivity) float64 {
	low, high := likely(baseline, p.baseline)
	step := max(1, math.Ceil((high-low+1)/powerPoints))
	sum, weight := 0.0, 0.0
	for b := low; b <= high; b += step {
		chance := binomialAt(b, baseline, p.baseline)
		need := needed(canary, Counts{b, baseline}, s)
		sum += chance * binomialTail(need, canary, p.degraded)
		weight += chance
	}
	if weight == 0 {
		return 0
	}
	return sum / weight
}

// powerPoints is at how many counts of the baseline's errors power is looked at;
// between them it is even enough.
const powerPoints = 64

// likely is a range of counts that holds all but a negligible share of a binomial
// distribution.
func likely(n, p float64) (low, high float64) {
	mean, sd := n*p, math.Sqrt(n*p*(1-p))
	return max(0, math.Floor(mean-7*sd-3)), min(n, math.Ceil(mean+7*sd+8))
}

func binomialAt(k, n, p float64) float64 {
	switch {
	case p <= 0:
		return indicator(k == 0)
	case p >= 1:
		return indicator(k == n)
	}
	return math.Exp(logChoose(n, k) + k*math.Log(p) + (n-k)*math.Log1p(-p))
}

func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// manyErrors is from how many on either side on a plan takes the normal form of the
// hypergeometric distribution, whose tail then differs by a few hundredths of itself;
// a comparison is exact always.
const manyErrors = 5000

// normalTail is hypergeometricTail by the normal distribution with the same mean and
// variance, with a correction for continuity.
func normalTail(k, drawn, bad, all float64) float64 {
	mean := drawn * bad / all
	variance := mean * (1 - bad/all) * (all - drawn) / (all - 1)
	if variance <= 0 {
		return indicator(k <= mean)
	}
	return math.Erfc((k-0.5-mean)/math.Sqrt(2*variance)) / 2
}

// needed is the fewest errors of the canary that the test calls worse, given the
// baseline's; more than the canary serves where none do.
func needed(canary float64, b Counts, s Sensitivity) float64 {
	worse := func(k float64) bool {
		if s.Repeated {
			return evidence(Counts{k, canary}, b, s.Times) >= 1/s.Alpha
		}
		if min(b.Bad, b.Bad/b.Total*canary) > manyErrors {
			return normalTail(k, canary, k+b.Bad, canary+b.Total) <= s.Alpha
		}
		return hypergeometricTail(k, canary, k+b.Bad, canary+b.Total) <= s.Alpha
	}
	low, high := -1.0, canary+1 // low is not worse, high is or can't be
	expected := b.Bad / b.Total * canary
	if guess := math.Ceil(expected + 8*math.Sqrt(expected+1) + 8); guess < high && worse(guess) {
		high = guess
	}
	if guess := math.Floor(expected); guess <= canary && guess > low && !worse(guess) {
		low = guess
	}
	for high-low > 1 {
		if mid := math.Floor((low + high) / 2); worse(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
