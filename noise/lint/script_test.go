package lint

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
	"github.com/stretchr/testify/assert"
)

// expander is Prometheus' own, set up as for an alert whose value is 7.
func expander(text string) *template.Expander {
	data := template.AlertTemplateData(map[string]string{"job": "api"}, nil, "", promql.Sample{F: 7})
	none := func(context.Context, string, time.Time) (promql.Vector, error) { return nil, nil }
	return template.NewTemplateExpander(context.Background(), preamble+text, "t", data, model.Time(0), none, &url.URL{}, nil)
}

// FuzzTemplates holds the reader against Prometheus: a template that one parses
// the other parses, and what can't be filled in fails when it is.
func FuzzTemplates(f *testing.F) {
	for _, text := range []string{
		"plain", "{{ $value }}", "{{ $value", "{{ nope }}", "{{ $x }}", "{{ if gt $value 5 }}a{{ end }}", "{{ .Foo }}",
		`{{ printf "%d" $value }}`, `{{ range query "up" }}{{ .Labels.job }}{{ end }}`, "{{ $labels.a.b }}",
		`{{ define "x" }}{{ .y }}{{ end }}{{ template "x" . }}`, "{{ break }}", "{{/* a comment */}}", "{{ $value := 1 }}{{ eq $value 1 }}",
		"{{ with $labels.job }}{{ . }}{{ else with $value }}{{ . }}{{ end }}", `{{ (index $labels "a").b }}`, "{{ $ }}", "{{ nil }}", "{{ `raw` | len }}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1000 {
			return
		}
		s := newTemplateReader().read(text)
		err := expander(text).ParseTest()
		assert.Equal(t, err == nil, s.err == "", "%q: %v, %s", text, err, s.err)
	})
}

// TestFaultsReallyFail fills in templates with Prometheus' own expander: what is
// called a fault fails or prints nonsense, and the others do not.
func TestFaultsReallyFail(t *testing.T) {
	for text, isFault := range map[string]bool{
		"{{ if gt $value 5 }}a{{ end }}":                         true,
		"{{ if eq 5 $value }}a{{ end }}":                         true,
		"{{ if $value | lt 5 }}a{{ end }}":                       true,
		"{{ if gt $value 5.0 }}a{{ end }}":                       false,
		"{{ if gt $value 1e3 }}a{{ end }}":                       false,
		"{{ if gt .Value 5 }}a{{ end }}":                         true,
		`{{ printf "%d" $value }}`:                               true,
		`{{ printf "%s" $value }}`:                               true,
		`{{ printf "%s %d" "x" $value }}`:                        true,
		`{{ $value | printf "%s is %q" "x" }}`:                   true,
		`{{ $value | printf "%.2f%%" }}`:                         false,
		`{{ printf "%v %g %e %x" $value $value $value $value }}`: false,
		`{{ printf "%s" $labels.job }}`:                          false,
		`{{ printf "%5.1f" $value }}`:                            false,
		"{{ .Foo }}":                                             true,
		"{{ $.Foo }}":                                            true,
		"{{ .labels.job }}":                                      true,
		"{{ .Labels.job }}":                                      false,
		"{{ $labels.a.b }}":                                      true,
		`{{ index $labels "a.b" }}`:                              false,
		"{{ .ExternalURL }}{{ .ExternalLabels.x }}":              false,
		"{{ $value := 1 }}{{ if eq $value 1 }}{{ end }}":         false,
		`{{ with "x" }}{{ . }}{{ end }}`:                         false,
		`{{ humanize $value }}{{ $value | humanizeDuration }}`:   false,
	} {
		s := newTemplateReader().read(text)
		assert.Empty(t, s.err, text)
		assert.Equal(t, isFault, len(s.faults) > 0, "%s: %v", text, s.faults)
		out, err := expander(text).Expand()
		assert.Equal(t, isFault, err != nil || strings.Contains(out, "%!"), "%s gives %q, %v", text, out, err)
	}
}
