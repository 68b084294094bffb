package pipeline

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// stepCounts counts the events of any window from sums of steps.
type stepCounts struct {
	steps      *slo.Steps
	bad, total []float64 // of the steps before each
	known      []int
}

func newStepCounts(s *slo.Steps) *stepCounts {
	n := s.Len()
	c := &stepCounts{steps: s, bad: make([]float64, n+1), total: make([]float64, n+1), known: make([]int, n+1)}
	for i := range n {
		c.bad[i+1], c.total[i+1], c.known[i+1] = c.bad[i]+s.Bad[i], c.total[i]+s.Total[i], c.known[i]
		if s.Known[i] {
			c.known[i+1]++
		}
	}
	return c
}

// Window counts the steps that end within a window. A window is known where at
// least half of its steps are.
func (c *stepCounts) Window(end time.Time, d time.Duration) (bad, total float64, known bool) {
	from, to := c.place(end.Add(-d)), c.place(end)
	if to <= from {
		return 0, 0, false
	}
	of := max(1, int(d/c.steps.Step))
	return max(0, c.bad[to]-c.bad[from]), max(0, c.total[to]-c.total[from]), 2*(c.known[to]-c.known[from]) >= of
}

// place is how many steps have ended by an instant.
func (c *stepCounts) place(t time.Time) int {
	return min(max(0, int(t.Sub(c.steps.From)/c.steps.Step)), c.steps.Len())
}
