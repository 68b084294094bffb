package history

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// A restart of Prometheus may give an alert that goes on another start. An episode
// keeps the first; what a reading that begins later would take for the start is
// needed to show a window as that reading would.

// mostShifts is how many shifts of an episode are kept, the latest.
const mostShifts = 16

// shifted is the shifts of two stretches of one episode.
func shifted(a, b stretch) []int64 {
	out := slices.Concat(a.shifts, b.shifts)
	if b.Certainty.Active == noise.EdgeCut && !b.ActiveAt.Equal(a.ActiveAt) {
		out = append(out, b.ActiveAt.UnixMilli())
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return slices.Clip(out[max(0, len(out)-mostShifts):])
}

// activeIn is the start that a reading from an instant on would show.
func activeIn(first time.Time, shifts []int64, from time.Time) time.Time {
	for _, ms := range slices.Backward(shifts) {
		if at := instant(&ms); at.After(first) && at.Before(from) {
			return at
		}
	}
	return first
}

func formatShifts(shifts []int64) string {
	out := make([]string, len(shifts))
	for i, ms := range shifts {
		out[i] = strconv.FormatInt(ms, 10)
	}
	return strings.Join(out, ",")
}

func parseShifts(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	var out []int64
	for part := range strings.SplitSeq(text, ",") {
		ms, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return nil, err
		}
		out = append(out, ms)
	}
	return out, nil
}
