package gate

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseShare reads a share of the traffic, a percentage or a ratio, over 0 and up
// to 1.
func ParseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(number, 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v > 0 && v <= 1) {
		return 0, fmt.Errorf("read share %.40q: want over 0 and up to 100%%, as in 5%% or 0.05", text)
	}
	return v, nil
}

// ParseShares reads several; at least one has to be there.
func ParseShares(texts []string) ([]float64, error) {
	if len(texts) == 0 || len(texts) > maxPhases {
		return nil, errors.New("read shares: want at least one, and not over a hundred")
	}
	out := make([]float64, 0, len(texts))
	for _, text := range texts {
		v, err := ParseShare(text)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// ParseCounts reads the counts of one side of a comparison: bad/total.
func ParseCounts(text string) (Counts, error) {
	bad, total, ok := strings.Cut(text, "/")
	var c Counts
	var errBad, errTotal error
	c.Bad, errBad = strconv.ParseFloat(strings.TrimSpace(bad), 64)
	c.Total, errTotal = strconv.ParseFloat(strings.TrimSpace(total), 64)
	if !ok || errBad != nil || errTotal != nil || c.check("") != nil {
		return Counts{}, fmt.Errorf("read counts %.40q: want bad/total, as in 12/3400", text)
	}
	return c, nil
}
