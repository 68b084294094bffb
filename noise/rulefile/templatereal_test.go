package rulefile_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// writer writes a template line by line, and knows where each value of each rule
// stands.
type templateWriter struct {
	lines []string
	keys  []string
	// at is, by rule, the line of the number that the expression compares with,
	// or of what fills it in, those of for and of the
	// severity, and that of the name.
	threshold, waits, severity, head []int
}

func (w *templateWriter) line(format string, args ...any) int {
	w.lines = append(w.lines, fmt.Sprintf(format, args...))
	return len(w.lines)
}

// expression writes an expression over the lines that it has, after an indent, and
// notes the line of the byte at.
func (w *templateWriter) expression(expr, indent string, at int) {
	for line := range strings.SplitAfterSeq(strings.TrimRight(expr, "\n"), "\n") {
		n := w.line("%s%s", indent, strings.TrimRight(line, "\n"))
		if at >= 0 && at < len(line) {
			w.threshold = append(w.threshold, n)
		}
		at -= len(line)
	}
}

const (
	asText   = iota // the number stands in the text
	asOne           // in a string on one line
	asKey           // in a setting
	mostWays        // how many ways there are
)

// jsonnet writes a rule as a mixin has it.
func (w *templateWriter) jsonnet(i int, r noise.Rule, from, to int) {
	w.head = append(w.head, w.line("          { // alert: 'NotThis', expr: '%d'", i)+1)
	w.line("            alert: '%s',", r.Name)
	expr := strings.TrimRight(r.Expr, "\n")
	switch way := i % mostWays; {
	case way == asOne && !strings.Contains(expr, "\n"):
		w.threshold = append(w.threshold, w.line(`            expr: %s,`, strconv.Quote(expr)))
	case way == asKey && from >= 0:
		key := fmt.Sprintf("limit%d", i)
		w.line("            expr: |||")
		w.expression(strings.ReplaceAll(expr[:from], "%", "%%")+"%("+key+")s"+strings.ReplaceAll(expr[to:], "%", "%%"), "              ",
			len(strings.ReplaceAll(expr[:from], "%", "%%")))
		w.line("            ||| %% ($._config + { unused: 4711 }),")
		w.keys = append(w.keys, fmt.Sprintf("    %s: %s,", key, expr[from:to]))
	default:
		w.line("            expr: |||")
		w.expression(expr, "              ", max(from, 0))
		w.line("            |||,")
	}
	w.waits = append(w.waits, 0)
	if r.For > 0 {
		w.waits[i] = w.line("            'for': '%s',", model.Duration(r.For))
	}
	w.line("            labels+: {")
	w.severity = append(w.severity, w.line("              severity: '%s', '{': '}' },", r.Severity()))
	w.line("          },")
}

// chart writes a rule as a chart has it.
func (w *templateWriter) chart(i int, r noise.Rule, from, to int) {
	w.line("{{- if not (.Values.disabled.%s | default \"alert: %s\") }}", r.Name, r.Name)
	w.head = append(w.head, w.line("    - alert: %s", r.Name))
	w.line("      annotations:")
	w.line("        text: is {{`{{`}} $value {{`}}`}} > %d", i)
	expr := strings.TrimRight(r.Expr, "\n")
	switch way := i % mostWays; {
	case way == asOne && !strings.Contains(expr, "\n"):
		w.threshold = append(w.threshold, w.line(`      expr: '%s'`, strings.ReplaceAll(expr, "'", "''")))
	case way == asKey && from >= 0:
		key := fmt.Sprintf("limit%d", i)
		w.line("      expr: |-")
		w.expression(expr[:from]+"{{ .Values."+key+" }}"+expr[to:], "        ", from)
		w.keys = append(w.keys, fmt.Sprintf("%s: %s", key, expr[from:to]))
	default:
		w.line("      expr: |")
		w.expression(expr, "          ", max(from, 0))
	}
	w.waits = append(w.waits, 0)
	if r.For > 0 {
		w.waits[i] = w.line("      for: \"%s\" # for: 4711s", model.Duration(r.For))
	}
	w.line("      labels:")
	w.line("      {{- with .Values.labels }}")
	w.line("        {{- toYaml . | nindent 8 }}")
	w.line("      {{- end }}")
	w.severity = append(w.severity, w.line("        severity: %s", strconv.Quote(r.Severity())))
	w.line("{{- end }}")
}

// made writes all rules of a file as a template and gives it, with what is set
// elsewhere.
func (w *templateWriter) made(t *testing.T, name string, rules []rulefile.Located) []*rulefile.Template {
	t.Helper()
	jsonnet := strings.HasSuffix(name, ".libsonnet")
	write, end := w.chart, "{{- end }}"
	if jsonnet {
		write, end = w.jsonnet, "] }] } }"
		w.line("local x = import 'x';\n{ prometheusAlerts+:: { groups+: [{ name: 'g', rules: [")
		w.lines = strings.Split(strings.Join(w.lines, "\n"), "\n")
	} else {
		for _, l := range []string{"{{- if .Values.on }}", "spec:", "  groups:", "  - name: g", "    rules:"} {
			w.line("%s", l)
		}
	}
	for i, r := range rules {
		from, to, ok := threshold(r.Rule.Expr)
		if !ok {
			from, to = -1, -1
		}
		n := len(w.threshold)
		if write(i, r.Rule, from, to); len(w.threshold) == n {
			w.threshold = append(w.threshold, 0)
		}
	}
	w.line("%s", end)
	template, err := rulefile.OpenTemplate(name, []byte(strings.Join(w.lines, "\n")+"\n"))
	require.NoError(t, err)
	require.Equal(t, len(rules), template.Alerts(), name)
	keys := strings.Join(w.keys, "\n")
	if !jsonnet {
		return []*rulefile.Template{template, rulefile.Values("values.yaml", []byte(keys))}
	}
	config, err := rulefile.OpenTemplate("config.libsonnet", []byte("{ _config+:: {\n"+keys+"\n} }"))
	require.NoError(t, err)
	return []*rulefile.Template{template, config}
}

// claim is a place that is said to be the one of a value.
var (
	claim = regexp.MustCompile(`- Change (the threshold|` + "`for`|`labels.severity`" + `) from [^\n]*\.\n  - ` + "`t\\.[a-z]+:(\\d+)`")
	heads = regexp.MustCompile("(?m)^`t\\.[a-z]+:(\\d+)`: ")
)

// TestPlacesInTemplatesOfRealRules writes every real rule into a mixin and a chart
// and holds that each line that is named as the place of a value is that line.
func TestPlacesInTemplatesOfRealRules(t *testing.T) {
	files := realFiles(t)
	for name, c := range map[string]struct {
		template string
		printed  bool
	}{
		"a mixin, rules as they are written":        {"t.libsonnet", false},
		"a chart, rules as they are written":        {"t.yaml", false},
		"a mixin, rules as a server's API has them": {"t.libsonnet", true},
		"a chart, rules as a server's API has them": {"t.yaml", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, told := 0, 0
			for path, file := range files {
				if c.printed != (len(filepath.Base(path))%2 == 0) {
					continue // each file in one form of the rules, and as both templates
				}
				w := &templateWriter{}
				all := w.made(t, c.template, file.rules)
				for i, r := range file.rules {
					if r.Rule.Expr = strings.TrimRight(r.Rule.Expr, "\n"); c.printed {
						r.Rule.Expr = printed(t, r.Rule.Expr)
					}
					a, b := w.claims(t, all, i, r.Rule, path)
					asked, told = asked+a, told+b
				}
			}
			t.Logf("%d of %d places named for certain", told, asked)
			assert.Greater(t, asked, 1000)
			assert.Greater(t, told*10, asked*9)
		})
	}
}

// printed is an expression as Prometheus prints it.
func printed(t *testing.T, expr string) string {
	t.Helper()
	e, err := parser.NewParser(parser.Options{EnableExperimentalFunctions: true}).ParseExpr(expr)
	require.NoError(t, err)
	return e.String()
}

// claims asks where the values of a rule stand.
func (w *templateWriter) claims(t *testing.T, all []*rulefile.Template, i int, r noise.Rule, path string) (asked, told int) {
	t.Helper()
	work := rulefile.Handwork{Rule: r, ID: "x", What: "y", Why: "z"}
	from, to, ok := threshold(r.Expr)
	if ok {
		work.Edits = append(work.Edits, rulefile.SpliceExpr(0, from, to, "4711"))
	}
	if r.For > 0 {
		work.Edits = append(work.Edits, rulefile.SetFor(0, 4711*time.Second))
	}
	if r.Severity() != "" {
		work.Edits = append(work.Edits, rulefile.SetLabel(0, "severity", "other"))
	}
	if asked = len(work.Edits); asked == 0 {
		return 0, 0
	}
	text := rulefile.DescribeHandwork(all, []rulefile.Handwork{work})
	found := heads.FindAllStringSubmatch(text, -1)
	lines := map[string]bool{}
	for _, m := range found {
		lines[m[1]] = true
	}
	if !assert.True(t, lines[strconv.Itoa(w.head[i])], "%s: %s: line %d is not named\n%s", path, r.Name, w.head[i], text) || len(found) > 1 {
		return asked, 0
	}
	for _, m := range claim.FindAllStringSubmatch(text, -1) {
		told++
		want := map[string]int{"the threshold": w.threshold[i], "`for`": w.waits[i], "`labels.severity`": w.severity[i]}[m[1]]
		assert.Equal(t, strconv.Itoa(want), m[2], "%s: %s\n%s", path, r.Expr, text)
	}
	return asked, told
}
