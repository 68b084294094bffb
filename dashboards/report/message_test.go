package report

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

const reportURL = "https://burnish.example/reports/2026-11-16"

func mailOf(t *testing.T, d Document, url string) MailMessage {
	t.Helper()
	m, err := Mail(d, MessageOptions{URL: url})
	require.NoError(t, err)
	return m
}

func TestGoldenMessages(t *testing.T) {
	doc := Build(weeklyInput(t)).Document()
	raw, err := json.MarshalIndent(Slack(doc, MessageOptions{URL: reportURL}), "", "  ")
	require.NoError(t, err)
	golden(t, "slack.json", string(raw)+"\n")
	m := mailOf(t, doc, reportURL)
	golden(t, "mail.html", m.HTML)
	golden(t, "mail.txt", m.Subject+"\n\n"+m.Text)
}

// loudInput is a week with far too much to say, all of it hostile.
func loudInput(t testing.TB) Input {
	t.Helper()
	in := weeklyInput(t)
	evil := "<script>alert(1)</script>*b*_i_`c`<!channel>@here\r\nBcc: x@y.z\x1b[31m\u202e" + strings.Repeat("x", 5000)
	in.Source, in.Rules = evil, nil
	in.Judged.Findings = manyFindings(500)
	for i := range in.Judged.Decisions {
		in.Judged.Decisions[i].Why, in.Judged.Decisions[i].Rule.Name = evil, evil
	}
	for len(in.Judged.Decisions) < 200 {
		in.Judged.Decisions = append(in.Judged.Decisions, in.Judged.Decisions[0])
	}
	for i := range in.Judged.Judgement.Incidents {
		in.Judged.Judgement.Incidents[i].ID, in.Judged.Judgement.Incidents[i].Note = evil, evil
	}
	for i := range in.Current.Rules {
		in.Current.Rules[i].Name = evil
	}
	return in
}

func TestSlacksLimitsAreKept(t *testing.T) {
	for name, in := range map[string]Input{"a week": weeklyInput(t), "too much of everything": loudInput(t), "no data": {Current: noise.Summarize(noise.History{Window: week()}, noise.Options{})}} {
		m := Slack(Build(in).Document(), MessageOptions{URL: reportURL})
		assert.LessOrEqual(t, len(m.Blocks.BlockSet), 50, name)
		assert.NotEmpty(t, m.Text, name)
		assert.LessOrEqual(t, utf8.RuneCountInString(m.Text), 300, name)
		header, ok := m.Blocks.BlockSet[0].(*slack.HeaderBlock)
		require.True(t, ok, name)
		assert.LessOrEqual(t, utf8.RuneCountInString(header.Text.Text), 150, name)
		raw, err := json.Marshal(m)
		require.NoError(t, err)
		assert.Less(t, len(raw), 40_000, name)
		total := 0
		for _, text := range slackTexts(t, raw) {
			assert.NotEmpty(t, text, name)
			assert.LessOrEqual(t, utf8.RuneCountInString(text), 3000, name)
			total += utf8.RuneCountInString(text)
		}
		assert.LessOrEqual(t, total, 13_000, name)
	}
}

// slackTexts are all texts of a message, wherever they are.
func slackTexts(t *testing.T, raw []byte) (out []string) {
	t.Helper()
	var doc any
	require.NoError(t, json.Unmarshal(raw, &doc))
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if s, ok := v["text"].(string); ok {
				out = append(out, s)
			}
			for _, x := range v {
				walk(x)
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	walk(doc)
	return out
}

func TestNothingInASlackMessageIsMarkup(t *testing.T) {
	m := Slack(Build(loudInput(t)).Document(), MessageOptions{URL: reportURL})
	assert.NotContains(t, m.Text, "<")
	raw, err := json.Marshal(m)
	require.NoError(t, err)
	assert.NotContains(t, string(raw), "mrkdwn", "only rich text and plain text are used")
	for _, kind := range []string{`"type":"broadcast"`, `"type":"user"`, `"type":"channel"`, `"type":"emoji"`} {
		assert.NotContains(t, string(raw), kind)
	}
	for _, text := range slackTexts(t, raw) {
		assert.NotContains(t, text, "\x1b")
		assert.NotContains(t, text, "\u202e")
	}
}

func TestASlackMessageIsReadBackAsBlocks(t *testing.T) {
	raw, err := json.Marshal(Slack(Build(weeklyInput(t)).Document(), MessageOptions{URL: reportURL}).Blocks)
	require.NoError(t, err)
	var back slack.Blocks
	require.NoError(t, json.Unmarshal(raw, &back))
	for _, b := range back.BlockSet {
		assert.Contains(t, []slack.MessageBlockType{slack.MBTHeader, slack.MBTRichText, slack.MBTContext}, b.BlockType())
	}
}

func TestAMailIsSafeAndStandsAlone(t *testing.T) {
	m := mailOf(t, Build(loudInput(t)).Document(), reportURL)
	assert.NotContains(t, m.Subject, "\n")
	assert.NotContains(t, m.Subject, "\r")
	assert.LessOrEqual(t, utf8.RuneCountInString(m.Subject), 151)
	for _, bad := range []string{"<script", "<img", "<link", "src=", "\x1b", "\u202e", "ZgotmplZ"} {
		assert.NotContains(t, m.HTML, bad)
	}
	assert.NotContains(t, m.Text, "\x1b")
	assert.NotContains(t, m.Text, "\nBcc:")
	assert.Less(t, len(m.HTML), 100_000, "Gmail cuts off what is longer")
}

func TestLinesOfAPlainMailAreShort(t *testing.T) {
	for line := range strings.SplitSeq(mailOf(t, Build(weeklyInput(t)).Document(), "").Text, "\n") {
		assert.LessOrEqual(t, utf8.RuneCountInString(line), 80, line)
	}
}

func TestOnlyAPageOnTheWebIsLinked(t *testing.T) {
	doc := Build(weeklyInput(t)).Document()
	for _, bad := range []string{"", "javascript:alert(1)", "/report", "https://user:secret@host/", "ftp://host/x", "https://", "%zz"} {
		assert.NotContains(t, mailOf(t, doc, bad).HTML, "href", bad)
		raw, err := json.Marshal(Slack(doc, MessageOptions{URL: bad}))
		require.NoError(t, err)
		assert.NotContains(t, string(raw), `"link"`, bad)
	}
	html := written(t, Build(weeklyInput(t)).WriteHTML)
	links := regexp.MustCompile(`href="([^"]+)"`).FindAllStringSubmatch(mailOf(t, doc, reportURL).HTML, -1)
	require.NotEmpty(t, links)
	linked := 0
	for _, l := range links {
		u, err := url.Parse(l[1])
		require.NoError(t, err)
		assert.True(t, strings.HasPrefix(l[1], reportURL))
		if u.Fragment != "" && strings.Contains(html, `id="`+u.Fragment+`"`) {
			linked++
		}
	}
	assert.Positive(t, linked, "some lead to a place on the page")
}
