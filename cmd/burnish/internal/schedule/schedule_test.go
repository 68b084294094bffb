package schedule

import (
	"testing"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

func parsed(t testing.TB, expression, zone string) *Schedule {
	t.Helper()
	s, err := Parse(expression, zone)
	require.NoError(t, err)
	return s
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	got, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return got.UTC()
}

func TestNext(t *testing.T) {
	cases := []struct{ name, expression, zone, after, want string }{
		{"a Monday in Berlin", "0 8 * * MON", "Europe/Berlin", "2026-11-16T00:00:00+01:00", "2026-11-16T08:00:00+01:00"},
		{"strictly after", "0 8 * * MON", "Europe/Berlin", "2026-11-16T08:00:00+01:00", "2026-11-23T08:00:00+01:00"},
		{"across the end of summer time", "0 8 * * *", "Europe/Berlin", "2026-10-24T09:00:00+02:00", "2026-10-25T08:00:00+01:00"},
		{"a time that is skipped is the change", "30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"the day after it is itself", "30 2 * * *", "Europe/Berlin", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"a time that comes twice is its first", "30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"and not its second", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"asked between the two", "30 2 * * *", "Europe/Berlin", "2026-10-25T02:15:00+01:00", "2026-10-26T02:30:00+01:00"},
		{"a change of half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"a day that never was", "0 12 30 12 *", "Pacific/Apia", "2011-12-01T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
		{"a leap day", "0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
		{"by name", "@weekly", "UTC", "2026-11-16T00:00:00Z", "2026-11-22T00:00:00Z"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := parsed(t, c.expression, c.zone).Next(at(t, c.after))
			assert.Equal(t, at(t, c.want), got.UTC())
		})
	}
}

// TestEveryDayOnce: a daily schedule has each day of each zone once, whatever its
// hour; in a zone without changes it is cron's own.
func TestEveryDayOnce(t *testing.T) {
	from, to := at(t, "2025-01-01T12:00:00Z"), at(t, "2027-01-01T12:00:00Z")
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago"} {
		loc, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for _, expression := range []string{"0 0 * * *", "30 0 * * *", "30 1 * * *", "15 2 * * *", "59 2 * * *", "0 3 * * *", "59 23 * * *"} {
			s := parsed(t, expression, zone)
			days := map[string]int{}
			for got := s.Next(from); got.Before(to); got = s.Next(got) {
				days[got.In(loc).Format(time.DateOnly)]++
			}
			assert.InDelta(t, 730, len(days), 1, "%s %s", zone, expression)
			for day, n := range days {
				assert.Equal(t, 1, n, "%s %s on %s", zone, expression, day)
			}
		}
	}
	for _, expression := range []string{"* * * * *", "*/7 3-5 * * 1-5", "0 0 1,15 * *"} {
		theirs, err := cron.ParseStandard("TZ=UTC " + expression)
		require.NoError(t, err)
		ours, a, b := parsed(t, expression, ""), from, from
		for range 500 {
			a, b = ours.Next(a), theirs.Next(b)
			require.True(t, a.Equal(b), "%s: %s, not %s", expression, a, b)
		}
	}
}

func TestPeriod(t *testing.T) {
	s := parsed(t, "0 8 * * MON", "Europe/Berlin")
	week := slo.Interval{From: at(t, "2026-10-19T08:00:00+02:00"), To: at(t, "2026-10-26T08:00:00+01:00")}
	for _, now := range []string{"2026-10-26T08:00:00+01:00", "2026-10-28T00:00:00+01:00", "2026-11-02T07:59:59+01:00"} {
		got, ok := s.Period(at(t, now))
		require.True(t, ok)
		assert.True(t, week.From.Equal(got.From) && week.To.Equal(got.To), "at %s: %v", now, got)
		assert.Equal(t, 7*24*time.Hour+time.Hour, got.Duration(), "the week of the change is an hour longer")
	}
	year, ok := parsed(t, "0 0 29 2 *", "UTC").Period(at(t, "2026-01-01T00:00:00Z"))
	require.True(t, ok)
	assert.Equal(t, 2020, year.From.Year())
	minute, ok := parsed(t, "* * * * *", "UTC").Period(at(t, "2026-01-01T00:00:30Z"))
	require.True(t, ok)
	assert.Equal(t, time.Minute, minute.Duration())
}

func TestSchedulesThatAreNone(t *testing.T) {
	for _, expression := range []string{"", "x", "* * * *", "* * * * * *", "60 * * * *", "0 0 31 2 *", "TZ=0", "CRON_TZ=UTC 0 8 * * *", "@every 5m", "@never", "*/0 * * * *", string(make([]byte, 500))} {
		_, err := Parse(expression, "UTC")
		assert.Error(t, err, "%q", expression)
	}
	for _, zone := range []string{"Mars/Olympus", "Local", "../etc/passwd"} {
		_, err := Parse("0 8 * * *", zone)
		assert.Error(t, err, zone)
	}
	o := DefaultOptions()
	parsed(t, o.Cron, o.Zone)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0 8 * * MON", "@weekly", "*/5 1-3,7 ? JAN-MAR 0", "TZ=x", "@every 1s"} {
		f.Add(s, "Europe/Berlin")
	}
	now := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, expression, zone string) {
		s, err := Parse(expression, zone)
		if err != nil {
			require.Nil(t, s)
			return
		}
		next := s.Next(now)
		require.True(t, next.IsZero() || next.After(now))
		if p, ok := s.Period(now); ok {
			require.False(t, p.Empty())
			require.False(t, p.To.After(now))
			require.True(t, s.Next(p.From).Equal(p.To), "nothing lies within a period")
		}
	})
}
