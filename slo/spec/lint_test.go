package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

// lintOne lints an SLO checkout/pay with more keys than the least, beside others.
func lintOne(t *testing.T, keys, others string, o spec.LintOptions) []spec.Note {
	t.Helper()
	text := "version: burnish/v1\nservice: checkout\nslos:\n- name: pay\n"
	for _, least := range []string{"objective: 99.9", "window: 30d", "sli: {probe: {gauge: up}}"} {
		key, _, _ := strings.Cut(least, ":")
		if !strings.Contains("\n"+keys, "\n"+key+":") {
			text += "  " + least + "\n"
		}
	}
	for line := range strings.Lines(keys) {
		text += "  " + strings.TrimRight(line, "\n") + "\n"
	}
	parsed, err := spec.Parse("f.yml", []byte(text+others))
	require.NoError(t, err, "%s", text)
	return spec.Lint(parsed.SLOs, o)
}

func TestWhatCanNeverWork(t *testing.T) {
	dependency := func(name, objective, on string) string {
		return fmt.Sprintf("- {name: %s, objective: %s, window: 30d, sli: {probe: {gauge: up}}, depends_on: [%s]}\n", name, objective, on)
	}
	for name, c := range map[string]struct {
		keys, others string
		want         []string
	}{
		"nothing": {},
		"a factor that all events bad do not reach": {
			keys: "objective: 90\nalerting: {windows: [{severity: page, long: 1h, short: 5m, factor: 14.4}]}",
			want: []string{"the page alert with factor 14.4 can never fire: it needs an error ratio over 1.44, and at 90% all events bad burn at 10"},
		},
		"a factor that they reach but never pass": {
			keys: "objective: 90\nalerting: {windows: [{severity: page, long: 1h, short: 5m, factor: 10}]}",
			want: []string{"factor 10 can never fire"},
		},
		"a factor just under": {keys: "objective: 90\nalerting: {windows: [{severity: page, long: 1h, short: 5m, factor: 9.99}]}"},
		"the same, disabled":  {keys: "objective: 90\nalerting: {page: {disabled: true}, windows: [{severity: page, long: 1h, factor: 10}]}"},
		"a short window under two scrapes": {
			keys: "alerting: {windows: [{severity: ticket, long: 1h, short: 1m, factor: 1}]}",
			want: []string{"the ticket alert's window of 1m holds fewer than two scrapes at one each 1m"},
		},
		"a long window over the SLO's": {
			keys: "window: 1d\nalerting: {windows: [{severity: ticket, long: 3d, short: 6h, factor: 1}]}",
			want: []string{"looks back 3d, further than the window of the SLO, 1d"},
		},
		"bad beside total": {
			keys: `sli: {events: {bad: 'x{code="500"}', total: 'x{job="a"}'}}`,
			want: []string{`bad is not a part of total: total has only series with job="a", and bad does not say so`},
		},
		"good beside total": {
			keys: `sli: {events: {good: 'x{job="b"}', total: 'x{job="a"}'}}`,
			want: []string{`good is not a part of total`},
		},
		"a bucket beside its count": {
			keys: `sli: {latency: {good: 'x_bucket{le="0.3"}', total: 'x_count{job="a"}'}}`,
			want: []string{`good is not a part of total`},
		},
		"a value within a regular expression":     {keys: `sli: {events: {bad: 'x{job="a1"}', total: 'x{job=~"a.*"}'}}`},
		"values within a regular expression":      {keys: `sli: {events: {bad: 'x{job=~"a1|a2"}', total: 'x{job=~"a.*"}'}}`},
		"the same matchers and more":              {keys: `sli: {events: {bad: 'x{job=~"a.+",code="500"}', total: 'x{job=~"a.+"}'}}`},
		"another metric, which cannot be told of": {keys: `sli: {events: {bad: 'x_errors{}', total: 'x{job="a"}'}}`},
		"slices under two scrapes": {
			keys: "sli: {slices: {length: 1m, target: 99, of: {probe: {gauge: up}}}}",
			want: []string{"its slices of 1m hold fewer than two scrapes"},
		},
		"a label that is summed away": {
			keys: "sli: {events: {bad: 'sum(rate(e[$window]))', total: 'sum by (cluster) (rate(t[$window]))'}}\ngroup_by: [cluster]",
			want: []string{`group_by cluster: the query "sum(rate(e[$window]))" sums that label away`},
		},
		"a label that each group would carry with the same value": {
			keys: "labels: {cluster: one, team: x}\ngroup_by: [cluster]",
			want: []string{`labels cluster: group_by has it too`},
		},
		"an unknown dependency": {
			keys: "depends_on: [payments/gone]", want: []string{"depends_on payments/gone: there is no such SLO"},
		},
		"a target that dependencies rule out": {
			keys: "depends_on: [checkout/a, checkout/b]", others: dependency("a", "99.95", "") + dependency("b", "99.9", ""),
			want: []string{"its objective of 99.9% is stricter than what it depends on allows: together checkout/a, checkout/b give 99.85% at best"},
		},
		"one that only all of them together rule out, and each counts once": {
			keys:   "objective: 99\ndepends_on: [checkout/a, checkout/b]",
			others: dependency("a", "99.5", "checkout/c") + dependency("b", "99.5", "checkout/c") + dependency("c", "99.6", ""),
			want:   []string{"checkout/a, checkout/b, checkout/c give 98.6065% at best"},
		},
		"a target that they allow": {keys: "depends_on: [checkout/a]", others: dependency("a", "99.9", "")},
		"a cycle": {
			keys: "depends_on: [checkout/a]", others: dependency("a", "99.99", "checkout/pay"),
			want: []string{"depends_on goes round: checkout/pay -> checkout/a -> checkout/pay", "depends_on goes round: checkout/a -> checkout/pay -> checkout/a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			notes := lintOne(t, c.keys, c.others, spec.LintOptions{})
			require.Len(t, notes, len(c.want), "%v", notes)
			for i, n := range notes {
				assert.Contains(t, n.Message, c.want[i])
				assert.Equal(t, spec.LevelWarning, n.Level)
				assert.Equal(t, "f.yml", n.File)
				assert.Positive(t, n.Line)
			}
		})
	}
}

func TestLintKnowsTheScrapeIntervalAndThePolicy(t *testing.T) {
	keys := "objective: 90\nalerting: {windows: [{severity: ticket, long: 1h, short: 1m, factor: 1}]}"
	assert.Empty(t, lintOne(t, keys, "", spec.LintOptions{ScrapeInterval: 30 * time.Second}))
	policy := func(slo.SLO) []slo.AlertWindow {
		return []slo.AlertWindow{{Severity: slo.SeverityPage, Long: time.Hour, Short: 5 * time.Minute, Factor: 14.4}}
	}
	assert.Empty(t, lintOne(t, keys, "", spec.LintOptions{ScrapeInterval: 30 * time.Second, Windows: policy}), "its own windows come first")
	assert.Len(t, lintOne(t, "objective: 90", "", spec.LintOptions{Windows: policy}), 1)
}
