package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/robfig/cron/v3"

	"github.com/burnish-sre/burnish/slo"
)

// Options are the settings of one schedule.
type Options struct {
	Cron    string         `yaml:"cron" doc:"When, as minute hour day month weekday, such as 0 8 * * MON, or @daily, @weekly, @monthly."`
	Zone    string         `yaml:"zone" doc:"Time zone of cron, such as Europe/Berlin."`
	CatchUp model.Duration `yaml:"catch_up" doc:"How late a period that was missed is still made up for; 0 means however late. Only the newest is."`
}

// DefaultOptions is what holds where nothing is said.
func DefaultOptions() Options { return Options{Cron: "0 8 * * MON", Zone: "UTC"} }

// mostCron bounds the length of an expression.
const mostCron = 200

// Schedule is a row of times, by the clock on the wall of a time zone. It is
// safe for concurrent use.
type Schedule struct {
	cron cron.Schedule // asked in UTC, as if the wall's clock were
	zone *time.Location
}

// Parse reads a cron expression of five fields, or one of @hourly, @daily,
// @weekly, @monthly and @yearly, and the name of a time zone; an empty one is
// UTC.
//
// A time that the wall's clock shows twice, when summer time ends, is its first.
// One that it skips, when summer time begins, is the moment of the change. So a
// daily schedule has every day once, whatever its hour.
func Parse(expression, zone string) (*Schedule, error) {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "Local" {
		return nil, fmt.Errorf("read the schedule: %.60q is no time zone", zone)
	}
	if len(expression) > mostCron || strings.Contains(expression, "TZ=") || strings.Contains(expression, "@every") {
		return nil, errors.New("read the schedule: want five fields, without TZ= and @every")
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)
	parsed, err := parser.Parse(expression)
	if err != nil {
		return nil, fmt.Errorf("read the schedule: %w", err)
	}
	if spec, ok := parsed.(*cron.SpecSchedule); ok {
		spec.Location = time.UTC
	}
	s := &Schedule{cron: parsed, zone: loc}
	if parsed.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("read the schedule: %q never comes", expression)
	}
	return s, nil
}

// Next is the first time after another; zero if there is none within five years.
func (s *Schedule) Next(after time.Time) time.Time {
	wall := s.wall(after)
	if s.offset(after.Add(-skew)) != s.offset(after.Add(skew)) {
		wall = wall.Add(-skew) // the clock is changed nearby
	}
	for {
		wall = s.cron.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := s.instant(wall); at.After(after) {
			return at
		}
	}
}

// skew is longer than any change of a zone's offset.
const skew = 26 * time.Hour

// Period is the newest one that is over: from the time before the newest to the
// newest that is not after now. It is false where there is none within twenty
// years.
func (s *Schedule) Period(now time.Time) (slo.Interval, bool) {
	for back := time.Hour; back < 20*365*24*time.Hour; back *= 2 {
		var last, before time.Time
		for at := s.Next(now.Add(-back)); !at.IsZero() && !at.After(now); at = s.Next(at) {
			last, before = at, last
		}
		if !before.IsZero() {
			return slo.Interval{From: before, To: last}, true
		}
	}
	return slo.Interval{}, false
}

// wall is what the zone's clock shows, as if it were UTC.
func (s *Schedule) wall(t time.Time) time.Time {
	t = t.In(s.zone)
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// instant is when the zone's clock first shows a time, or skips it.
func (s *Schedule) instant(wall time.Time) time.Time {
	before, after := s.offset(wall.Add(-skew)), s.offset(wall.Add(skew))
	first := wall.Add(-before)
	if before == after || s.wall(first).Equal(wall) {
		return first
	}
	if second := wall.Add(-after); s.wall(second).Equal(wall) {
		return second
	}
	change, _ := first.In(s.zone).ZoneBounds()
	if change.IsZero() {
		return first
	}
	return change.UTC()
}

func (s *Schedule) offset(t time.Time) time.Duration {
	_, seconds := t.In(s.zone).Zone()
	return time.Duration(seconds) * time.Second
}
