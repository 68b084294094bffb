package report

import (
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// What follows lends the report's words to the page, so that both say the same
// figure in the same way.

// CountText writes a whole number with thousands separated: 1,204.
func CountText(n int) string { return count(n) }

// PluralText writes a count with its noun, the plural by an s.
func PluralText(n int, noun string) string { return plural(n, noun) }

// FigureText writes a number with no more digits than it deserves.
func FigureText(v float64) string { return figure(v) }

// PercentText writes a ratio as a percentage.
func PercentText(ratio float64) string { return percent(ratio) }

// ObjectiveText keeps as many digits as an objective has.
func ObjectiveText(ratio float64) string { return percentText(ratio) }

// ErrorText writes a ratio of errors with three digits that count.
func ErrorText(ratio float64) string { return errorText(ratio) }

// BudgetText writes what is left of a budget; less than nothing has a minus.
func BudgetText(ratio float64) string { return budgetText(ratio) }

// BurnText writes a burn rate.
func BurnText(rate float64) string { return burnText(rate) }

// SpanText writes a duration as a person would: 45 s, 5 min, 3.2 d.
func SpanText(d time.Duration) string { return span(d) }

// MinuteText writes an instant in UTC without its year.
func MinuteText(t time.Time) string { return minute(t) }

// DatesText writes a window: whole days as days, others to the minute.
func DatesText(w slo.Interval) string { return dates(w) }

// CleanText makes text from outside fit for one line: nothing that drives a
// terminal or reorders what is read, and no more runes than the limit.
func CleanText(s string, limit int) string { return clean(s, limit) }

// BreakableText splits a name where a line may break.
func BreakableText(s string) []string { return breakable(s) }
