package report

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
)

//go:embed *.html.tmpl style.css
var files embed.FS

// page is the HTML form. Everything in it that comes from outside goes through
// html/template's escaping; only the style sheet, which is ours, does not.
var page = template.Must(template.New("page.html.tmpl").Funcs(template.FuncMap{"style": style, "unbroken": unbroken}).ParseFS(files, "*.html.tmpl"))

// measured is a number and its unit.
var measured = regexp.MustCompile(`(\d) (ms|s|min|h|d)\b`)

// unbroken keeps numbers on one line with their units.
func unbroken(s string) string { return measured.ReplaceAllString(s, "$1\u00a0$2") }

func style() (template.CSS, error) {
	css, err := files.ReadFile("style.css")
	if err != nil {
		return "", fmt.Errorf("read the style sheet: %w", err)
	}
	return template.CSS(css), nil //nolint:gosec // the style sheet is embedded, nobody else writes it
}

// WriteHTML writes the report as one self-contained page without scripts. It
// fails only where the writer does.
func (r *Report) WriteHTML(w io.Writer) error {
	if err := page.Execute(w, r.view); err != nil {
		return fmt.Errorf("write the report as HTML: %w", err)
	}
	return nil
}
