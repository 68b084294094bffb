package topology

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

const day = 24 * time.Hour

// monthOfTheShop is what thirty days of the shop might have told.
func monthOfTheShop() Measured {
	at := func(d int) time.Time { return time.Date(2026, 10, 1+d, 12, 0, 0, 0, time.UTC) }
	incident := func(d int, burned float64) Incident {
		return Incident{ID: "i", From: at(d), To: at(d).Add(time.Hour), Burned: known(burned)}
	}
	return Measured{Window: 30 * day, SLOs: map[string]Observed{
		"checkout/availability": {
			Incidents: []Incident{incident(1, 0.1), incident(9, 0.2), incident(21, 0.15)},
			Rules:     []string{"CheckoutBudgetBurn", "CheckoutErrors"}, Recall: slo.Proportion{Count: 2, Of: 3},
			Detection: known(400), Reset: known(600), Restore: known(3600), Missed: []string{"i"},
			Actions: Actions{NotGiven: 1, GivenNeedlessly: 4},
		},
		"inventory/availability": {Incidents: []Incident{incident(4, 0.6)}},
		"notify/availability":    {},
	}}
}

func row(t *testing.T, rows []Row, id string) Row {
	t.Helper()
	for _, r := range rows {
		if r.ID == id {
			return r
		}
	}
	require.Fail(t, "no row "+id)
	return Row{}
}

func TestRiskNumbersByHand(t *testing.T) {
	rows := shop(t).Worksheet(monthOfTheShop(), nil)

	// Three in 20 days from the first to the last: every 10 days, 6. 15% of the
	// budget each: 7. A third was missed: 6; told after 400 s: 4; the worse counts.
	r := row(t, rows, "checkout/a-feature-flag-breaks-some-carts")
	assert.Equal(t, []Rating{7, 6, 6}, []Rating{r.Severity, r.Occurrence, r.Detection})
	assert.Equal(t, 7*6*6, r.Risk())
	assert.Equal(t, PriorityHigh, r.Priority())
	assert.Equal(t, "every 10 d (3 in 30 d)", r.WhyOccurrence)
	assert.Equal(t, "15% of the budget each", r.WhySeverity)
	assert.Equal(t, "told of 2 of 3, after 6.7 min", r.WhyDetection)
	assert.Equal(t, "CheckoutBudgetBurn", r.Alert)
	assert.Equal(t, "gift cards can't be used", r.Effect)

	// Once in 30 days and no alert: 4 × 9 × 10.
	r = row(t, rows, "inventory/answers-with-errors")
	assert.Equal(t, []Rating{9, 4, 10}, []Rating{r.Severity, r.Occurrence, r.Detection})
	assert.Equal(t, 360, r.Risk())
	assert.Equal(t, PriorityHigh, r.Priority())
	assert.Equal(t, askEffect, r.Effect)

	// Never in 30 days: nothing tells how bad it is.
	r = row(t, rows, "notify/answers-with-errors")
	assert.Equal(t, []Rating{0, 4, 10}, []Rating{r.Severity, r.Occurrence, r.Detection})
	assert.Zero(t, r.Risk())
	assert.Equal(t, PriorityUnknown, r.Priority())

	// Nothing was measured of the provider.
	r = row(t, rows, "payment-provider/does-not-answer")
	assert.Equal(t, []Rating{0, 0, 0}, []Rating{r.Severity, r.Occurrence, r.Detection})
	assert.Equal(t, askAlert, r.Alert)

	assert.Equal(t, "is too slow", row(t, rows, "search/is-too-slow").Mode)
	assert.Equal(t, "it is slow", row(t, rows, "checkout/it-is-slow").Mode, "a mode that is written down stands for its SLO")
}

func TestScales(t *testing.T) {
	for hours, want := range map[float64]Rating{1: 10, 12: 9, 24: 8, 72: 7, 24 * 7: 6, 24 * 14: 5, 24 * 30: 4, 24 * 90: 3, 24 * 180: 2, 24 * 365: 1} {
		assert.Equal(t, want, Occurrence(time.Duration(hours*float64(time.Hour))), "%v h", hours)
	}
	for share, want := range map[float64]Rating{0: 1, 0.001: 2, 0.005: 3, 0.01: 4, 0.02: 5, 0.05: 6, 0.1: 7, 0.25: 8, 0.5: 9, 1: 10, 7: 10} {
		assert.Equal(t, want, Severity(share), "%v", share)
	}
	all := slo.Proportion{Count: 10, Of: 10}
	assert.Equal(t, Rating(1), Detection(all, known(60), true))
	assert.Equal(t, Rating(9), Detection(all, known(24*3600), true))
	assert.Equal(t, Rating(10), Detection(all, known(25*3600), true))
	assert.Equal(t, Rating(10), Detection(slo.Proportion{Of: 3}, slo.Figure{}, true))
	assert.Equal(t, Rating(7), Detection(slo.Proportion{Count: 1, Of: 2}, known(1), true))
	assert.Equal(t, Rating(10), Detection(all, known(1), false), "no alert")
	assert.Equal(t, Rating(0), Detection(slo.Proportion{}, known(1), true))
}

// TestPrioritiesNeverFallAsThingsGetWorse over all thousand cells.
func TestPrioritiesNeverFallAsThingsGetWorse(t *testing.T) {
	weight := map[Priority]int{PriorityLow: 1, PriorityMedium: 2, PriorityHigh: 3}
	count := map[Priority]int{}
	for s := Rating(1); s <= 10; s++ {
		for o := Rating(1); o <= 10; o++ {
			for d := Rating(1); d <= 10; d++ {
				p := weight[ActionPriority(s, o, d)]
				count[ActionPriority(s, o, d)]++
				assert.LessOrEqual(t, p, weight[ActionPriority(min(10, s+1), o, d)])
				assert.LessOrEqual(t, p, weight[ActionPriority(s, min(10, o+1), d)])
				assert.LessOrEqual(t, p, weight[ActionPriority(s, o, min(10, d+1))])
			}
		}
	}
	for _, p := range []Priority{PriorityHigh, PriorityMedium, PriorityLow} {
		assert.Positive(t, count[p])
	}
	assert.Equal(t, PriorityHigh, ActionPriority(10, 2, 7))
	assert.Equal(t, PriorityMedium, ActionPriority(7, 5, 1))
	assert.Equal(t, PriorityLow, ActionPriority(10, 1, 10))
	assert.Equal(t, PriorityLow, ActionPriority(3, 7, 10))
	assert.Equal(t, PriorityUnknown, ActionPriority(0, 5, 5))
}

func TestEditsAreKept(t *testing.T) {
	g := shop(t)
	v := NewView(g, monthOfTheShop())
	var page bytes.Buffer
	page.WriteString("# Our notes\n\nkept before\n\n")
	require.NoError(t, v.WriteMarkdown(&page))
	page.WriteString("kept after\n")
	text := page.String()
	edit := func(id, from, to string) {
		lines := strings.SplitAfter(text, "\n")
		for i, l := range lines {
			if strings.HasPrefix(l, "| "+id+" ") {
				require.Contains(t, l, from)
				lines[i] = strings.Replace(l, from, to, 1)
			}
		}
		text = strings.Join(lines, "")
	}
	edit("payment-provider/does-not-answer", askEffect, `nobody can pay \| at *all* <b>`)
	edit("payment-provider/does-not-answer", "| ? | ? | ? | ? |", "| 9 | we say so | 3 | twice a year |")
	edit("checkout/a-feature-flag-breaks-some-carts", "| 7 |", "| 1 |")
	edit("checkout/a-feature-flag-breaks-some-carts", "turn the flag off", "turn it off, then tell support")
	text = strings.Replace(text, "| auth/fails |", "| auth/key-expires |", 1)

	edited, err := ReadMarkdown([]byte(text))
	require.NoError(t, err)
	v.Worksheet = Keep(v.Worksheet, edited)
	var again bytes.Buffer
	require.NoError(t, v.WriteMarkdown(&again))
	got := string(Replace([]byte(text), again.Bytes()))
	assert.True(t, strings.HasPrefix(got, "# Our notes\n\nkept before\n\n"))
	assert.True(t, strings.HasSuffix(got, "\nkept after\n"))

	rows, err := ReadMarkdown([]byte(got))
	require.NoError(t, err)
	r := row(t, rows, "payment-provider/does-not-answer")
	assert.Equal(t, "nobody can pay | at *all* <b>", r.Effect)
	assert.Equal(t, []Rating{9, 3, 0}, []Rating{r.Severity, r.Occurrence, r.Detection}, "nothing was measured, so what people rated stays")
	r = row(t, rows, "checkout/a-feature-flag-breaks-some-carts")
	assert.Equal(t, Rating(7), r.Severity, "what is measured wins")
	assert.Equal(t, "turn it off, then tell support", r.Do)
	row(t, rows, "auth/key-expires")
	row(t, rows, "auth/fails")

	third, err := ReadMarkdown([]byte(got))
	require.NoError(t, err)
	assert.Equal(t, rows, Keep(v.Worksheet, third), "made anew from itself it stays as it is")
}

func TestCSVRoundTrip(t *testing.T) {
	rows := NewView(shop(t), monthOfTheShop()).Worksheet
	rows[0].Effect, rows[0].Note = `=HYPERLINK("x")`, "'quoted, \"too\""
	var b bytes.Buffer
	require.NoError(t, WriteCSV(&b, rows))
	assert.Contains(t, b.String(), `'=HYPERLINK`)
	got, err := ReadCSV(append([]byte("\ufeff"), b.Bytes()...))
	require.NoError(t, err)
	assert.Equal(t, rows, got)
	_, err = ReadCSV([]byte("a,b\n1,2\n"))
	require.ErrorContains(t, err, "column ID")
	_, err = ReadCSV([]byte("ID,Component\nx,a\nx,b\n"))
	require.ErrorContains(t, err, "there twice")
	got, err = ReadCSV(nil)
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestLoopsMarkWhatIsMissing(t *testing.T) {
	loops := shop(t).Loops(monthOfTheShop())
	by := map[string]Loop{}
	for _, l := range loops {
		by[l.SLO] = l
	}
	c := by["checkout/availability"]
	assert.Equal(t, "CheckoutBudgetBurn, CheckoutErrors", c.Actions[0].Name)
	assert.Equal(t, known(400), c.Actions[0].Lag)
	assert.Equal(t, "2 of 3", c.Feedback[1].Name)
	assert.Equal(t, "missed i", c.Feedback[1].Note)
	assert.True(t, c.Actions[1].Missing(), "there is no runbook")
	assert.Equal(t, Actions{NotGiven: 1, GivenNeedlessly: 4}, c.Unsafe)
	assert.Equal(t, "no alert tells of it", by["inventory/availability"].Actions[0].Note)
	assert.Equal(t, "alerts were not measured", by["cart/availability"].Actions[0].Note)
}

func FuzzReadMarkdown(f *testing.F) {
	f.Add("| ID | Component | Effect |\n| --- | --- | --- |\n| a/b | a | x \\| y |\n")
	f.Add("| ID | Component |\n| \\")
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := ReadMarkdown([]byte(text))
		if err != nil {
			assert.Nil(t, rows)
			return
		}
		var b bytes.Buffer
		v := View{Worksheet: rows}
		v.writeWorksheet(&b)
		again, err := ReadMarkdown(b.Bytes())
		if err == nil {
			assert.Equal(t, normal(rows), normal(again))
		}
		b.Reset()
		require.NoError(t, WriteCSV(&b, rows))
		again, err = ReadCSV(b.Bytes())
		if err == nil {
			assert.Equal(t, normal(rows), normal(again))
		}
	})
}

// normal takes out what a reading does not tell apart: no rows.
func normal(in []Row) []Row {
	return append([]Row{}, in...)
}

func TestQuestionsAreCounted(t *testing.T) {
	full := Row{ID: "a/b", Effect: "x", Alert: "A", Do: "y", Owner: "z", Severity: 1, Occurrence: 2, Detection: 3}
	assert.Zero(t, full.Questions())
	for name, c := range map[string]struct {
		change func(*Row)
		want   int
	}{
		"a rating nobody gave":      {func(r *Row) { r.Severity = 0 }, 1},
		"an effect nobody told":     {func(r *Row) { r.Effect = askEffect }, 1},
		"a note is never asked for": {func(r *Row) { r.Note = "" }, 0},
		"nothing is answered": {func(r *Row) {
			*r = Row{Effect: askEffect, Alert: askAlert, Do: askDo, Owner: askOwner}
		}, 7},
	} {
		row := full
		c.change(&row)
		assert.Equal(t, c.want, row.Questions(), name)
	}
}

func TestWhatWasNotSeenIsNotFreeOfFailures(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		seen   slo.Figure
		rating Rating
		why    string
	}{
		"nobody says how much": {slo.Figure{}, Occurrence(30 * day), "never in 30 d"},
		"all of it":            {slo.Figure{Value: 1, Known: true}, Occurrence(30 * day), "never in 30 d"},
		"a third":              {slo.Figure{Value: 1. / 3, Known: true}, Occurrence(10 * day), "never in 10 d"},
		"nothing":              {slo.Figure{Known: true}, 0, askRate},
	} {
		r := Row{WhyOccurrence: askRate}
		o := Observed{Seen: c.seen}
		r.occur(o, o.seen(30*day))
		assert.Equal(t, c.rating, r.Occurrence, name)
		assert.Equal(t, c.why, r.WhyOccurrence, name)
	}
}

func TestWhatIsMissingIsNotWhatWasNotMeasured(t *testing.T) {
	g, err := New([]Component{{Name: "a", Kind: KindService, SLOs: []slo.SLO{{Service: "a", Name: "availability", Owner: "team"}}}})
	require.NoError(t, err)
	assert.False(t, g.Linked())
	assert.Equal(t, []string{"restores", "events", "dashboard"}, g.Loops(Measured{})[0].Lacks(), "alerts were not measured")
	measured := Measured{Window: time.Hour, SLOs: map[string]Observed{"a/availability": {}}}
	assert.Equal(t, []string{"tells people", "restores", "events", "dashboard"}, g.Loops(measured)[0].Lacks(), "no alert was found")
}
