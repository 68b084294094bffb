package grafana

import (
	"net/url"
	"strings"
)

// markdownEscapes keep a name from being read as Markdown, HTML or a variable of
// Grafana's.
var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "(", `\(`, ")", `\)`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "$", "&#36;", "\n", " ", "\r", " ",
)

// longestText bounds what a definition says of itself on a dashboard.
const longestText = 300

// literally is a text in which Grafana sees no variable.
func literally(s string) string { return strings.ReplaceAll(shortened(s), "$", "＄") }

func shortened(s string) string {
	if r := []rune(s); len(r) > longestText {
		return string(r[:longestText]) + "…"
	}
	return s
}

func markdown(s string) string { return markdownEscapes.Replace(shortened(s)) }

// webAddress is a link that is safe to click: http or https. Others are empty, and
// what Grafana would read as a variable is escaped.
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return strings.NewReplacer("$", "%24", "(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "|", "%7C", "\"", "%22", "\\", "%5C", "[", "%5B", "]", "%5D").Replace(u.String())
}

func markdownLink(title, address string) string {
	if address = webAddress(address); address == "" {
		return ""
	}
	return "[" + title + "](" + address + ")"
}
