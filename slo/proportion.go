package slo

import (
	"encoding/json"
	"math"
)

// wilsonZ is the two-sided 95% quantile of the normal distribution.
const wilsonZ = 1.959963984540054

// Proportion is a share with its denominator: Count of Of. With Of == 0 the
// share is unknown, which is neither 0 nor 1.
type Proportion struct {
	Count, Of int
}

// Known tells whether there is anything to take a share of.
func (p Proportion) Known() bool { return p.Of > 0 }

// Ratio is the share in [0,1]; NaN where it is unknown.
func (p Proportion) Ratio() float64 {
	if !p.Known() {
		return math.NaN()
	}
	return float64(p.Count) / float64(p.Of)
}

// Interval is the Wilson score interval of the share at 95% confidence, in
// [0,1]; both ends are NaN where the share is unknown. Unlike the normal
// approximation it stays honest at small counts: 3 of 3 is 0.44 to 1.
// Source: E. B. Wilson, JASA 22 (1927), 209-212.
func (p Proportion) Interval() (low, high float64) {
	if !p.Known() {
		return math.NaN(), math.NaN()
	}
	n, r := float64(p.Of), p.Ratio()
	z2 := wilsonZ * wilsonZ
	centre := (r + z2/(2*n)) / (1 + z2/n)
	half := wilsonZ / (1 + z2/n) * math.Sqrt(r*(1-r)/n+z2/(4*n*n))
	return max(0, centre-half), min(1, centre+half)
}

// MarshalJSON writes {"value_ratio","count","of","low_ratio","high_ratio"}; the
// ratios are null where the share is unknown.
func (p Proportion) MarshalJSON() ([]byte, error) {
	out := struct {
		Value *float64 `json:"value_ratio"`
		Count int      `json:"count"`
		Of    int      `json:"of"`
		Low   *float64 `json:"low_ratio"`
		High  *float64 `json:"high_ratio"`
	}{Count: p.Count, Of: p.Of}
	if p.Known() {
		v := round6(p.Ratio())
		low, high := p.Interval()
		low, high = round6(low), round6(high)
		out.Value, out.Low, out.High = &v, &low, &high
	}
	return json.Marshal(out)
}

// round6 keeps six decimals, so that the same share prints the same everywhere.
func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }
