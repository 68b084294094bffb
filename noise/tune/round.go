package tune

import (
	"math"
	"slices"
	"strconv"
)

// Round is the number in [lo, hi] that looks roundest: the one with fewest
// significant digits, of those the one whose last digit is 0 or 5, else the one
// nearest to the middle. It is NaN where the interval is empty or not a number,
// and the finite end where the other is infinite.
func Round(lo, hi float64) float64 {
	switch {
	case !(lo <= hi):
		return math.NaN()
	case lo <= 0 && hi >= 0:
		return 0
	case hi < 0:
		return -Round(-hi, -lo)
	case math.IsInf(lo, 0):
		return lo
	case math.IsInf(hi, 0):
		hi = math.MaxFloat64
	}
	// Below: 0 < lo <= hi. Units shrink from one that no multiple of fits.
	for exp := int(math.Floor(math.Log10(hi))) + 1; exp >= -324; exp-- {
		for _, unit := range [...]int{5, 1} {
			if v, ok := multiple(unit, exp, lo, hi); ok {
				return v
			}
		}
	}
	return lo + (hi-lo)/2
}

// multiple is the multiple of unit × 10^exp in [lo, hi] that is nearest to the
// middle. Fifteen digits and more are not round, and would not be exact either.
func multiple(unit, exp int, lo, hi float64) (v float64, ok bool) {
	size, err := strconv.ParseFloat(strconv.Itoa(unit)+"e"+strconv.Itoa(exp), 64)
	if err != nil || size == 0 {
		return 0, false
	}
	middle := math.Round((lo + (hi-lo)/2) / size)
	if middle >= 1e15 {
		return lo + (hi-lo)/2, true
	}
	for _, n := range [...]float64{middle, middle - 1, middle + 1} {
		v, err := strconv.ParseFloat(strconv.FormatFloat(n*float64(unit), 'f', 0, 64)+"e"+strconv.Itoa(exp), 64)
		if err == nil && lo <= v && v <= hi {
			return v, true
		}
	}
	return 0, false
}

// Rounds are the numbers of at most two significant digits in [lo, hi], in
// order: what a person would try as a threshold. Where there are more than limit
// the ones nearest to zero are left out.
func Rounds(lo, hi float64, limit int) []float64 {
	if !(lo <= hi) || limit <= 0 {
		return nil
	}
	var out []float64
	for _, v := range positiveRounds(max(lo, 0), hi, limit) {
		out = append(out, v)
	}
	for _, v := range positiveRounds(max(-hi, 0), -lo, limit) {
		out = append(out, -v)
	}
	if lo <= 0 && hi >= 0 {
		out = append(out, 0)
	}
	slices.SortFunc(out, func(a, b float64) int { return compareFloat(math.Abs(b), math.Abs(a)) })
	out = out[:min(len(out), limit)]
	slices.Sort(out)
	return out
}

// positiveRounds are those in (0, hi] that are not under lo, the largest first.
func positiveRounds(lo, hi float64, limit int) []float64 {
	if hi <= 0 {
		return nil
	}
	var out []float64
	top := int(math.Floor(math.Log10(min(hi, math.MaxFloat64))))
	for exp := top; exp >= -323 && len(out) < limit; exp-- {
		for digits := 99; digits >= 10 && len(out) < limit; digits-- {
			v, err := strconv.ParseFloat(strconv.Itoa(digits)+"e"+strconv.Itoa(exp-1), 64)
			if err != nil || v > hi {
				continue
			}
			if v < lo || v == 0 {
				return out
			}
			out = append(out, v)
		}
	}
	return out
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
