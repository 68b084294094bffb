package report

import (
	"strings"

	"github.com/slack-go/slack"
)

// The bounds that Slack sets, or that keep a message within them with room to
// spare: characters of a header, and of all text together.
const (
	slackHeader = 150
	slackTotal  = 10_000
)

// Slack is the report as a message for Slack that stands alone, within Slack's
// limits. Its parts are rich text, in which nothing is markup: no name can make a
// link, a mention or bold type. Text is what a notification shows.
func Slack(d Document, o MessageOptions) slack.WebhookMessage {
	m := newMessage(&d, o)
	b := slackBuilder{left: slackTotal}
	b.add(slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, cutTo(m.Title, slackHeader), false, false)))
	b.paragraphs(m.Sentences)
	for _, g := range m.Groups {
		b.group(g)
	}
	if m.Advice != "" {
		b.paragraphs([]string{m.Advice})
	}
	b.facts("Promises", m.Promises, m.MorePromises)
	b.facts("The noisiest rules", m.Noisiest, "")
	b.facts("Standards not met", m.Missed, "")
	b.end(m)
	return slack.WebhookMessage{Text: escapeSlack(m.Subject), Blocks: &slack.Blocks{BlockSet: b.blocks}, UnfurlLinks: new(false), UnfurlMedia: new(false)}
}

// escapeSlack makes text plain where Slack looks for markup.
func escapeSlack(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// cutTo keeps so many runes.
func cutTo(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

// slackBuilder adds blocks as long as there is room for their text.
type slackBuilder struct {
	blocks []slack.Block
	left   int
}

func (b *slackBuilder) add(block slack.Block) { b.blocks = append(b.blocks, block) }

// text is a piece of plain text, cut where no room is left.
func (b *slackBuilder) text(s string, bold bool) slack.RichTextSectionElement {
	return slack.NewRichTextSectionTextElement(b.room(s), boldly(bold))
}

func boldly(bold bool) *slack.RichTextSectionTextStyle {
	if !bold {
		return nil
	}
	return &slack.RichTextSectionTextStyle{Bold: true}
}

// room is the text as far as there is room for it; Slack takes no empty text.
func (b *slackBuilder) room(s string) string {
	s = cutTo(s, max(2, b.left))
	b.left -= len([]rune(s))
	if s == "" {
		return " "
	}
	return s
}

func (b *slackBuilder) paragraphs(all []string) {
	if len(all) == 0 || b.left <= 0 {
		return
	}
	b.add(slack.NewRichTextBlock("", slack.NewRichTextSection(b.text(strings.Join(all, "\n"), false))))
}

func (b *slackBuilder) group(g messageGroup) {
	if b.left <= 0 {
		return
	}
	head := []slack.RichTextSectionElement{b.text(g.Verb, true)}
	if g.Saves != "" {
		head = append(head, b.text(", "+g.Saves, false))
	}
	var items []slack.RichTextElement
	for _, i := range g.Items {
		items = append(items, b.item(i))
	}
	if g.More != "" {
		items = append(items, slack.NewRichTextSection(b.text(g.More, false)))
	}
	b.add(slack.NewRichTextBlock("", slack.NewRichTextSection(head...), slack.NewRichTextList(slack.RTEListBullet, 0, items...)))
}

func (b *slackBuilder) item(i messageItem) *slack.RichTextSection {
	name := b.text(i.Name, true)
	if i.Link != "" {
		name = slack.NewRichTextSectionLinkElement(i.Link, cutTo(i.Name, nameLimit), boldly(true))
	}
	if i.Why == "" {
		return slack.NewRichTextSection(name)
	}
	return slack.NewRichTextSection(name, b.text(i.Lead+" "+i.Why, false))
}

func (b *slackBuilder) facts(title string, facts []messageFact, more string) {
	if len(facts) == 0 || b.left <= 0 {
		return
	}
	var items []slack.RichTextElement
	for _, f := range facts {
		items = append(items, slack.NewRichTextSection(b.text(f.Name, true), b.text(": "+f.Value, false)))
	}
	if more != "" {
		items = append(items, slack.NewRichTextSection(b.text(more, false)))
	}
	b.add(slack.NewRichTextBlock("", slack.NewRichTextSection(b.text(title, true)), slack.NewRichTextList(slack.RTEListBullet, 0, items...)))
}

// end says where the figures come from, and where to read on.
func (b *slackBuilder) end(m message) {
	if m.URL != "" {
		b.add(slack.NewRichTextBlock("", slack.NewRichTextSection(slack.NewRichTextSectionLinkElement(m.URL, "Read the report", nil))))
	}
	says := strings.Join(m.Doubt, " ")
	if m.Source != "" {
		says = m.Source + ". " + says
	}
	b.add(slack.NewContextBlock("", slack.NewTextBlockObject(slack.PlainTextType, cutTo(says, 1500), false, false)))
}
