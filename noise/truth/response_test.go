package truth_test

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func silence(from time.Duration, comment string, pairs ...string) noise.Silence {
	var set []*labels.Matcher
	for i := 0; i < len(pairs); i += 2 {
		set = append(set, labels.MustNewMatcher(labels.MatchEqual, pairs[i], pairs[i+1]))
	}
	return noise.Silence{Interval: within(from, from+time.Hour), Comment: comment, Matchers: [][]*labels.Matcher{set}}
}

func TestTheResponseOfAServiceAndItsSLO(t *testing.T) {
	c := watchedShop(
		fires("A", noon+4*time.Minute, noon+time.Hour, "service", "shop"),
		fires("A", day+noon+2*time.Minute, day+noon+time.Hour, "service", "shop"),
		fires("B", day+noon+8*time.Minute, day+noon+time.Hour, "service", "shop"),
	)
	c.Incidents = append(c.Incidents, noise.Incident{ // joins the first one
		ID: "x", Declared: true, Interval: within(noon+30*time.Minute, noon+2*time.Hour), Labels: labels.FromStrings("service", "shop"),
	})
	silences := []noise.Silence{
		silence(noon+20*time.Minute, "ACK! on it", "alertname", "A"),
		silence(noon+30*time.Minute, "later", "alertname", "A"),
		silence(day+noon+12*time.Minute, "", "alertname", "B"),
		silence(2*day+noon, "nothing fired", "service", "shop"),
	}
	got := truth.Respond(c, truth.Judge(c, truth.Options{}), silences)
	require.Len(t, got, 2)
	service, promise := got[0], got[1]
	assert.Equal(t, "shop", service.Service)
	assert.Equal(t, 7, service.Incidents)
	assert.Equal(t, 6, service.Failures, "two of them are one")
	assert.Equal(t, truth.Mean{Mean: day, Count: 5}, service.MTBF)
	assert.Equal(t, truth.Mean{Mean: (22*time.Hour + 4*23*time.Hour) / 5, Count: 5}, service.MTTF)
	assert.Equal(t, truth.Mean{Mean: 70 * time.Minute, Count: 6}, service.MTTR)

	assert.Equal(t, "shop/availability", promise.SLO)
	assert.Equal(t, 6, promise.Failures)
	assert.Equal(t, truth.Mean{Mean: time.Hour, Count: 6}, promise.MTTR)
	assert.Equal(t, truth.Mean{Mean: 3 * time.Minute, Count: 2}, promise.Detection)
	assert.Equal(t, truth.Mean{Mean: 13 * time.Minute, Count: 2}, promise.MTTA)
	assert.Equal(t, slo.Proportion{Count: 2, Of: 2}, promise.Acknowledged)
	assert.Equal(t, 1, promise.Marked)
}

func TestWhatTheDataCannotTellIsNotKnown(t *testing.T) {
	one := func(from, to time.Duration) truth.Case {
		return truth.Case{
			Declared: true, History: noise.History{Window: within(0, day)},
			Incidents: []noise.Incident{{ID: "i", Declared: true, Interval: within(from, to), Labels: labels.FromStrings("service", "shop")}},
		}
	}
	for name, c := range map[string]struct {
		of   truth.Case
		mttr truth.Mean
	}{
		"a single incident":           {one(noon, noon+time.Hour), truth.Mean{Mean: time.Hour, Count: 1}},
		"it began before the window":  {one(-time.Hour, time.Hour), truth.Mean{}},
		"it goes on after the window": {one(noon, 2*day), truth.Mean{}},
	} {
		t.Run(name, func(t *testing.T) {
			got := truth.Respond(c.of, truth.Judge(c.of, truth.Options{}), nil)
			require.Len(t, got, 1)
			assert.Equal(t, 1, got[0].Incidents)
			assert.Equal(t, c.mttr, got[0].MTTR)
			for _, m := range []truth.Mean{got[0].MTBF, got[0].MTTF, got[0].MTTA, got[0].Detection} {
				assert.False(t, m.Known())
			}
			assert.False(t, got[0].Acknowledged.Known(), "nobody was asked")
		})
	}
	open := one(noon, noon)
	open.Incidents[0].To = time.Time{}
	got := truth.Respond(open, truth.Judge(open, truth.Options{}), nil)
	assert.False(t, got[0].MTTR.Known(), "it has no end")
	assert.Empty(t, truth.Respond(truth.Case{}, truth.Judgement{}, nil))
}

func TestAcknowledgements(t *testing.T) {
	episode := fires("A", time.Hour, 2*time.Hour, "service", "shop")
	open := fires("A", time.Hour, 0, "service", "shop")
	open.ResolvedAt = time.Time{}
	pending := fires("A", time.Hour, 2*time.Hour, "service", "shop")
	pending.FiredAt = time.Time{}
	for name, c := range map[string]struct {
		episode  noise.Episode
		silences []noise.Silence
		took     time.Duration // 0: none
		marked   bool
	}{
		"made while it fired":         {episode, []noise.Silence{silence(90*time.Minute, "", "service", "shop")}, 30 * time.Minute, false},
		"marked as karma does":        {episode, []noise.Silence{silence(90*time.Minute, "ACK! This alert was acknowledged", "alertname", "A")}, 30 * time.Minute, true},
		"the first counts":            {episode, []noise.Silence{silence(100*time.Minute, "", "alertname", "A"), silence(70*time.Minute, "", "alertname", "A")}, 10 * time.Minute, false},
		"of two at once the marked":   {episode, []noise.Silence{silence(70*time.Minute, "x", "alertname", "A"), silence(70*time.Minute, "ACK! y", "alertname", "A")}, 10 * time.Minute, true},
		"made before it fired":        {episode, []noise.Silence{silence(59*time.Minute, "", "alertname", "A")}, 0, false},
		"made when it was over":       {episode, []noise.Silence{silence(2*time.Hour, "", "alertname", "A")}, 0, false},
		"about another alert":         {episode, []noise.Silence{silence(90*time.Minute, "", "alertname", "B")}, 0, false},
		"without a matcher":           {episode, []noise.Silence{silence(90*time.Minute, "")}, 0, false},
		"it still fires":              {open, []noise.Silence{silence(20*time.Hour, "", "alertname", "A")}, 19 * time.Hour, false},
		"it was pending only":         {pending, []noise.Silence{silence(90*time.Minute, "", "alertname", "A")}, 0, false},
		"there is no silence at all":  {episode, nil, 0, false},
		"the very moment it fired at": {episode, []noise.Silence{silence(59*time.Minute+59*time.Second, "", "alertname", "A"), silence(time.Hour+time.Second, "", "alertname", "A")}, time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			got := truth.Acknowledged([]noise.Episode{c.episode}, c.silences, after(day))
			if c.took == 0 {
				assert.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			assert.Equal(t, c.took, got[0].Took())
			assert.Equal(t, c.marked, got[0].Marked)
		})
	}
}
