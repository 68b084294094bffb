package promapi

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// The most that is shown of a body that is not Prometheus' JSON, and of an
// expression, in characters.
const (
	shownText = 300
	shownExpr = 160
)

// asked says for people what was asked and of which URL.
func (c *Client) asked(a ask) string {
	where := c.base.String() + a.path
	if a.expr == "" {
		return fmt.Sprintf("%s from %s", a.verb, where)
	}
	return fmt.Sprintf("%s %q at %s", a.verb, printable(a.expr, shownExpr), where)
}

// printable makes text from outside fit for one line on a terminal: control
// characters and line breaks become single spaces, and it is cut at a length.
func printable(s string, most int) string {
	var b strings.Builder
	gap, n := false, 0
	for _, r := range s {
		if !unicode.IsPrint(r) || r == ' ' || r == unicode.ReplacementChar {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			n++
		}
		if gap = false; n >= most {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// scrub takes out of a text every credential that was sent with the request it
// answers: some proxies echo headers. The request may be nil.
func (c *Client) scrub(text string, sent *http.Request) string {
	secrets := []string{c.options.Password}
	if sent != nil {
		kind, credential, _ := strings.Cut(sent.Header.Get("Authorization"), " ")
		secrets = append(secrets, credential)
		if plain, err := base64.StdEncoding.DecodeString(credential); err == nil && strings.EqualFold(kind, "basic") {
			_, password, _ := strings.Cut(string(plain), ":")
			secrets = append(secrets, password)
		}
	}
	for name, value := range c.options.Headers {
		if !strings.EqualFold(name, "X-Scope-OrgID") {
			secrets = append(secrets, value)
		}
	}
	for _, values := range c.extra {
		secrets = append(secrets, values...)
	}
	for _, s := range secrets {
		if len(s) >= 4 {
			text = strings.ReplaceAll(text, s, "<hidden>")
		}
	}
	return text
}
