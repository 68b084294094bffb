package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

func TestGoldenOfAJudgedWeek(t *testing.T) {
	r := Build(weeklyInput(t))
	golden(t, "judged.html", written(t, r.WriteHTML))
	golden(t, "judged.md", written(t, r.WriteMarkdown))
}

func TestGoldenOfAPostmortem(t *testing.T) {
	for id, name := range map[string]string{
		"war-room-7": "postmortem.md", "shop/cart@2026-11-15T18:00:00Z": "postmortem-untold.md",
	} {
		var b bytes.Buffer
		require.NoError(t, Build(judgedInput(t)).WritePostmortem(&b, id))
		golden(t, name, b.String())
		assert.NotRegexp(t, regexp.MustCompile(`(?i)root cause|caused by`), b.String())
	}
}

func TestAPostmortemOfNoIncidentIsRefused(t *testing.T) {
	var b bytes.Buffer
	require.ErrorIs(t, Build(judgedInput(t)).WritePostmortem(&b, "another"), ErrNoIncident)
	assert.Empty(t, b.String())
}

func TestAPostmortemIsInTheOrderOfTime(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, Build(judgedInput(t)).WritePostmortem(&b, "war-room-7"))
	last := ""
	rows := 0
	for line := range strings.SplitSeq(b.String(), "\n") {
		if at, ok := strings.CutPrefix(line, "| 2026-"); ok {
			require.GreaterOrEqual(t, at[:14], last)
			last = at[:14]
			rows++
		}
	}
	assert.Equal(t, 7, rows, "began, three alerts, detected, acknowledged, over")
}

func TestHostileTextInAPostmortemStaysText(t *testing.T) {
	in := judgedInput(t)
	x := &in.Judged.Judgement.Incidents[0]
	x.ID, x.Note, x.Severity = "<script>alert(1)</script>|\n# x", "\x1b[31m"+strings.Repeat("y", 10_000), "a|b"
	x.Signals[0].Name = "![x](http://evil)"
	var b bytes.Buffer
	require.NoError(t, Build(in).WritePostmortem(&b, x.ID))
	for _, bad := range []string{"<script", "\x1b", "\n# x", "![x]", "http://", strings.Repeat("y", titleLimit+1)} {
		assert.NotContains(t, b.String(), bad)
	}
	html := written(t, Build(in).WriteHTML)
	assert.NotContains(t, html, "<script")
	assert.NotContains(t, html, "ZgotmplZ")
}

func TestEveryIncidentHasItsPlaceOnThePage(t *testing.T) {
	html := written(t, Build(judgedInput(t)).WriteHTML)
	for _, href := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(html, -1) {
		assert.Contains(t, html, `id="`+href[1]+`"`, "a link leads somewhere")
	}
	assert.Equal(t, 3, strings.Count(html, `<article class="incident"`))
	_, incidents, _ := strings.Cut(html, `<article class="incident"`)
	assert.Less(t, strings.Index(incidents, "nobody was told"), strings.Index(incidents, "told after"), "what nobody was told of comes first")
}

func TestAnIncidentThatIsAnInstantOrNotOverIsDrawn(t *testing.T) {
	in := judgedInput(t)
	all := in.Judged.Judgement.Incidents
	all[0].To, all[1].To = all[0].From, time.Time{}
	html := written(t, Build(in).WriteHTML)
	assert.NotContains(t, html, "NaN")
	assert.NotContains(t, html, "Inf")
	assert.Contains(t, html, "not over")
}

func TestAlertsThatFiredAlreadyAreNamedOnce(t *testing.T) {
	named := func(kind eventKind, name string) event { return event{Kind: kind, Name: newText(name, 60)} }
	got := standing([]event{
		named(eventAlert, "CPUHigh"), named(eventStanding, "DiskFull"), named(eventStanding, "Watchdog"), named(eventStanding, "DiskFull"),
	})
	assert.Equal(t, []countedText{{newText("DiskFull", 60), "×2"}, {newText("Watchdog", 60), ""}}, got)
	assert.Empty(t, standing([]event{named(eventAlert, "CPUHigh")}))
}

func TestWhatIsKnownOfNoIncidentHasNoColumn(t *testing.T) {
	in := judgedInput(t)
	in.Judged.Responses = append([]truth.Response{{Incidents: 1, Labels: labels.FromStrings("node", "a")}}, in.Judged.Responses...)
	v := newMetricsView(in)
	assert.True(t, v.Answers)
	assert.Equal(t, []string{"shop", "no service", "shop/cart"}, []string{v.Rows[0].Name.Shown, v.Rows[1].Name.Shown, v.Rows[2].Name.Shown})
	assert.Contains(t, written(t, Build(in).WriteHTML), `data-label="MTTA"`)
	for i := range in.Judged.Responses {
		in.Judged.Responses[i].MTTA, in.Judged.Responses[i].Acknowledged = truth.Mean{}, slo.Proportion{}
	}
	html := written(t, Build(in).WriteHTML)
	assert.NotContains(t, html, `data-label="MTTA"`)
	assert.NotContains(t, html, `data-label="Answered"`)
	assert.Contains(t, html, "How soon somebody answered is known of none")
}

func TestWhatWokePeopleIsNamed(t *testing.T) {
	in := judgedInput(t)
	assert.Equal(t, "Pages", whatWoke(in))
	for i := range in.Judged.Route.Receivers {
		in.Judged.Route.Receivers[i].Pages = 0
	}
	assert.Equal(t, "Notifications", whatWoke(in))
}
