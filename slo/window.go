package slo

import "time"

// At is the stretch that the window covers at an instant: the last Rolling, or
// the calendar unit in which the instant lies, up to the instant.
func (w Window) At(now time.Time) Interval {
	if w.Calendar == "" {
		return Interval{From: now.Add(-w.Rolling), To: now}
	}
	return Interval{From: w.unit(now).From, To: now}
}

// Whole is At with a calendar unit to its end: what the budget is for.
func (w Window) Whole(now time.Time) Interval {
	if w.Calendar == "" {
		return w.At(now)
	}
	return w.unit(now)
}

// unit is the calendar unit in which an instant lies, in the window's zone. An
// instant at a boundary belongs to the unit that begins there.
func (w Window) unit(now time.Time) Interval {
	zone := w.Zone
	if zone == nil {
		zone = time.UTC
	}
	local := now.In(zone)
	y, m, d := local.Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone).UTC() }
	switch w.Calendar {
	case CalendarDay:
		return Interval{midnight(y, m, d), midnight(y, m, d+1)}
	case CalendarWeek:
		monday := d - (int(local.Weekday())+6)%7
		return Interval{midnight(y, m, monday), midnight(y, m, monday+7)}
	case CalendarQuarter:
		first := m - (m-1)%3
		return Interval{midnight(y, first, 1), midnight(y, first+3, 1)}
	case CalendarYear:
		return Interval{midnight(y, 1, 1), midnight(y+1, 1, 1)}
	default:
		return Interval{midnight(y, m, 1), midnight(y, m+1, 1)}
	}
}
