package burnrate_test

import (
	"bytes"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

const month = 30 * 24 * time.Hour

// requests is an SLO on two counters.
func requests() slo.SLO {
	return slo.SLO{
		Name: "requests", Service: "shop", Objective: 0.999, Window: slo.Window{Rolling: month},
		Owner: "team-a", Runbook: "https://example.org/runbook", Dashboard: "https://example.org/board",
		SLI: slo.Events{
			Bad:   slo.Query{Selector: `http_requests_total{code=~"5..|429",job="shop"}`},
			Total: slo.Query{Selector: `http_requests_total{job="shop"}`},
		},
		Labels: map[string]string{"env": "prod"},
	}
}

func generate(t *testing.T, o burnrate.GenerateOptions, slos ...slo.SLO) burnrate.Output {
	t.Helper()
	out, err := burnrate.Generate(slos, o)
	require.NoError(t, err)
	return out
}

func ruleText(t *testing.T, out burnrate.Output) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, burnrate.WriteRules(&b, out.Groups()))
	return b.Bytes()
}

// promtool runs Prometheus' own tool in a folder.
func promtool(t *testing.T, dir string, args ...string) {
	t.Helper()
	tool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("promtool must be there in CI: install prometheus")
		}
		t.Skip("no promtool: install prometheus")
	}
	cmd := exec.CommandContext(t.Context(), tool, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// TestPromtoolAcceptsRulesAndTheirTests runs the generated unit tests, whose
// expectations are closed forms, over the generated rules.
func TestPromtoolAcceptsRulesAndTheirTests(t *testing.T) {
	for name, s := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := generate(t, burnrate.GenerateOptions{Tests: true}, s)
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), ruleText(t, out), 0o600))
			promtool(t, dir, "check", "rules", "rules.yml")
			require.Len(t, out.SLOs[0].Tests, 2)
			var b bytes.Buffer
			require.NoError(t, burnrate.WriteTests(&b, "rules.yml", out.SLOs[0].Tests))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "tests.yml"), b.Bytes(), 0o600))
			promtool(t, dir, "test", "rules", "tests.yml")
		})
	}
}

// shapes are SLOs of two counters in all variants.
func shapes() map[string]slo.SLO {
	with := func(change func(*slo.SLO)) slo.SLO {
		s := requests()
		change(&s)
		return s
	}
	return map[string]slo.SLO{
		"bad of the same metric": requests(),
		"good of another metric": with(func(s *slo.SLO) {
			s.SLI = slo.Latency{Good: `d_seconds_bucket{le="0.3"}`, Total: "d_seconds_count", Threshold: 300 * time.Millisecond}
		}),
		"grouped":             with(func(s *slo.SLO) { s.GroupBy = []string{"cluster", "zone"} }),
		"a week":              with(func(s *slo.SLO) { s.Window.Rolling = 7 * 24 * time.Hour }),
		"a day":               with(func(s *slo.SLO) { s.Window.Rolling = 24 * time.Hour }),
		"a quarter":           with(func(s *slo.SLO) { s.Window = slo.Window{Calendar: slo.CalendarQuarter} }),
		"a modest objective":  with(func(s *slo.SLO) { s.Objective = 0.9 }),
		"traffic gone":        with(func(s *slo.SLO) { s.Alerting.TrafficGone = true }),
		"a minimum":           with(func(s *slo.SLO) { s.Alerting.MinFailures = 10 }),
		"single windows":      with(func(s *slo.SLO) { s.Alerting.Policy = "workbook-5" }),
		"with for":            with(func(s *slo.SLO) { s.Alerting.Policy = "workbook-3" }),
		"hostile annotations": with(func(s *slo.SLO) { s.Runbook = "https://example.org/{{ .Nope }}\n\"'\x00"; s.Owner = "{{" }),
	}
}

func TestThousandSLOs(t *testing.T) {
	var all []slo.SLO
	for i := range 1000 {
		s := requests()
		s.Name = "requests-" + time.Duration(i).String()
		all = append(all, s)
	}
	result := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			out, err := burnrate.Generate(all, burnrate.GenerateOptions{})
			require.NoError(b, err)
			require.NoError(b, burnrate.WriteRules(io.Discard, out.Groups()))
		}
	})
	t.Log(result.String(), result.MemString())
	assert.Less(t, result.AllocedBytesPerOp(), int64(100<<20), "all that is allocated, let alone kept")
}

func TestEveryKindOfSLIAndEveryOptionPassesPromtool(t *testing.T) {
	slis := map[string]slo.SLI{
		"counters": requests().SLI,
		"promql":   slo.Events{Bad: slo.Query{Expr: `sum(rate(e[$window]))`}, Total: slo.Query{Expr: `sum(rate(r[$window]))`}},
		"native":   slo.Latency{Native: "d_seconds", Threshold: time.Second},
		"probe":    slo.Probe{Selector: "up"},
		"ratio":    slo.Ratio{Expr: "avg_over_time(x[$window])", Good: true},
		"slices":   slo.Slices{Of: slo.Probe{Selector: "up"}, Length: time.Minute, Target: 0.99},
		"latency":  slo.Latency{Good: `d_seconds_bucket{le="0.3"}`, Total: "d_seconds_count", Threshold: 300 * time.Millisecond},
	}
	var all []slo.SLO
	for _, name := range slices.Sorted(maps.Keys(slis)) {
		for _, group := range [][]string{nil, {"cluster"}} {
			s := requests()
			s.SLI, s.GroupBy = slis[name], group
			s.Name = name + strings.Join(group, "")
			s.Alerting.TrafficGone = true
			s.Alerting.Windows = []slo.AlertWindow{
				{Severity: slo.SeverityPage, Long: 90 * time.Minute, Short: 7 * time.Minute, Factor: 10},
				{Severity: slo.SeverityTicket, Long: 25*time.Hour + 43*time.Minute, Short: 2 * time.Hour, Factor: 2},
			}
			all = append(all, s)
		}
	}
	for _, compat := range []burnrate.Compat{burnrate.CompatNone, burnrate.CompatSloth, burnrate.CompatPyrra} {
		t.Run("compat "+string(compat), func(t *testing.T) {
			dir := t.TempDir()
			out := generate(t, burnrate.GenerateOptions{Compat: compat}, all...)
			require.NoError(t, os.WriteFile(filepath.Join(dir, "rules.yml"), ruleText(t, out), 0o600))
			promtool(t, dir, "check", "rules", "rules.yml")
		})
	}
}

func TestCompatKeepsTheNamesOfOthers(t *testing.T) {
	for compat, want := range map[burnrate.Compat][]string{
		burnrate.CompatSloth: {
			"slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate30m", "slo:sli_error:ratio_rate1h", "slo:sli_error:ratio_rate2h",
			"slo:sli_error:ratio_rate6h", "slo:sli_error:ratio_rate1d", "slo:sli_error:ratio_rate3d", "slo:sli_error:ratio_rate30d",
			"slo:objective:ratio", "slo:error_budget:ratio", "slo:time_period:days", "slo:current_burn_rate:ratio",
			"slo:period_burn_rate:ratio", "slo:period_error_budget_remaining:ratio", "sloth_slo_info",
		},
		burnrate.CompatPyrra: {
			"http_requests:increase30d", "http_requests:burnrate5m", "http_requests:burnrate30m", "http_requests:burnrate1h", "http_requests:burnrate2h",
			"http_requests:burnrate6h", "http_requests:burnrate1d", "http_requests:burnrate4d", "pyrra_objective", "pyrra_window",
			"pyrra_availability", "pyrra_requests_total", "pyrra_errors_total",
		},
	} {
		t.Run(string(compat), func(t *testing.T) {
			var got []string
			for _, g := range generate(t, burnrate.GenerateOptions{Compat: compat}, requests()).Groups() {
				for _, r := range g.Rules {
					got = append(got, r.Record)
					if r.Record == "slo:sli_error:ratio_rate5m" {
						assert.Equal(t, map[string]string{"env": "prod", "sloth_id": "shop-requests", "sloth_service": "shop", "sloth_slo": "requests", "sloth_window": "5m"}, r.Labels)
					}
				}
			}
			assert.Subset(t, got, want)
		})
	}
}

func TestGenerateRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*slo.SLO)
		want   string
	}{
		"no SLI":                   {func(s *slo.SLO) { s.SLI = nil }, "no SLI"},
		"an objective of one":      {func(s *slo.SLO) { s.Objective = 1 }, "not between 0 and 1"},
		"a window of a minute":     {func(s *slo.SLO) { s.Window.Rolling = time.Minute }, "under an hour"},
		"an unknown policy":        {func(s *slo.SLO) { s.Alerting.Policy = "nope" }, "there are recommended"},
		"a group by its own label": {func(s *slo.SLO) { s.GroupBy = []string{"window"} }, "a label that the rules use themselves"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := requests()
			bad.Name = "bad"
			c.change(&bad)
			out, err := burnrate.Generate([]slo.SLO{bad, requests()}, burnrate.GenerateOptions{})
			require.ErrorContains(t, err, c.want)
			assert.Len(t, out.SLOs, 1, "the sound one is there")
		})
	}
	_, err := burnrate.Generate([]slo.SLO{requests(), requests()}, burnrate.GenerateOptions{})
	assert.ErrorContains(t, err, "there are two of that name")
}

// TestWrittenAsGenerated reads the written YAML back: hostile texts survive.
func TestWrittenAsGenerated(t *testing.T) {
	s := requests()
	s.Labels = map[string]string{"a": "yes", "b": "0x10", "c": "it's: \"x\" # no", "d": "line\nbreak ", "e": "\x07é\u2028", "f": "- x", "g": "1d", "h": "~", "null": "null", "i": "2026-01-01"}
	out := generate(t, burnrate.GenerateOptions{}, s)
	var got struct {
		Groups []struct {
			Rules []struct {
				Expr   string
				Labels map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal(ruleText(t, out), &got))
	for i, g := range out.Groups() {
		for j, r := range g.Rules {
			assert.Equal(t, r.Expr, got.Groups[i].Rules[j].Expr)
			assert.Equal(t, r.Labels, got.Groups[i].Rules[j].Labels)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files anew")

func TestGolden(t *testing.T) {
	out := generate(t, burnrate.GenerateOptions{Tests: true}, requests())
	var tests, inhibit, resource bytes.Buffer
	require.NoError(t, burnrate.WriteTests(&tests, "requests.yaml", out.SLOs[0].Tests))
	require.NoError(t, burnrate.WriteInhibit(&inhibit, out.Inhibit))
	require.NoError(t, burnrate.WriteOperator(&resource, "Shop.Requests", out.Groups()))
	assert.Contains(t, resource.String(), "kind: PrometheusRule\nmetadata:\n  name: shop-requests\n")
	for name, got := range map[string][]byte{
		"requests.yaml": ruleText(t, out), "requests_test.yaml": tests.Bytes(), "inhibit.yaml": inhibit.Bytes(),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			require.NoError(t, os.WriteFile(path, got, 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%s; if the change is meant, run go test ./burnrate -run Golden -update", name)
	}
}
