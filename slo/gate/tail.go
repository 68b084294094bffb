package gate

import "math"

// logChoose is the logarithm of the binomial coefficient.
func logChoose(n, k float64) float64 {
	a, _ := math.Lgamma(n + 1)
	b, _ := math.Lgamma(k + 1)
	c, _ := math.Lgamma(n - k + 1)
	return a - b - c
}

// binomialTail is the probability of at least k successes in n trials with
// probability p each: the regularised incomplete beta function I_p(k, n-k+1)
// (Abramowitz and Stegun, 26.5.24).
func binomialTail(k, n, p float64) float64 {
	switch {
	case k <= 0:
		return 1
	case k > n || p <= 0:
		return 0
	case p >= 1:
		return 1
	}
	return incompleteBeta(p, k, n-k+1)
}

// incompleteBeta is the regularised incomplete beta function by its continued
// fraction (Abramowitz and Stegun, 26.5.8), on the side where it converges soon.
func incompleteBeta(x, a, b float64) float64 {
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return min(1, front*betaFraction(x, a, b)/a)
	}
	return max(0, 1-front*betaFraction(1-x, b, a)/b)
}

// The continued fraction ends when a step changes it by less than fractionEnough.
// It needs of the order of the root of its larger parameter.
const (
	fractionSteps  = 200_000
	fractionEnough = 1e-14
	fractionTiny   = 1e-300
)

// betaFraction evaluates the fraction from its head on (modified Lentz).
func betaFraction(x, a, b float64) float64 {
	away := func(v float64) float64 {
		if math.Abs(v) < fractionTiny {
			return fractionTiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	out := d
	for m := 1.0; m < fractionSteps; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = 1/away(1+even*d), away(1+even/c)
		out *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = 1/away(1+odd*d), away(1+odd/c)
		out *= d * c
		if math.Abs(d*c-1) < fractionEnough {
			break
		}
	}
	return out
}

// hypergeometricTail is the probability that at least k of the bad events are
// among the drawn, where drawn of all events are drawn and bad of all are bad.
// Terms are added from k away from the mode until they no longer count.
func hypergeometricTail(k, drawn, bad, all float64) float64 {
	least, most := max(0, drawn+bad-all), min(drawn, bad)
	switch {
	case k <= least:
		return 1
	case k > most:
		return 0
	}
	if mode := (drawn + 1) * (bad + 1) / (all + 2); k <= mode {
		// The upper tail is most of it: take the lower one away.
		return max(0, 1-lowerSum(k-1, drawn, bad, all))
	}
	return min(1, upperSum(k, drawn, bad, all))
}

const negligible = 1e-17

func hypergeometric(k, drawn, bad, all float64) float64 {
	return math.Exp(logChoose(bad, k) + logChoose(all-bad, drawn-k) - logChoose(all, drawn))
}

// upperSum adds the probabilities of k and more.
func upperSum(k, drawn, bad, all float64) float64 {
	term := hypergeometric(k, drawn, bad, all)
	sum, first := 0.0, term
	for ; k <= min(drawn, bad) && term >= first*negligible && term > 0; k++ {
		sum += term
		term *= (bad - k) * (drawn - k) / ((k + 1) * (all - bad - drawn + k + 1))
	}
	return sum
}

// lowerSum adds the probabilities of k and fewer.
func lowerSum(k, drawn, bad, all float64) float64 {
	term := hypergeometric(k, drawn, bad, all)
	sum, first := 0.0, term
	for ; k >= max(0, drawn+bad-all) && term >= first*negligible && term > 0; k-- {
		sum += term
		term *= k * (all - bad - drawn + k) / ((bad - k + 1) * (drawn - k + 1))
	}
	return sum
}

// wilson is the Wilson score interval of bad of total events at a normal quantile
// (E. B. Wilson, JASA 22 (1927), 209-212).
func wilson(bad, total, z float64) (low, high float64) {
	r, z2 := bad/total, z*z
	centre := (r + z2/(2*total)) / (1 + z2/total)
	half := z / (1 + z2/total) * math.Sqrt(max(0, r*(1-r)/total+z2/(4*total*total)))
	return max(0, centre-half), min(1, centre+half)
}

// quantile is the normal quantile that is exceeded with a probability.
func quantile(exceeded float64) float64 { return math.Sqrt2 * math.Erfinv(1-2*exceeded) }
