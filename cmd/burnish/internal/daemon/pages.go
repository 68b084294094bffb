package daemon

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/web"
)

// rendered is a report as bytes.
type rendered struct {
	at             time.Time // the instant that the report is as of
	html, markdown []byte
	json           *packed
	snapshot       *web.Snapshot // nil where the report fills no pages
}

// filling is a report that fills the pages as well.
type filling interface {
	Snapshot() *web.Snapshot
}

// render writes a report in all its forms. All or nothing.
func render(r Report, at time.Time) (*rendered, error) {
	if r == nil {
		return nil, errors.New("no report and no error was given")
	}
	out := &rendered{at: at.UTC()}
	if f, ok := r.(filling); ok {
		out.snapshot = f.Snapshot()
	}
	for _, form := range []struct {
		name  string
		write func(io.Writer) error
		into  *[]byte
	}{
		{"HTML", r.WriteHTML, &out.html},
		{"Markdown", r.WriteMarkdown, &out.markdown},
	} {
		var b bytes.Buffer
		if err := form.write(&b); err != nil {
			return nil, fmt.Errorf("write the report as %s: %w", form.name, err)
		}
		*form.into = b.Bytes()
	}
	var err error
	if out.json, err = pack(r.WriteJSON); err != nil {
		return nil, fmt.Errorf("write the report as JSON: %w", err)
	}
	return out, nil
}

// page is one answer, ready to send.
type page struct {
	body        []byte
	packed      *packed // in place of the body where it is long
	contentType string
	etag        string
}

func newPage(body []byte, contentType string) page {
	sum := sha256.Sum256(body)
	return page{body: body, contentType: contentType, etag: fmt.Sprintf(`"%x"`, sum[:12])}
}

// pages is everything that the daemon serves at one time; it never changes once
// it is made.
type pages struct {
	ready      bool   // there is a report
	notice     string // what people should know about its age; empty while fresh
	staleSince time.Time
	html       page
	json       page
	markdown   page
	snapshot   *web.Snapshot
}

// newPages lays the report and what is known of its freshness into pages. With
// no report yet, only notice is set.
func newPages(r *rendered, fault *failure) *pages {
	p := &pages{ready: r != nil, notice: notice(r, fault)}
	if fault != nil {
		p.staleSince = fault.since.UTC()
	}
	if r == nil {
		return p
	}
	p.snapshot = r.snapshot
	p.html = newPage(withBanner(r.html, p.notice), "text/html; charset=utf-8")
	p.json = page{packed: r.json, contentType: "application/json"}
	p.markdown = newPage(withQuote(r.markdown, p.notice), "text/markdown; charset=utf-8")
	return p
}

// notice words the state of affairs; it is empty while the report is fresh.
func notice(r *rendered, fault *failure) string {
	switch {
	case fault == nil && r == nil:
		return "The first report is being made."
	case fault == nil:
		return ""
	}
	what := "Source unreachable"
	if fault.why == reasonRender {
		what = "The report could not be written"
	}
	text := what + " since " + clock(fault.since, r)
	if r != nil {
		text += "; showing the report of " + clock(r.at, r)
	}
	return oneLine(text + ": " + fault.err.Error())
}

// clock is a time of day in UTC, with the date where it is not the report's own
// day.
func clock(t time.Time, r *rendered) string {
	t = t.UTC()
	if r != nil && t.Format(time.DateOnly) == r.at.Format(time.DateOnly) {
		return t.Format("15:04 UTC")
	}
	return t.Format("2006-01-02 15:04 UTC")
}

// oneLine bounds what an error may put on a page.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const limit = 500
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

var banner = template.Must(template.New("banner").Parse(
	`<p role="alert" style="margin:0;padding:.75em 1em;background:#7a1f1f;color:#fff;font:1rem/1.4 system-ui,sans-serif">{{.}}</p>`))

var waiting = template.Must(template.New("waiting").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>burnish</title><style>:root{color-scheme:light dark}body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style></head>
<body><h1>No report yet</h1><p>{{.}}</p><p>Load this page again in a moment; <code>/-/ready</code> says when a report is there.</p></body></html>
`))

// withBanner puts the notice at the top of a page's body.
func withBanner(html []byte, text string) []byte {
	if text == "" {
		return html
	}
	var b bytes.Buffer
	at := bodyStart(html)
	b.Write(html[:at])
	_ = banner.Execute(&b, text) // a buffer takes everything, a string fits
	b.Write(html[at:])
	return b.Bytes()
}

// bodyStart is the offset just within <body>; 0 where there is none.
func bodyStart(html []byte) int {
	tag := bytes.Index(html, []byte("<body"))
	if tag < 0 {
		return 0
	}
	end := bytes.IndexByte(html[tag:], '>')
	return max(0, tag+end+1)
}

// withQuote puts the notice above a Markdown report.
func withQuote(markdown []byte, text string) []byte {
	if text == "" {
		return markdown
	}
	escape := strings.NewReplacer("<", "&lt;", ">", "&gt;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "!", `\!`)
	return append([]byte("> **"+escape.Replace(text)+"**\n\n"), markdown...)
}
