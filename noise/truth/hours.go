package truth

import (
	"fmt"
	"time"
)

// TimeKind is what people do at an instant.
type TimeKind string

// The kinds of time.
const (
	Asleep   TimeKind = "asleep"
	OffHours TimeKind = "off_hours"
	AtWork   TimeKind = "at_work"
)

// Clock is a time of day on the wall, as time since midnight in [0,24h].
type Clock = time.Duration

// Shift is a part of a day by the clock on the wall, half-open. One that ends
// before it begins goes on until the next day; one that ends when it begins is
// empty.
type Shift struct{ From, To Clock }

// contains tells whether a clock time lies in the shift, and whether it does so
// in the part after midnight, which belongs to the day before.
func (s Shift) contains(at Clock) (ok, dayBefore bool) {
	if s.From <= s.To {
		return at >= s.From && at < s.To, false
	}
	return at >= s.From || at < s.To, at < s.To
}

// Date is a day on the calendar.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// ParseDate reads a date like 2026-12-25.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("parse date %.40q: want YYYY-MM-DD", text)
	}
	return dateOf(t), nil
}

func dateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// Hours say when people work and when they sleep. The zero value of each field
// means its default.
type Hours struct {
	Location *time.Location // UTC
	// Work is when people work, by day; a day that is not in it is off. By
	// default Monday to Friday, 9 to 17.
	Work map[time.Weekday]Shift
	// Sleep is when they sleep, every day; 22 to 7. Shift{24h, 24h}: never
	Sleep    Shift
	Holidays []Date // on which nobody works
}

func (h Hours) withDefaults() Hours {
	if h.Location == nil {
		h.Location = time.UTC
	}
	if h.Work == nil {
		h.Work = map[time.Weekday]Shift{}
		for day := time.Monday; day <= time.Friday; day++ {
			h.Work[day] = Shift{9 * time.Hour, 17 * time.Hour}
		}
	}
	orDefault(&h.Sleep, Shift{22 * time.Hour, 7 * time.Hour})
	return h
}

// Kind is what people do at an instant. Who works at night does not sleep then.
func (h Hours) Kind(t time.Time) TimeKind {
	h = h.withDefaults()
	t = t.In(h.Location)
	hour, minute, second := t.Clock()
	at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
	if h.works(t, at) {
		return AtWork
	}
	if asleep, _ := h.Sleep.contains(at); asleep {
		return Asleep
	}
	return OffHours
}

// works tells whether a shift of the day, or the night shift of the day before,
// is under way.
func (h Hours) works(t time.Time, at Clock) bool {
	if s, ok := h.Work[t.Weekday()]; ok && !h.isHoliday(t) {
		if in, dayBefore := s.contains(at); in && !dayBefore {
			return true
		}
	}
	// Noon is on the day before whatever the clocks did in the night.
	y, m, d := t.Date()
	before := time.Date(y, m, d-1, 12, 0, 0, 0, h.Location)
	if s, ok := h.Work[before.Weekday()]; ok && !h.isHoliday(before) {
		in, dayBefore := s.contains(at)
		return in && dayBefore
	}
	return false
}

func (h Hours) isHoliday(t time.Time) bool {
	day := dateOf(t)
	for _, d := range h.Holidays {
		if d == day {
			return true
		}
	}
	return false
}
