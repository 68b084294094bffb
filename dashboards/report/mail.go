package report

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
)

// MailMessage is a report as an e-mail that stands alone.
type MailMessage struct {
	Subject string // one line
	HTML    string // styles within, no pictures, nothing that is loaded
	Text    string // the same in plain text
}

// letter is the HTML of an e-mail. Mail programs drop style sheets, so each
// element carries its own.
var letter = template.Must(template.New("mail.html.tmpl").ParseFS(files, "mail.html.tmpl"))

// Mail is the report as an e-mail.
func Mail(d Document, o MessageOptions) (MailMessage, error) {
	m := newMessage(&d, o)
	var b bytes.Buffer
	if err := letter.Execute(&b, m); err != nil {
		return MailMessage{}, fmt.Errorf("write the report as an e-mail: %w", err)
	}
	return MailMessage{Subject: m.Subject, HTML: b.String(), Text: m.text()}, nil
}

// mailWidth is where lines of plain text are broken.
const mailWidth = 76

func (m message) text() string {
	var b strings.Builder
	say := func(indent, s string) { fmt.Fprintln(&b, wrap(s, indent)) }
	say("", m.Title)
	fmt.Fprintln(&b)
	for _, s := range m.Sentences {
		say("", s)
		fmt.Fprintln(&b)
	}
	for _, g := range m.Groups {
		head := strings.ToUpper(g.Verb)
		if g.Saves != "" {
			head += " (" + g.Saves + ")"
		}
		say("", head)
		for _, i := range g.Items {
			say("  ", "- "+strings.TrimSpace(i.Name+i.Lead+" "+i.Why))
		}
		if g.More != "" {
			say("  ", "- "+g.More)
		}
		fmt.Fprintln(&b)
	}
	if m.Advice != "" {
		say("", m.Advice)
		fmt.Fprintln(&b)
	}
	m.facts(say, "PROMISES", m.Promises, m.MorePromises)
	m.facts(say, "THE NOISIEST RULES", m.Noisiest, "")
	m.facts(say, "STANDARDS NOT MET", m.Missed, "")
	if m.URL != "" {
		fmt.Fprintln(&b, "The report: "+m.URL)
	}
	say("", strings.TrimSpace(m.Source+". "+strings.Join(m.Doubt, " ")))
	return b.String()
}

func (m message) facts(say func(indent, s string), title string, facts []messageFact, more string) {
	if len(facts) == 0 {
		return
	}
	say("", title)
	for _, f := range facts {
		say("  ", "- "+f.Name+": "+f.Value)
	}
	if more != "" {
		say("  ", "- "+more)
	}
	say("", "")
}

// wrap breaks a line between words; what goes on is indented.
func wrap(s, indent string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(s) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case width+1+n > mailWidth:
			b.WriteString("\n" + indent)
			width = len(indent)
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}
