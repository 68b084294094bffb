package burnrate

import (
	"math"
	"strconv"
	"strings"
)

// round12 takes the noise of binary fractions out of what people and PromQL read.
func round12(v float64) float64 {
	out, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	return out
}

func round6(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// percent is a ratio as people write it.
func percent(ratio float64) string { return number(round6(ratio*100)) + "%" }

func join(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
