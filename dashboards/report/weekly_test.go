package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/slo"
)

// earlierWeek is the judged week as a report of the week before gave it, with
// rules that have a text.
func earlierWeek(t testing.TB) Document {
	t.Helper()
	in := judgedInput(t)
	in.Rules = decidedRules()
	doc := Build(in).Document()
	doc.From, doc.To = doc.From.AddDate(0, 0, -7), doc.To.AddDate(0, 0, -7)
	return doc
}

// decidedRules are the rules of the week and those that the decisions are on.
func decidedRules() []noise.Rule {
	return append(writtenRules(), noise.Rule{Name: "Gone"}, noise.Rule{Name: "Copy"})
}

// weeklyInput is the judged week with all that goes with it.
func weeklyInput(t testing.TB) Input {
	t.Helper()
	in := judgedInput(t)
	in.Rules = decidedRules()
	in.Rules[0].For, in.Rules[0].Expr = 10*time.Minute, "CPUHigh > 2"
	in.Past, in.Earlier = pastOf(), earlierOf(t, earlierWeek(t))
	return in
}

func writtenRules() []noise.Rule {
	rules := smallHistory().Rules
	for i := range rules {
		rules[i].Expr, rules[i].For = rules[i].Name+"  > 1", time.Minute
	}
	return rules
}

func earlierOf(t testing.TB, doc Document) *Earlier {
	t.Helper()
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	e, err := ReadEarlier(bytes.NewReader(text))
	require.NoError(t, err)
	return e
}

// followUp is what became of the one decision on CPUHigh after the rules changed.
func followUp(t *testing.T, change func(in *Input)) (*Advice, AdviceFollow) {
	t.Helper()
	before := judgedInput(t)
	before.Rules = writtenRules()
	before.Judged.Decisions = []decide.Decision{{Verb: decide.Retune, Rule: ruleRef("CPUHigh"), Because: []string{"flapping-x"}, Saves: new(12.0), Why: "It flaps."}}
	before.Judged.Findings = nil
	doc := Build(before).Document()
	doc.From, doc.To = doc.From.AddDate(0, 0, -7), doc.To.AddDate(0, 0, -7)

	in := before
	in.Judged = new(*before.Judged)
	in.Rules = writtenRules()
	in.Earlier = earlierOf(t, doc)
	change(&in)
	got := Build(in).Document().Advice
	require.Len(t, got.Items, 1)
	return got, got.Items[0]
}

func TestWhatBecameOfADecision(t *testing.T) {
	drop := func(in *Input) { in.Judged.Decisions = nil }
	for _, c := range []struct {
		name    string
		change  func(in *Input)
		became  Became
		changes []string
	}{
		{"nothing changed", func(*Input) {}, AdviceNotTaken, []string{}},
		{"nothing changed but spaces", func(in *Input) { in.Rules[0].Expr = "CPUHigh > 1" }, AdviceNotTaken, []string{}},
		{"no longer found", drop, AdviceNotFound, []string{}},
		{"another expression", func(in *Input) { in.Rules[0].Expr = "CPUHigh > 2" }, AdviceTaken, []string{"expr"}},
		{"a longer for", func(in *Input) { in.Rules[0].For = time.Hour }, AdviceTaken, []string{"for"}},
		{"kept firing", func(in *Input) { in.Rules[0].KeepFiringFor = time.Hour }, AdviceTaken, []string{"keep_firing_for"}},
		{"the rule is gone", func(in *Input) { in.Rules = in.Rules[1:]; goneFrom(in, "CPUHigh") }, AdviceTaken, []string{"gone"}},
		{"another severity", func(in *Input) {
			in.Rules[0].Labels = labels.FromStrings("severity", "info")
			for i := range in.Current.Rules {
				if in.Current.Rules[i].Name == "CPUHigh" {
					in.Current.Rules[i].Severity = "info"
				}
			}
		}, AdviceTaken, []string{"severity"}},
		{"rules not known any more", func(in *Input) { in.Rules = nil; drop(in) }, AdviceUnknown, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := followUp(t, c.change)
			assert.Equal(t, c.became, got.Became)
			assert.Equal(t, c.changes, got.Changes)
		})
	}
}

func goneFrom(in *Input, name string) {
	kept := in.Current.Rules[:0:0]
	for _, r := range in.Current.Rules {
		if r.Name != name {
			kept = append(kept, r)
		}
	}
	in.Current.Rules = kept
}

func TestAPromiseIsHeldAgainstWhatCame(t *testing.T) {
	all, got := followUp(t, func(in *Input) {
		in.Rules[0].For = time.Hour
		in.Judged.Route = new(*in.Judged.Route)
		in.Judged.Route.Rules = []route.RuleCount{{RuleKey: ruleRef("CPUHigh").RuleKey, Notifications: 5, Sole: 4}}
	})
	assert.Equal(t, "notifications", all.Unit)
	assert.InDelta(t, 12.0, *got.Promised, 1e-9)
	assert.InDelta(t, 14.0, *got.Before, 1e-9)
	assert.InDelta(t, 4.0, *got.Now, 1e-9)
	assert.InDelta(t, 12.0, *all.Promised, 1e-9)
	assert.InDelta(t, 10.0, *all.Fewer, 1e-9)
	v := newAdviceView(all)
	assert.Contains(t, v.Intro, "promised 12 notifications a week fewer; 10 fewer came.")
	assert.False(t, all.Overlaps)
}

func TestARuleThatIsGoneMakesNothing(t *testing.T) {
	_, got := followUp(t, func(in *Input) { in.Rules = in.Rules[1:]; goneFrom(in, "CPUHigh") })
	assert.Zero(t, *got.Now)
}

func TestWithoutAReplayOutcomesAreStarts(t *testing.T) {
	all, got := followUp(t, func(in *Input) { in.Judged.Route = nil })
	assert.Equal(t, "starts", all.Unit)
	assert.InDelta(t, 20.0, *got.Before, 1e-9)
}

func TestNothingIsAdvisedOnARuleThatIsGone(t *testing.T) {
	in := judgedInput(t)
	in.Rules = writtenRules()
	in.Judged.Decisions = []decide.Decision{
		{Verb: decide.Delete, Rule: noise.RuleRef{RuleKey: noise.RuleKey{Name: "Old"}}, Saves: new(5.0), Why: "It stands."},
		{Verb: decide.Retune, Rule: ruleRef("CPUHigh"), Saves: new(3.0), Why: "It flaps."},
	}
	old := judgedFindings()[0]
	old.Rule, old.ID = noise.RuleRef{RuleKey: noise.RuleKey{Name: "Old"}}, "flapping-old"
	in.Judged.Findings = append(in.Judged.Findings, old)
	r := Build(in)
	require.Len(t, r.Document().Decisions, 1)
	assert.Equal(t, "CPUHigh", r.Document().Decisions[0].Rule)
	md := written(t, r.WriteMarkdown)
	assert.Contains(t, md, "Nothing is advised on 1 rule that fired and is not in force any more.")
	assert.NotContains(t, md, "**Old**")
	in.Rules = nil
	assert.Len(t, Build(in).Document().Decisions, 2, "where nobody knows the rules, all of them may be in force")
}

func TestAnEarlierReportIsReadBackAsItWasWritten(t *testing.T) {
	doc := earlierWeek(t)
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	read, err := ReadEarlier(bytes.NewReader(raw))
	require.NoError(t, err)
	assert.Equal(t, earlierOf(t, doc), read)
	assert.Len(t, read.advice, len(doc.Decisions)+len(doc.Findings), "no decision rests on a finding of this list")
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no JSON": "<html>", "a list": "[]", "another schema": `{"schema":"burnish/tune/v1"}`, "rules of another form": `{"schema":"burnish/report/v1","rules":{"a":1}}`,
	} {
		_, err := ReadEarlier(strings.NewReader(text))
		require.ErrorIs(t, err, ErrNoReport, name)
	}
}

func FuzzReadEarlier(f *testing.F) {
	raw, err := json.Marshal(Build(smallInput()).Document())
	require.NoError(f, err)
	f.Add(string(raw))
	f.Add(`{"schema":"burnish/report/v1","decisions":[{"rule":null,"because":[""]}],"rules":[{"name":"","for_seconds":1e308}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ReadEarlier(strings.NewReader(text))
		if (e == nil) == (err == nil) {
			t.Fatal("never both, never neither")
		}
		if err != nil {
			return
		}
		in := smallInput()
		in.Earlier = e
		assert.True(t, json.Valid([]byte(written(t, Build(in).WriteJSON))))
	})
}

// pastOf is twelve weeks of which the first four are before the history.
func pastOf() *Past {
	h := smallHistory()
	h.Window = slo.Interval{From: week().To.AddDate(0, 0, -84), To: week().To}
	for i := range 40 {
		from := -time.Duration(i)*32*time.Hour - time.Hour
		h.Episodes = append(h.Episodes, fires("CPUHigh", "old", "warning", times{from, from + time.Minute}))
	}
	h.Spells, h.HealthKnown = nil, false
	return &Past{History: h, Reach: slo.Interval{From: week().To.AddDate(0, 0, -56), To: week().To}, Route: &route.Result{
		Window:        h.Window,
		Notifications: []route.Notification{{At: monday, Paging: true, FiringCount: 1}, {At: monday.Add(time.Hour)}, {At: monday.Add(-time.Hour)}, {At: week().To}},
	}}
}

func TestTrendsAreThoseOfEachWeekAlone(t *testing.T) {
	in := smallInput()
	in.Past = pastOf()
	got := Build(in).Document().Trends
	require.Len(t, got.Weeks, 12)
	for i, w := range got.Weeks {
		assert.Equal(t, w.To, w.From.AddDate(0, 0, 7))
		assert.Equal(t, i >= 4, w.Known, "week %d", i)
		if !w.Known {
			assert.Nil(t, w.Episodes, "unknown is null, not zero")
			assert.Nil(t, w.Notifications)
			continue
		}
		alone := noise.Summarize(in.Past.History, noise.Options{Window: slo.Interval{From: w.From, To: w.To}})
		assert.Equal(t, alone.Episodes, *w.Episodes)
		for _, k := range alone.KPIs {
			if k.Known {
				assert.InDelta(t, k.Value, *w.KPIs[k.ID], 1e-6, k.ID)
			} else {
				assert.Nil(t, w.KPIs[k.ID], k.ID)
			}
		}
	}
	last := got.Weeks[11]
	assert.Equal(t, in.Current.Episodes, *last.Episodes, "the last week is the report's own")
	assert.Nil(t, last.Notifications, "the report itself knows of none")
	assert.Equal(t, 1, *got.Weeks[10].Notifications)
	in = judgedInput(t)
	in.Past = pastOf()
	last = Build(in).Document().Trends.Weeks[11]
	assert.Equal(t, 21, *last.Notifications, "as in the rest of the report")
	in.Current.Window.From = in.Current.Window.From.Add(-time.Hour)
	last = Build(in).Document().Trends.Weeks[11]
	assert.Equal(t, 2, *last.Notifications, "of the week itself where the report's window is another")
	assert.Equal(t, 1, *last.Pages)
}

func TestAWeekOfWhichNothingIsThereIsUnknown(t *testing.T) {
	in := smallInput()
	in.Past = pastOf()
	var kept []noise.Episode
	hole := slo.Interval{From: monday.AddDate(0, 0, -14), To: monday.AddDate(0, 0, -7)}
	for _, e := range in.Past.History.Episodes {
		if e.FiredAt.Before(hole.From) || !e.FiredAt.Before(hole.To) {
			kept = append(kept, e)
		}
	}
	in.Past.History.Episodes = kept
	weeks := Build(in).Document().Trends.Weeks
	assert.False(t, weeks[9].Known)
	in.Past.History.HealthKnown = true
	weeks = Build(in).Document().Trends.Weeks
	assert.True(t, weeks[9].Known, "somebody watched, and it was quiet")
	assert.Zero(t, *weeks[9].Episodes)
}

func TestTrendsAreOnThePage(t *testing.T) {
	in := judgedInput(t)
	in.Past = pastOf()
	r := Build(in)
	html, md := written(t, r.WriteHTML), written(t, r.WriteMarkdown)
	assert.Contains(t, html, "Week by week")
	assert.Contains(t, html, "Episodes a week, week by week: unknown, unknown, unknown, unknown, ")
	assert.Contains(t, md, "| 9–15 November 2026 | 32 |")
}
