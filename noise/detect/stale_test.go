package detect

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

func TestStale(t *testing.T) {
	bridged := exact("R", "a", 0, 25*hour)
	bridged.Certainty.Gaps, bridged.Certainty.Bridged = 1, 5*time.Minute
	holes := bridged
	holes.Certainty.Bridged = 90 * time.Minute
	vector := rule("Beat", 1)
	vector.Expr = " vector(1)\n"
	table{
		"a day and a minute":                     {over(exact("R", "a", 0, day+1)), Options{}, []string{"R"}},
		"a day to the minute":                    {over(exact("R", "a", 0, day)), Options{}, nil},
		"open for two days":                      {over(exact("R", "a", 2*week-2*day, -1)), Options{}, []string{"R"}},
		"open since an hour":                     {over(exact("R", "a", 2*week-hour, -1)), Options{}, nil},
		"began before the window":                {over(exact("R", "a", -2*day, 10)), Options{}, []string{"R"}},
		"blinks, but fires nearly all the time":  {over(every(336, hour, 59, exact("R", "a", 0, 1))...), Options{}, []string{"R"}},
		"fires half of the time":                 {over(every(336, hour, 30, exact("R", "a", 0, 1))...), Options{}, nil},
		"ten alerts of an hour are not one":      {over(manyAlerts(400, hour)...), Options{}, nil},
		"a restart in between does not clear it": {over(bridged), Options{}, []string{"R"}},
		"holes are not firing":                   {over(holes), Options{}, nil},
		"a watchdog by name":                     {over(exact("Watchdog", "a", 0, -1)), Options{}, nil},
		"severity none":                          {over(with("none", exact("R", "a", 0, -1))), Options{}, nil},
		"vector(1)":                              {over(exact("Beat", "a", 0, -1)).knowing(vector), Options{}, nil},
	}.run(t, noise.KindStale)
}

// manyAlerts is so many alerts that fire one after the other.
func manyAlerts(n int, length float64) []noise.Episode {
	var out []noise.Episode
	for i := range n {
		out = append(out, exact("R", "host-"+number(i), float64(i)*length, float64(i+1)*length))
	}
	return out
}

func TestStaleShowsTheLongest(t *testing.T) {
	f := theOne(t, noise.KindStale, over(exact("R", "a", 0, 2*day), exact("R", "b", day, 5*day), exact("R", "c", 0, 5)))
	assert.InDelta(t, 4*day*60, fact(t, f, "longest_firing_seconds"), 0)
	assert.Equal(t, "b", f.Examples[0].Labels.Get("instance"))
	assert.Contains(t, f.Title, "2 of its 3 alerts")
	assert.Equal(t, noise.Proven, f.Confidence)
}

func TestStaleAlertsAreCountedInWords(t *testing.T) {
	for want, s := range map[string]struct{ stale, of int }{
		"its only alert is stale": {1, 1}, "1 of its 3 alerts is stale": {1, 3}, "2 of its 3 alerts are stale": {2, 3}, "all 3 of its alerts are stale": {3, 3},
	} {
		assert.Equal(t, want, staleness{alerts: s.stale}.share(s.of))
	}
}
