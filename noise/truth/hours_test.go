package truth_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func TestWhatPeopleDoAtAnInstant(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	nights := truth.Hours{Work: map[time.Weekday]truth.Shift{time.Friday: {From: 20 * time.Hour, To: 6 * time.Hour}}}
	for name, c := range map[string]struct {
		hours truth.Hours
		at    string
		want  truth.TimeKind
	}{
		"Monday at nine":                     {truth.Hours{}, "2026-11-16T09:00:00Z", truth.AtWork},
		"Monday just before nine":            {truth.Hours{}, "2026-11-16T08:59:59Z", truth.OffHours},
		"Monday at five":                     {truth.Hours{}, "2026-11-16T17:00:00Z", truth.OffHours},
		"Monday at ten in the evening":       {truth.Hours{}, "2026-11-16T22:00:00Z", truth.Asleep},
		"Tuesday just before seven":          {truth.Hours{}, "2026-11-17T06:59:59Z", truth.Asleep},
		"Tuesday at seven":                   {truth.Hours{}, "2026-11-17T07:00:00Z", truth.OffHours},
		"Sunday at noon":                     {truth.Hours{}, "2026-11-15T12:00:00Z", truth.OffHours},
		"a holiday":                          {truth.Hours{Holidays: []truth.Date{{Year: 2026, Month: 12, Day: 25}}}, "2026-12-25T12:00:00Z", truth.OffHours},
		"in Berlin it is nine":               {truth.Hours{Location: berlin}, "2026-11-16T08:00:00Z", truth.AtWork},
		"and in summer an hour sooner":       {truth.Hours{Location: berlin}, "2026-07-13T07:00:00Z", truth.AtWork},
		"the night the clocks change":        {truth.Hours{Location: berlin}, "2026-10-25T01:30:00Z", truth.Asleep},
		"Friday's night shift":               {nights, "2026-11-20T23:00:00Z", truth.AtWork},
		"goes on until Saturday":             {nights, "2026-11-21T05:59:00Z", truth.AtWork},
		"and then there is sleep":            {nights, "2026-11-21T06:00:00Z", truth.Asleep},
		"Thursday night is none":             {nights, "2026-11-20T05:00:00Z", truth.Asleep},
		"nobody works":                       {truth.Hours{Work: map[time.Weekday]truth.Shift{}}, "2026-11-16T12:00:00Z", truth.OffHours},
		"nobody sleeps":                      {truth.Hours{Sleep: truth.Shift{From: day, To: day}}, "2026-11-16T03:00:00Z", truth.OffHours},
		"an empty shift is a day off":        {truth.Hours{Work: map[time.Weekday]truth.Shift{time.Monday: {}}}, "2026-11-16T12:00:00Z", truth.OffHours},
		"a shift that lasts the whole day":   {truth.Hours{Work: map[time.Weekday]truth.Shift{time.Monday: {To: day}}}, "2026-11-16T23:59:59Z", truth.AtWork},
		"and no longer":                      {truth.Hours{Work: map[time.Weekday]truth.Shift{time.Monday: {To: day}}}, "2026-11-17T00:00:00Z", truth.Asleep},
		"the holiday's night shift is off":   {truth.Hours{Work: nights.Work, Holidays: []truth.Date{{Year: 2026, Month: 11, Day: 20}}}, "2026-11-21T05:00:00Z", truth.Asleep},
		"but that of the day before goes on": {truth.Hours{Work: nights.Work, Holidays: []truth.Date{{Year: 2026, Month: 11, Day: 21}}}, "2026-11-21T05:00:00Z", truth.AtWork},
	} {
		t.Run(name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, c.at)
			require.NoError(t, err)
			assert.Equal(t, c.want, c.hours.Kind(at))
		})
	}
}

func TestParseDate(t *testing.T) {
	got, err := truth.ParseDate("2026-12-25")
	require.NoError(t, err)
	assert.Equal(t, truth.Date{Year: 2026, Month: 12, Day: 25}, got)
	for _, bad := range []string{"", "2026-13-01", "25.12.2026", "2026-02-30"} {
		_, err := truth.ParseDate(bad)
		assert.Error(t, err, bad)
	}
}

func TestEpisodesAreCountedByWhenTheyCame(t *testing.T) {
	cut := fires("A", 0, time.Hour)
	cut.Certainty.Fired = noise.EdgeCut
	pending := fires("A", noon, noon+time.Hour)
	pending.FiredAt = time.Time{}
	h := noise.History{Window: within(0, 2*day), Episodes: []noise.Episode{ // a Thursday and a Friday
		fires("A", 3*time.Hour, 4*time.Hour, "service", "shop"),
		fires("A", noon, noon+time.Hour, "service", "shop"),
		fires("B", noon+10*time.Minute, noon+time.Hour, "service", "cart"),
		fires("B", 19*time.Hour, 20*time.Hour),
		fires("B", -time.Hour, 20*time.Hour, "service", "old"),
		cut, pending,
	}}
	deploys := []noise.Deploy{{At: after(noon - 10*time.Minute), Labels: labels.FromStrings("service", "shop")}}
	got := truth.CountEpisodes(h, truth.MomentOptions{Deploys: deploys})
	assert.Equal(t, truth.Moments{Asleep: 1, AtWork: 2, OffHours: 1, Deploying: slo.Proportion{Count: 1, Of: 4}}, got.All)
	require.Len(t, got.Rules, 2)
	assert.Equal(t, truth.Moments{Asleep: 1, AtWork: 1, Deploying: slo.Proportion{Count: 1, Of: 2}}, got.Rules[0].Moments)
	assert.Equal(t, 2, got.Rules[1].All())

	short := truth.CountEpisodes(h, truth.MomentOptions{Deploys: deploys, UnderWay: 10 * time.Minute})
	assert.Equal(t, 0, short.All.Deploying.Count, "it is over when its time is")
	assert.False(t, truth.CountEpisodes(h, truth.MomentOptions{}).All.Deploying.Known(), "nobody knows of deploys")
	none := truth.CountEpisodes(h, truth.MomentOptions{Deploys: []noise.Deploy{}})
	assert.Equal(t, slo.Proportion{Of: 4}, none.All.Deploying, "there was none")
}
