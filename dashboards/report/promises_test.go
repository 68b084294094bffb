package report

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// hourly is a promise over ten hours that end with the week: each number is the
// bad ones of an hour's 100 events; below 0 nobody looked.
func hourly(t testing.TB, s slo.SLO, bad ...float64) SLOGroup {
	t.Helper()
	now := week().To
	s.Window = slo.Window{Rolling: 10 * time.Hour}
	steps := slo.NewSteps(s.Window.At(now), time.Hour)
	require.Len(t, bad, steps.Len())
	for i, n := range bad {
		if n >= 0 {
			steps.Bad[i], steps.Total[i], steps.Known[i] = n, 100, true
		}
	}
	ledger, err := slo.NewLedger([]slo.Tier{{Step: time.Hour, Keep: 11 * time.Hour}})
	require.NoError(t, err)
	ledger.Append(steps)
	st := s.StatusAt(ledger, now, slo.StatusOptions{BurnWindows: []time.Duration{time.Hour, 6 * time.Hour}})
	return SLOGroup{
		SLO: s, Status: st, Exact: true, Losses: s.Losses(steps, slo.LossOptions{}),
		BurnDown: s.BurnDown(ledger, st.Window, nil, 10),
	}
}

func overspent(t testing.TB) SLOGroup {
	return hourly(t, slo.SLO{Service: "shop", Name: "pay", Objective: 0.99, SLI: slo.Events{}}, 0, 0, 0, 0, 20, 0, 0, 0, 0, 0)
}

func runningOut(t testing.TB) SLOGroup {
	return hourly(t, slo.SLO{Service: "shop", Name: "cart", Objective: 0.9, SLI: slo.Latency{}}, 0, 0, 0, 0, 12, 12, 12, 12, 12, 12)
}

// steady burns at half the rate that is allowed, all the time.
func steady(t testing.TB) SLOGroup {
	return hourly(t, slo.SLO{Service: "shop", Name: "steady", Objective: 0.9, SLI: slo.Events{}}, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5)
}

func probe(t testing.TB, instance string) SLOGroup {
	g := hourly(t, slo.SLO{Service: "web", Name: "up", Objective: 0.99, SLI: slo.Probe{}, GroupBy: []string{"instance"}}, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	g.Group, g.Exact = labels.FromStrings("instance", instance), false
	return g
}

// promisingInput is the small week with promises of every kind.
func promisingInput(t testing.TB) Input {
	in := smallInput()
	in.SLOsAt = week().To
	in.SLOs = []SLOGroup{probe(t, "a:9100"), probe(t, "b:9100"), steady(t), runningOut(t), overspent(t)}
	in.UnknownSLOs = []slo.SLO{{Service: "shop", Name: "ghost", Objective: 0.999, Window: slo.Window{Calendar: slo.CalendarMonth}, SLI: slo.Events{}}}
	return in
}

func TestPromisesGolden(t *testing.T) {
	in := promisingInput(t)
	var table strings.Builder
	require.NoError(t, in.promises().WriteTable(&table))
	md := written(t, Build(in).WriteMarkdown)
	section, _, _ := strings.Cut(md[strings.Index(md, "## Promises"):], "\n## ")
	for name, got := range map[string]string{"promises.md": section, "promises.txt": table.String() + "\n" + strings.Join(Build(in).Headlines(), "\n") + "\n"} {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err, "run go test with -update to write it")
		assert.Equal(t, string(want), got, name)
	}
}

func TestPromiseFigures(t *testing.T) {
	v := newPromisesView(promisingInput(t))
	rows := map[string]promiseView{}
	var order []string
	for _, r := range v.Rows {
		rows[r.Name.Shown] = r
		order = append(order, r.Name.Shown)
	}
	assert.Equal(t, []string{"shop/pay", "shop/cart", "shop/ghost", "shop/steady", "web/up", "web/up"}, order)

	// 1000 events at 99% allow 10 bad ones; 20 came, all in the fifth hour. The
	// last six hours hold them: 20 of 600 is 3.33 budgets.
	pay := rows["shop/pay"]
	assert.Equal(t, []string{"−100%", "overspent", "2%", "0", "3.33", "gone"}, []string{pay.Left, pay.Says, pay.Errors, pay.BurnHour, pay.BurnSix, pay.GoneIn})
	// 1000 events at 90% allow 100; 72 came, 12 an hour: 28 are left for 2 h 20
	// min. The interval of 72 in 600 is 9.64% to 14.84%.
	cart := rows["shop/cart"]
	assert.Equal(t, []string{"28%", "runs out", "7.2%", "1.2", "1.2", "2 h 20 min"}, []string{cart.Left, cart.Says, cart.Errors, cart.BurnHour, cart.BurnSix, cart.GoneIn})
	assert.Equal(t, "1 h 53 min to 2 h 54 min", cart.Between)
	// Half the rate that is allowed never runs out: what leaves equals what comes.
	half := rows["shop/steady"]
	assert.Equal(t, []string{"50%", "kept", "0.5", "not in this window"}, []string{half.Left, half.Says, half.BurnSix, half.GoneIn})
	ghost := rows["shop/ghost"]
	assert.Equal(t, []string{unknown, "no data", unknown, unknown, unknown, "–", "0%"},
		[]string{ghost.Left, ghost.Says, ghost.Errors, ghost.BurnHour, ghost.GoneIn, ghost.Share, ghost.Coverage})
	assert.Nil(t, ghost.Bar)
	idle := SLOGroup{Status: slo.Status{Tally: slo.Tally{Covered: time.Hour, Length: time.Hour}}}
	_, says := idle.verdict()
	assert.Equal(t, "no events", says, "it was watched, and nothing came")
	// Three promises count requests, each 100 an hour; probes are no traffic.
	assert.Equal(t, []string{"33%", "33%", "33%", "–"}, []string{pay.Share, cart.Share, half.Share, rows["web/up"].Share})
}

func TestLossIncidentsInTheReport(t *testing.T) {
	v := newPromisesView(promisingInput(t))
	require.Len(t, v.Losses, 2)
	assert.Equal(t, []string{"shop/pay", "Sun 15 Nov 18:00", "1 h", "200%", "20"},
		[]string{v.Losses[0].Name.Shown, v.Losses[0].From, v.Losses[0].Lasted, v.Losses[0].Burned, v.Losses[0].Peak})
	assert.Equal(t, []string{"shop/cart", "Sun 15 Nov 18:00", "6 h", "72%", "1.2"},
		[]string{v.Losses[1].Name.Shown, v.Losses[1].From, v.Losses[1].Lasted, v.Losses[1].Burned, v.Losses[1].Peak})
	assert.Contains(t, v.LossIntro, "There were 2 loss incidents, 2 of them within the report’s week.")
}

func TestBurnDownDrawing(t *testing.T) {
	// From 1 at the top over 0 in the middle to -1 at the bottom, 36 units high.
	s := newBurnDownStrip(overspent(t), -1)
	assert.Equal(t, "M0 0L1 0L2 0L3 0L4 0L5 36L6 36L7 36L8 36L9 36L10 36", s.Line)
	assert.Equal(t, "M0 18L0 0L1 0L2 0L3 0L4 0L4.5 18L5 18L6 18L7 18L8 18L9 18L10 18V18z", s.Above, "it crosses zero half way through the fifth hour")
	assert.Equal(t, "M0 18L0 18L1 18L2 18L3 18L4 18L4.5 18L5 36L6 36L7 36L8 36L9 36L10 36V18z", s.Below)
	assert.Equal(t, []string{"M0 18H10", "M0 0L10 18"}, []string{s.Zero, s.Even})
	assert.Equal(t, "shop/pay: from all of the budget on Sun 15 Nov 14:00 to −100% left on Mon 16 Nov 00:00; most was burned in the 1 h from Sun 15 Nov 18:00: 200%", s.Title)

	dark := hourly(t, slo.SLO{Name: "n", Service: "s", Objective: 0.9, SLI: slo.Events{}}, 0, 0, -1, -1, 40, 0, 0, 0, 0, 0)
	s = newBurnDownStrip(dark, 0)
	assert.Equal(t, "M0 0L1 0L2 0M5 18L6 18L7 18L8 18L9 18L10 18", s.Line, "800 events allow 80, and the hours in the dark are left open")
	assert.Empty(t, s.Below)
	assert.Contains(t, s.Title, "20% of the time is unknown")

	alone := hourly(t, slo.SLO{Name: "n", Service: "s", Objective: 0.9, SLI: slo.Events{}}, -1, -1, 5, -1, -1, -1, -1, -1, -1, 0)
	s = newBurnDownStrip(alone, 0)
	assert.Equal(t, "M0 0M2 9L3 9M9 9L10 9", s.Line, "200 events allow 20; an hour that is known alone is a dash")

	s = newBurnDownStrip(SLOGroup{SLO: dark.SLO}, 0)
	assert.Empty(t, s.Line)
	assert.Contains(t, s.Title, "unknown")
}

func TestBudgetBars(t *testing.T) {
	of := func(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }
	for name, c := range map[string]struct {
		left  slo.Figure
		floor float64
		want  *budgetBar
	}{
		"half of it, nothing overspent": {of(0.5), 0, &budgetBar{Zero: "0.0", From: "0.0", Width: "50.0"}},
		"half of it beside overspent":   {of(0.5), -1, &budgetBar{Zero: "50.0", From: "50.0", Width: "25.0"}},
		"overspent by half":             {of(-0.5), -1, &budgetBar{Zero: "50.0", From: "25.0", Width: "25.0", Over: true}},
		"overspent beyond the drawing":  {of(-9), -1, &budgetBar{Zero: "50.0", From: "0.0", Width: "50.0", Over: true, Cut: true}},
		"unknown":                       {slo.Figure{}, -1, nil},
	} {
		assert.Equal(t, c.want, newBudgetBar(c.left, c.floor), name)
	}
	assert.InDelta(t, -1, budgetFloor([]SLOGroup{overspent(t)}), 0)
	assert.InDelta(t, 0, budgetFloor([]SLOGroup{steady(t), {}}), 0)
	assert.InDelta(t, -0.5, budgetFloor([]SLOGroup{{Status: slo.Status{BudgetRemaining: of(-0.28)}}}), 0)
}

func TestWhatIsAtRisk(t *testing.T) {
	blind := steady(t)
	blind.Status.Burn = map[time.Duration]slo.Figure{6 * time.Hour: {}}
	blind.Status.Exhaustion = slo.Exhaustion{Basis: 6 * time.Hour}
	for name, c := range map[string]struct {
		groups []SLOGroup
		want   []string
	}{
		"one runs out": {[]SLOGroup{runningOut(t), steady(t)}, []string{
			"If errors go on as in the last 6 h, these run out of budget within their window: shop/cart in 2 h 20 min (1 h 53 min to 2 h 54 min).",
		}},
		"none": {[]SLOGroup{steady(t)}, []string{
			"If errors go on as in the last 6 h, the one promise that can be foretold will not run out of budget within its window.",
		}},
		"nothing to go by": {[]SLOGroup{blind}, []string{"Of 1 promise nothing can be foretold: there were no events to go by."}},
		"no data at all":   {[]SLOGroup{{SLO: blind.SLO}}, []string{"Of 1 promise nothing can be foretold: there were no events to go by."}},
		"gone already":     {[]SLOGroup{overspent(t)}, []string{"Overspent already: shop/pay, −100% left."}},
	} {
		assert.Equal(t, c.want, atRisk(c.groups), name)
	}
	assert.Equal(t, unknown, blind.exhaustionText(), "no events are no sign of a long life")
	assert.Nil(t, blind.runsOutOrNull())
}

func TestPromisesInTheLedeAndTheHeadlines(t *testing.T) {
	const want = "Of 6 promises (the groups of 5 SLOs), 1 is overspent (shop/pay, −100% left), 1 is running out (shop/cart in 2 h 20 min), 1 is unknown for lack of events and 3 are kept."
	r := Build(promisingInput(t))
	assert.Contains(t, r.Headlines(), want)
	assert.Contains(t, written(t, r.WriteHTML), unbroken(want))
	in := promisingInput(t)
	in.Current = noise.Summarize(noise.History{Window: week()}, noise.Options{})
	html := written(t, Build(in).WriteHTML)
	assert.Contains(t, html, unbroken(want), "promises are told of where the alert history is missing")
	assert.Contains(t, html, `id="promises"`)
}

func TestWithoutSLOsThereIsNoSection(t *testing.T) {
	r := Build(smallInput())
	assert.NotContains(t, written(t, r.WriteHTML), `id="promises"`)
	for _, out := range []string{written(t, r.WriteMarkdown), strings.Join(r.Headlines(), "")} {
		assert.NotContains(t, strings.ToLower(out), "promise")
	}
	doc := written(t, r.WriteJSON)
	assert.Contains(t, doc, `"slos": [],`)
	assert.Contains(t, doc, `"incidents": [],`)
}

func TestTheRestOfManyGroupsIsSummedUp(t *testing.T) {
	in := smallInput()
	for i := range 30 {
		in.SLOs = append(in.SLOs, probe(t, fmt.Sprintf("host-%d", i)))
	}
	in.SLOs = append(in.SLOs, overspent(t))
	v := newPromisesView(in)
	assert.Len(t, v.Rows, promisesShown)
	assert.Equal(t, "shop/pay", v.Rows[0].Name.Shown)
	assert.Equal(t, "The 20 of 31 promises that need attention most", v.Caption)
	assert.Equal(t, "Not shown: 11 more promises; 11 kept. All are in the JSON.", v.More)
	assert.Len(t, Build(in).Document().SLOs, 31)
}

func TestPromisesInJSON(t *testing.T) {
	r := Build(promisingInput(t))
	var doc struct {
		SLOs []struct {
			Name, Service string
			Remaining     *float64 `json:"budget_remaining_ratio"`
			Share         *float64 `json:"traffic_share_ratio"`
			BurnDown      *struct {
				From time.Time
				Step float64    `json:"step_seconds"`
				Left []*float64 `json:"budget_remaining_ratio"`
			} `json:"burn_down"`
			Exhaustion struct {
				Runs *bool `json:"runs_out"`
			}
		}
		Incidents []map[string]any
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, r.WriteJSON)), &doc))
	require.Len(t, doc.SLOs, 6)
	cart, ghost, pay, half := doc.SLOs[0], doc.SLOs[1], doc.SLOs[2], doc.SLOs[3]
	assert.Equal(t, []string{"cart", "ghost", "pay", "steady"}, []string{cart.Name, ghost.Name, pay.Name, half.Name})
	assert.InDelta(t, 0.28, *cart.Remaining, 1e-9)
	assert.InDelta(t, 1.0/3, *cart.Share, 1e-6)
	assert.Equal(t, []bool{true, true, false}, []bool{*cart.Exhaustion.Runs, *pay.Exhaustion.Runs, *half.Exhaustion.Runs})
	require.Len(t, pay.BurnDown.Left, 10)
	assert.InDelta(t, 3600, pay.BurnDown.Step, 0)
	assert.InDelta(t, 1, *pay.BurnDown.Left[3], 1e-9)
	assert.InDelta(t, -1, *pay.BurnDown.Left[4], 1e-9)
	assert.Equal(t, week().To.Add(-10*time.Hour), pay.BurnDown.From)
	assert.Nil(t, ghost.Remaining)
	assert.Nil(t, ghost.Share)
	assert.Nil(t, ghost.BurnDown)
	assert.Nil(t, ghost.Exhaustion.Runs)

	require.Len(t, doc.Incidents, 2)
	assert.Equal(t, map[string]any{
		"id": "shop/cart@2026-11-15T18:00:00Z", "slo": "shop/cart", "group": map[string]any{}, "from": "2026-11-15T18:00:00Z",
		"to": "2026-11-16T00:00:00Z", "budget_burned_ratio": 0.72, "peak_burn_rate": 1.2,
		"declared": false, "severity": nil, "note": nil,
		"detected_by": nil, "detected_at": nil, "told": nil, "acknowledged_at": nil, "detection_seconds": nil, "signals": nil,
	}, doc.Incidents[0])
}

func TestHostileNamesOfPromisesStayText(t *testing.T) {
	in := promisingInput(t)
	for _, evil := range []string{`<script>alert(1)</script>`, "a|b`c`[x](javascript:alert(1))\n# not a heading", "\x1b[31mred\u202e", strings.Repeat("x", 10_000), `"><img src=x onerror=alert(1)>`} {
		g := overspent(t)
		g.SLO.Name, g.SLO.Service, g.Group = evil, evil, labels.FromStrings("instance", evil, "severity", evil)
		g.Status.Source = []string{evil}
		in.SLOs = append(in.SLOs, g)
		in.UnknownSLOs = append(in.UnknownSLOs, g.SLO)
	}
	r := Build(in)
	html, md := written(t, r.WriteHTML), written(t, r.WriteMarkdown)
	var table strings.Builder
	require.NoError(t, in.promises().WriteTable(&table))
	assert.NotContains(t, html, "<script")
	assert.NotContains(t, html, "<img")
	assert.NotContains(t, md, "\n# not a heading")
	for form, out := range map[string]string{"html": html, "md": md, "headlines": strings.Join(r.Headlines(), "\n"), "table": table.String()} {
		for _, bad := range []string{"\x1b", "\u202e", strings.Repeat("x", titleLimit+1), "ZgotmplZ"} {
			assert.NotContains(t, out, bad, form)
		}
	}
	for line := range strings.SplitSeq(md, "\n") {
		if strings.HasPrefix(line, "| ") {
			cells := strings.Count(line, "|") - strings.Count(line, `\|`)
			assert.Contains(t, []int{5, 6, 10, 11}, cells, line)
		}
	}
	notes := 0
	for _, g := range in.SLOs {
		notes += len(g.Status.Source)
	}
	assert.Equal(t, 1+len(in.SLOs)+len(in.UnknownSLOs)+notes, strings.Count(table.String(), "\n"), "a line each")
}

func TestTextsOfBudgets(t *testing.T) {
	for _, c := range []struct {
		text func(float64) string
		v    float64
		want string
	}{
		{budgetText, 1, "100%"},
		{budgetText, 0.9999, "99.9%"},
		{budgetText, 0, "0%"},
		{budgetText, -0.0001, "<0%"},
		{budgetText, -0.389, "−38.9%"},
		{budgetText, -1, "−100%"},
		{budgetText, -12.404, "−1,240%"},
		{errorText, 0, "0%"},
		{errorText, 0.000613, "0.0613%"},
		{errorText, 0.0129, "1.29%"},
		{errorText, 0.12, "12%"},
		{errorText, 1, "100%"},
		{errorText, 1e-9, "<0.0001%"},
		{burnText, 0, "0"},
		{burnText, 0.001, "<0.01"},
		{burnText, 14.4, "14.4"},
		{burnText, 1000, "1,000"},
		{percentText, 0.999, "99.9%"},
		{percentText, 0.9, "90%"},
		{percentText, 0.99999, "99.999%"},
	} {
		assert.Equal(t, c.want, c.text(c.v))
	}
}
