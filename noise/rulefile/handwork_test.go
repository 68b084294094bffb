package rulefile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/rulefile"
)

// templates are the sources in testdata: a mixin, and a chart with its values.
func templates(t *testing.T) []*rulefile.Template {
	t.Helper()
	var out []*rulefile.Template
	for _, name := range []string{"mixin/alerts.libsonnet", "mixin/config.libsonnet", "chart/templates/rules.yaml", "chart/values.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		if name == "chart/values.yaml" {
			out = append(out, rulefile.Values(name, text))
			continue
		}
		template, err := rulefile.OpenTemplate(name, text)
		require.NoError(t, err)
		out = append(out, template)
	}
	return out
}

// byHandOf is a rule in force, with a new threshold for the last number of a text in
// its expression.
func byHandOf(rule noise.Rule, number, becomes string, edits ...rulefile.Edit) rulefile.Handwork {
	if at := strings.LastIndex(rule.Expr, number); number != "" {
		edits = append([]rulefile.Edit{rulefile.SpliceExpr(0, at, at+len(number), becomes)}, edits...)
	}
	return rulefile.Handwork{Rule: rule, Edits: edits, ID: "tuned-0123456789", What: "as below", Why: "It fired 9 times for nothing."}
}

func inForce(name, severity string, waits time.Duration, expr string) noise.Rule {
	return noise.Rule{Name: name, Group: "store", Expr: expr, For: waits, Labels: labels.FromStrings("severity", severity, "latest", "{{ $value }}")}
}

// TestWhatIsToBeDoneByHand holds the text for templates against the one in
// testdata, which was read line by line. UPDATE=1 writes it anew.
func TestWhatIsToBeDoneByHand(t *testing.T) {
	const volume = `store_free_bytes{job="store"} / store_size_bytes{job="store"} * 100 < 15 and store_readonly{job="store"} == 0`
	const errs = `sum by (job) (rate(store_errors_total{code=~"5.."}[5m])) / sum by (job) (rate(store_requests_total[5m])) > 0.01 and sum by (job) (rate(store_requests_total[5m])) > 1`
	const inChart = `sum by (job) (rate(store_errors_total{namespace=~"prod"}[5m])) / sum by (job) (rate(store_requests_total{namespace=~"prod"}[5m])) > 0.01`
	work := []rulefile.Handwork{
		byHandOf(inForce("StoreVolumeFull", "warning", 30*time.Minute, volume), "15", "10", rulefile.SetFor(0, time.Hour), rulefile.CommentAbove(0, "why")),
		byHandOf(inForce("StoreVolumeFull", "critical", 30*time.Minute, strings.Replace(volume, "15", "5", 1)), "5", "2", rulefile.RemoveField(0, rulefile.For)),
		byHandOf(inForce("StoreVolumeFull", "page", 5*time.Minute, volume), "", "", rulefile.SetFor(0, time.Hour)),
		byHandOf(inForce("StoreErrors", "critical", 5*time.Minute, errs), "0.01", "0.05", rulefile.SetKeepFiringFor(0, time.Hour), rulefile.SetLabel(0, "latest", "")),
		byHandOf(inForce("StoreErrors", "critical", 5*time.Minute, inChart), "0.01", "0.05", rulefile.SetKeepFiringFor(0, time.Hour)),
		byHandOf(inForce("StoreQueueWaits", "warning", 10*time.Minute, "store_queue_seconds > 0.5"), "0.5", "1", rulefile.SetFor(0, time.Hour)),
		byHandOf(inForce("StoreQueueLong", "warning", 10*time.Minute, "store_queue_length > 100"), "100", "250", rulefile.SetFor(0, time.Hour)),
		byHandOf(inForce("StoreQueueSpare", "info", 0, `store_queue_length{job="store"} > 100 or store_queue_length{job="spare"} > 200`), "200", "250"),
		byHandOf(inForce("StoreSlow", "warning", 0, `store_seconds{quantile="0.9"} > 2`), "2", "3"),
		byHandOf(inForce("StoreSlow", "warning", 0, `store_seconds{quantile="0.9"} > 2`), "", "", rulefile.CommentOut(0, "never")),
		byHandOf(inForce("StoreDown", "critical", time.Minute, `absent(up{job="store"})`), "", "", rulefile.SetFor(0, 5*time.Minute)),
	}
	work[6].Rule.File, work[6].Edited = "rendered.yml", true
	refused := byHandOf(inForce("StoreShared", "info", time.Minute, "up == 0"), "", "", rulefile.SetFor(0, time.Hour), rulefile.CommentAbove(0, "why"))
	refused.Rule.File, refused.Rule.Line, refused.Refused = "shared.yml", 7, "an anchor shares it with other places"
	text := rulefile.DescribeHandwork(templates(t), append(work, refused))
	path := filepath.Join("testdata", "byhand.md")
	if os.Getenv("UPDATE") != "" {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), text)
	assert.Empty(t, rulefile.DescribeHandwork(templates(t), nil))
}

func TestWhatATemplateMakes(t *testing.T) {
	all := templates(t)
	mixin, config, chart := all[0], all[1], all[2]
	assert.Equal(t, []int{5, 0, 3}, []int{mixin.Alerts(), config.Alerts(), chart.Alerts()})
	assert.Equal(t, "jsonnet", mixin.Language())
	assert.Equal(t, "Go templates", chart.Language())
	for name, c := range map[string]struct {
		of   *rulefile.Template
		rule string
		want bool
	}{
		"an alert of jsonnet":                {mixin, "StoreErrors", true},
		"a name that is put together":        {mixin, "StoreQueueSpare", true},
		"another beginning":                  {mixin, "XStoreQueueSpare", false},
		"a name within a call":               {mixin, "StoreDown", false},
		"an alert of a chart":                {chart, "StoreQueueLong", true},
		"an alert in a comment of the chart": {chart, "StoreQueueLongs", false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, c.of.Makes(noise.Rule{Name: c.rule}))
		})
	}
	_, err := rulefile.OpenTemplate("f.yml", []byte("groups: []\n"))
	assert.Error(t, err, "a rule file is no template")
	_, err = rulefile.OpenTemplate("f.yml", []byte("groups: [\n"))
	assert.Error(t, err, "nor is what is broken")
}

// TestHandworkIsMarkdownWithoutInjection gives names and texts that would be
// markup.
func TestHandworkIsMarkdownWithoutInjection(t *testing.T) {
	rule := noise.Rule{Name: "A`\n# b", Group: "<script>", Expr: "up > 1"}
	text := rulefile.DescribeHandwork(nil, []rulefile.Handwork{{Rule: rule, ID: "x", What: "a\n# b <b>", Why: "`c` [d](e)", Edits: []rulefile.Edit{rulefile.SetLabel(0, "l", "`\n\n# x")}}})
	assert.NotContains(t, text, "\n# b")
	assert.NotContains(t, text, "\n# x")
	assert.NotContains(t, text, "<b>")
	assert.NotContains(t, text, " [d](")
	assert.Contains(t, text, "No template given here has an alert of this name.")
}

// TestWhatWasRefusedIsWorded has every kind of edit.
func TestWhatWasRefusedIsWorded(t *testing.T) {
	rule := noise.Rule{Name: "A", Group: "g", File: "f.yml", Line: 3, Expr: "up > 1", For: time.Minute}
	text := rulefile.DescribeHandwork(nil, []rulefile.Handwork{{
		Rule: rule, ID: "x", What: "w", Why: "y", Refused: "it is *so*", Edits: []rulefile.Edit{
			rulefile.SpliceExpr(0, 5, 6, "2"), rulefile.SetFor(0, time.Hour), rulefile.SetLabel(0, "severity", "x\n# head"),
			rulefile.RemoveField(0, rulefile.KeepFiringFor), rulefile.CommentOut(0, "too\nloud"),
		},
	}})
	assert.Equal(t, "# To be changed by hand\n\n## `A` in group `g`\n\n`x`: w.\n\ny\n\n"+
		"The rule is at `f.yml:3`, which is left as it is: it is \\*so\\*.\n\n"+
		"- In the expression, replace `1` by `2` (at byte 5 of `up > 1`).\n"+
		"- Set `for` to `1h` (now `1m`).\n"+
		"- Set label `severity` to `x # head`.\n"+
		"- Remove `keep_firing_for`.\n"+
		"- Comment out or delete the whole rule.\n  - `too loud`\n\n", text)
}

func FuzzOpenTemplate(f *testing.F) {
	for _, name := range []string{"mixin/alerts.libsonnet", "chart/templates/rules.yaml"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(strings.HasPrefix(name, "mixin"), text)
	}
	f.Add(true, []byte("{alert: 'a%s' % [1], expr: |||\n x > %d\n||| % {a: 1}, labels+: {severity: if x then 'y'}}"))
	f.Add(true, []byte("local a = {alert: @'b''c', expr: f('x > 1', [2)}; a"))
	f.Add(false, []byte("- alert: \"{{ .Values.a }}b\"\n  expr: '{{`{{` > 1\n  labels:\n   x: {% if %}"))
	rule := inForce("StoreVolumeFull", "warning", time.Minute, "store_free_bytes > 15 and 15 < x or up{} == 0x0f")
	f.Fuzz(func(t *testing.T, jsonnet bool, text []byte) {
		name := map[bool]string{true: "f.libsonnet", false: "f.yml"}[jsonnet]
		template, err := rulefile.OpenTemplate(name, text)
		if err != nil {
			return
		}
		all := []*rulefile.Template{template, rulefile.Values("values.yaml", text)}
		for _, alert := range []string{"StoreVolumeFull", "a1", "b"} {
			rule.Name = alert
			rulefile.DescribeHandwork(all, []rulefile.Handwork{
				byHandOf(rule, "15", "10", rulefile.SetFor(0, time.Hour), rulefile.SetLabel(0, "x", "")), byHandOf(rule, "", "", rulefile.CommentOut(0)),
			})
		}
	})
}
