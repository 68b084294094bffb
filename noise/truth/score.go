package truth

import (
	"cmp"
	"slices"

	"github.com/burnish-sre/burnish/noise"
)

// mostNeedless is how many needless episodes a score shows.
const mostNeedless = 3

// scoring is a score while it is made. Durations are in milliseconds.
type scoring struct {
	Score
	own, caught, onsets int
	missed              set

	detection, lead, reset []int64
	useless                []*firing // the longest first
}

// needless notes an episode that met no incident.
func (s *scoring) needless(f *firing) {
	s.Actions.GivenNeedlessly++
	if n := len(s.useless); n == mostNeedless && compareNeedless(s.useless[n-1], f) <= 0 {
		return
	}
	s.useless = append(s.useless, f)
	slices.SortFunc(s.useless, compareNeedless)
	s.useless = s.useless[:min(len(s.useless), mostNeedless)]
}

// compareNeedless puts the longest first.
func compareNeedless(a, b *firing) int {
	return cmp.Or(cmp.Compare(b.length(), a.length()), noise.Compare(*a.Episode, *b.Episode))
}

// takeOnset notes the rule's first onset in an incident.
func (s *scoring) takeOnset(fired int64, in *incident) {
	s.detection = append(s.detection, max(0, fired-in.from))
	if fired < in.from {
		s.lead = append(s.lead, in.from-fired)
	}
}

// addSLO takes ids in ascending order.
func (s *scoring) addSLO(id string) {
	if n := len(s.SLOs); n == 0 || s.SLOs[n-1] != id {
		s.SLOs = append(s.SLOs, id)
	}
}

func (s *scoring) finish() Score {
	s.Detection, s.Lead, s.Reset = spread(s.detection), spread(s.lead), spread(s.reset)
	for _, f := range s.useless {
		s.Needless = append(s.Needless, *f.Episode)
	}
	return s.Score
}
