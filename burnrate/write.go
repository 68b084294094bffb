package burnrate

import (
	"bufio"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// writer writes YAML by hand: there is little of it to write, and much of it.
type writer struct{ *bufio.Writer }

func newWriter(w io.Writer) writer { return writer{bufio.NewWriter(w)} }

func (w writer) line(parts ...string) {
	for _, p := range parts {
		_, _ = w.WriteString(p) // Flush returns the error.
	}
	_ = w.WriteByte('\n')
}

// header says where a file comes from.
func (w writer) header(what string) {
	w.line("# ", what)
	w.line("# Made by burnish rules generate; change the SLO, not this file.")
}

// quoted is a text that YAML reads back as it is: bare where that is safe, in
// single quotes where it can be printed.
func quoted(s string) string {
	if s == "" {
		return `""`
	}
	bare := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f {
			return strconv.Quote(s)
		}
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_:-./", c) >= 0) {
			bare = false
		}
	}
	first, last := s[0], s[len(s)-1]
	if bare && first != '-' && first != ':' && first != '.' && last != ':' && !readsAsOther(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

// readsAsOther tells whether YAML takes a bare word for something else than
// text: a number, a time, a boolean or null.
func readsAsOther(s string) bool {
	if s[0] >= '0' && s[0] <= '9' {
		return true
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null", "inf", "nan":
		return true
	}
	return false
}

// text is a value that may have several lines.
func (w writer) text(at, key, value string) {
	block := strings.Contains(value, "\n") && !strings.ContainsFunc(value, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }) &&
		!strings.HasPrefix(value, " ") && !strings.HasPrefix(value, "\n") && !strings.HasSuffix(value, "\n") && !strings.Contains(value, " \n")
	if !block {
		w.line(at, key, ": ", quoted(value))
		return
	}
	w.line(at, key, ": |-")
	for l := range strings.SplitSeq(value, "\n") {
		if l == "" {
			w.line()
			continue
		}
		w.line(at, "  ", l)
	}
}

func (w writer) texts(at, key string, m map[string]string) {
	if len(m) == 0 {
		return
	}
	w.line(at, key, ":")
	for _, k := range slices.Sorted(maps.Keys(m)) {
		w.text(at+"  ", quoted(k), m[k])
	}
}

func (w writer) groups(at string, groups []Group) {
	if len(groups) == 0 {
		w.line(at, "groups: []")
		return
	}
	w.line(at, "groups:")
	for _, g := range groups {
		w.line(at, "  - name: ", quoted(g.Name))
		w.line(at, "    interval: ", length(g.Interval))
		w.line(at, "    rules:")
		for _, r := range g.Rules {
			w.rule(at+"      ", r)
		}
	}
}

func (w writer) rule(at string, r Rule) {
	if r.Record != "" {
		w.line(at, "- record: ", quoted(r.Record))
	} else {
		w.line(at, "- alert: ", quoted(r.Alert))
	}
	at += "  "
	w.text(at, "expr", r.Expr)
	if r.For > 0 {
		w.line(at, "for: ", length(r.For))
	}
	w.texts(at, "labels", r.Labels)
	w.texts(at, "annotations", r.Annotations)
}

// ruleHeader is what a file of rules says of itself.
const ruleHeader = "Recording and alerting rules of service-level objectives."

// WriteRules writes a rule file of Prometheus.
func WriteRules(w io.Writer, groups []Group) error {
	out := newWriter(w)
	out.header(ruleHeader)
	out.groups("", groups)
	return out.Flush()
}

// WriteOperator writes a PrometheusRule, the resource of the Prometheus
// operator, of a name. Names of resources are made fit for Kubernetes.
func WriteOperator(w io.Writer, name string, groups []Group) error {
	out := newWriter(w)
	out.header(ruleHeader)
	out.line("apiVersion: monitoring.coreos.com/v1")
	out.line("kind: PrometheusRule")
	out.line("metadata:")
	out.line("  name: ", quoted(resourceName(name)))
	out.line("  labels:")
	out.line("    app.kubernetes.io/managed-by: burnish")
	out.line("spec:")
	out.groups("  ", groups)
	return out.Flush()
}

// resourceName is a name as RFC 1123 has them: lower case, digits, hyphens.
func resourceName(name string) string {
	fit := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	if fit = strings.Trim(fit, "-"); len(fit) > 200 {
		fit = strings.TrimRight(fit[:200], "-")
	}
	return fit
}

// WriteTests writes a file of promtool unit tests of a rule file, which lies
// beside it. Without a test the file still checks that the rules load.
func WriteTests(w io.Writer, ruleFile string, tests []UnitTest) error {
	out := newWriter(w)
	out.header("Unit tests of the rules beside it: promtool test rules FILE")
	out.line("rule_files:")
	out.line("  - ", quoted(ruleFile))
	evaluation := 30 * time.Second
	if len(tests) > 0 {
		evaluation = tests[0].Evaluation
	}
	out.line("evaluation_interval: ", length(evaluation))
	if len(tests) == 0 {
		out.line("tests: []")
		return out.Flush()
	}
	out.line("tests:")
	for _, t := range tests {
		out.test(t)
	}
	return out.Flush()
}

func (w writer) test(t UnitTest) {
	w.line("  - name: ", quoted(t.Name))
	w.line("    interval: ", length(t.Interval))
	w.line("    input_series:")
	for _, s := range t.Series {
		w.line("      - series: ", quoted(s.Series))
		w.line("        values: ", strconv.Quote(s.Values))
	}
	w.line("    promql_expr_test:")
	for _, c := range t.Checks {
		w.line("      - expr: ", quoted(c.Expr))
		w.line("        eval_time: ", length(c.At))
		if c.Want == 0 {
			w.line("        exp_samples: []")
			continue
		}
		w.line("        exp_samples:")
		w.line("          - labels: \"{}\"")
		w.line("            value: ", number(c.Want))
	}
}

// WriteInhibit writes the inhibit_rules of an Alertmanager configuration.
func WriteInhibit(w io.Writer, rules []InhibitRule) error {
	out := newWriter(w)
	out.header("Put this into the configuration of Alertmanager.")
	if len(rules) == 0 {
		out.line("inhibit_rules: []")
		return out.Flush()
	}
	out.line("inhibit_rules:")
	for _, r := range rules {
		out.list("  - ", "source_matchers", r.Source)
		out.list("    ", "target_matchers", r.Target)
		out.list("    ", "equal", r.Equal)
	}
	return out.Flush()
}

func (w writer) list(at, key string, values []string) {
	w.line(at, key, ":")
	for _, v := range values {
		w.line("      - ", quoted(v))
	}
}
