package spec

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// sortedSet is the texts in order, each once; nil where there are none.
func sortedSet(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}

var openSLOWindowKeys = []string{"duration", "isRolling", "calendar", "unit", "count"}

// openSLOWindow reads the time window of v1.
func (o object) openSLOWindow() slo.Window {
	items := o.list("timeWindow")
	if len(items) == 0 {
		o.d.warn(o.at, "no timeWindow: a rolling one of %s is taken", durationText(o.d.period()))
		return slo.Window{Rolling: o.d.period()}
	}
	if len(items) > 1 {
		o.d.lost(items[1], "timeWindow: only the first window is kept")
	}
	w := o.d.object(items[0], "timeWindow", openSLOWindowKeys)
	if w.get("duration") == nil {
		w.d.fail(items[0], "timeWindow: duration is missing")
		return slo.Window{}
	}
	return w.openSLOWindowOf(w.openSLODuration("duration", w.get("duration")))
}

// openSLOAlphaWindow reads the time window of v1alpha.
func (o object) openSLOAlphaWindow() slo.Window {
	items := o.list("timeWindows")
	if len(items) == 0 {
		o.d.warn(o.at, "no timeWindows: a rolling one of %s is taken", durationText(o.d.period()))
		return slo.Window{Rolling: o.d.period()}
	}
	if len(items) > 1 {
		o.d.lost(items[1], "timeWindows: only the first window is kept")
	}
	w := o.d.object(items[0], "timeWindows", openSLOWindowKeys)
	units := map[string]string{"minute": "m", "hour": "h", "day": "d", "week": "w", "month": "M", "quarter": "Q", "year": "Y"}
	unit := units[strings.TrimSuffix(strings.ToLower(w.needed("unit")), "s")]
	count := w.number("count")
	if unit == "" || count < 1 || count > 10_000 || count != float64(int(count)) {
		w.d.fail(items[0], "timeWindows: needs a unit from Minute to Year and a whole number as count")
		return slo.Window{}
	}
	return w.openSLOWindowOf(calendarText{int(count), unit, time.Duration(count) * openSLOUnits[unit]})
}

// openSLOWindowOf makes a duration a rolling window or a calendar unit.
func (o object) openSLOWindowOf(length calendarText) slo.Window {
	c := o.child("calendar", "calendar", []string{"startTime", "timeZone"})
	rolling := o.boolean("isRolling", c.at == nil)
	if length.count == 0 {
		return slo.Window{}
	}
	if rolling || c.at == nil {
		if strings.Contains("MQY", length.unit) {
			o.d.warn(o.at, "a rolling window of %d%s is taken as %s", length.count, length.unit, durationText(length.length))
		}
		return slo.Window{Rolling: length.length}
	}
	unit := o.calendarUnit(length)
	if unit == "" {
		o.d.refuse(o.at, "a calendar window of %d%s: burnish keeps day, week, month, quarter and year", length.count, length.unit)
		return slo.Window{}
	}
	c.noteCalendarStart(unit)
	return slo.Window{Calendar: unit, Zone: c.zone("timeZone")}
}

// calendarUnit is the unit of a calendar that a duration stands for; empty for
// none.
func (o object) calendarUnit(length calendarText) slo.Calendar {
	if length.count == 1 && length.unit == "m" {
		o.d.warn(o.at, "a calendar window of 1m is a minute to OpenSLO, and a month is 1M: a month is taken")
		return slo.CalendarMonth
	}
	return map[string]slo.Calendar{
		"1d": slo.CalendarDay, "1w": slo.CalendarWeek, "7d": slo.CalendarWeek, "1M": slo.CalendarMonth,
		"1Q": slo.CalendarQuarter, "3M": slo.CalendarQuarter, "1Y": slo.CalendarYear, "4Q": slo.CalendarYear, "12M": slo.CalendarYear,
	}[fmt.Sprintf("%d%s", length.count, length.unit)]
}

// noteCalendarStart says where a calendar of OpenSLO, which may start at any
// instant, starts at another than the unit does.
func (o object) noteCalendarStart(unit slo.Calendar) {
	text := o.text("startTime")
	if text == "" {
		return
	}
	start, err := time.Parse(time.DateTime, text)
	if err != nil {
		o.fail("startTime", "%q is not a time: write 2026-01-01 00:00:00", text)
		return
	}
	begins := start.Equal(start.Truncate(24 * time.Hour))
	switch unit {
	case slo.CalendarWeek:
		begins = begins && start.Weekday() == time.Monday
	case slo.CalendarMonth:
		begins = begins && start.Day() == 1
	case slo.CalendarQuarter:
		begins = begins && start.Day() == 1 && start.Month()%3 == 1
	case slo.CalendarYear:
		begins = begins && start.YearDay() == 1
	}
	if !begins {
		o.d.lost(o.get("startTime"), "startTime %s: burnish's %s begins at midnight%s", text, unit, map[slo.Calendar]string{slo.CalendarWeek: " on Monday"}[unit])
	}
}
