package burnrate_test

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/require"
)

// bench runs rule files over simulated traffic with Prometheus' own engine.
type bench struct {
	t       *testing.T
	store   *teststorage.TestStorage
	groups  []*rules.Group
	byGroup map[*rules.Group]time.Duration
	firing  map[string][]stretch // by severity
}

// stretch is a time in which at least one alert of a severity fired; To is zero
// while it does.
type stretch struct{ From, To time.Time }

func newBench(t *testing.T, ruleFiles ...[]byte) *bench {
	t.Helper()
	b := &bench{t: t, store: teststorage.New(t), byGroup: map[*rules.Group]time.Duration{}, firing: map[string][]stretch{}}
	t.Cleanup(func() { require.NoError(t, b.store.Close()) })
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{}),
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
	opts := &rules.ManagerOptions{
		ExternalURL: &url.URL{}, QueryFunc: rules.EngineQueryFunc(engine, b.store), Context: context.Background(),
		Appendable: b.store, Queryable: b.store, Logger: slog.New(slog.DiscardHandler),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
	}
	for _, text := range ruleFiles {
		parsed, errs := rulefmt.Parse(text, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
		require.Empty(t, errs)
		for _, g := range parsed.Groups {
			b.add(g, opts)
		}
	}
	return b
}

func (b *bench) add(g rulefmt.RuleGroup, opts *rules.ManagerOptions) {
	every := time.Duration(g.Interval)
	if every == 0 {
		every = 30 * time.Second
	}
	var list []rules.Rule
	for _, r := range g.Rules {
		expr, err := parser.NewParser(parser.Options{}).ParseExpr(r.Expr)
		require.NoError(b.t, err, r.Expr)
		if r.Record != "" {
			list = append(list, rules.NewRecordingRule(r.Record, expr, labels.FromMap(r.Labels)))
			continue
		}
		list = append(list, rules.NewAlertingRule(r.Alert, expr, time.Duration(r.For), time.Duration(r.KeepFiringFor),
			labels.FromMap(r.Labels), labels.FromMap(r.Annotations), labels.EmptyLabels(), "", true, slog.New(slog.DiscardHandler)))
	}
	group := rules.NewGroup(rules.GroupOptions{Name: g.Name, File: "f", Interval: every, Rules: list, Opts: opts})
	b.groups = append(b.groups, group)
	b.byGroup[group] = every
}

// traffic is the counters of a simulated service: every series of good and of bad
// requests rises evenly; scrapes are fifteen seconds apart.
type traffic struct {
	good, bad []labels.Labels
	perSecond float64
	errors    func(since time.Duration) float64 // ratio
}

const (
	scrapeEvery = 15 * time.Second
	evalEvery   = 30 * time.Second
)

var zero = time.Unix(1_700_000_000, 0).UTC().Truncate(time.Hour)

// run simulates traffic and evaluates the groups, each at its own interval.
func (b *bench) run(tr traffic, length time.Duration) {
	b.t.Helper()
	var good, bad float64
	for since := time.Duration(0); since <= length; since += scrapeEvery {
		at := zero.Add(since)
		ratio := tr.errors(since)
		n := tr.perSecond * scrapeEvery.Seconds()
		good, bad = good+n*(1-ratio), bad+n*ratio
		app := b.store.Appender(context.Background())
		for i, list := range [][]labels.Labels{tr.good, tr.bad} {
			for _, ls := range list {
				_, err := app.Append(0, ls, at.UnixMilli(), []float64{good, bad}[i])
				require.NoError(b.t, err)
			}
		}
		require.NoError(b.t, app.Commit())
		if since%evalEvery == 0 {
			b.evaluate(at)
		}
	}
}

func (b *bench) evaluate(at time.Time) {
	active := map[string]bool{}
	for _, g := range b.groups {
		if at.Sub(zero)%b.byGroup[g] == 0 {
			g.Eval(context.Background(), at)
		}
		for _, r := range g.Rules() {
			require.NoError(b.t, r.LastError(), r.Name())
		}
		for _, r := range g.AlertingRules() {
			for _, a := range r.ActiveAlerts() {
				if a.State == rules.StateFiring {
					active[severityOf(a.Labels)] = true
				}
			}
		}
	}
	for _, severity := range []string{"page", "ticket"} {
		b.note(severity, active[severity], at)
	}
}

func (b *bench) note(severity string, fires bool, at time.Time) {
	list := b.firing[severity]
	open := len(list) > 0 && list[len(list)-1].To.IsZero()
	switch {
	case fires && !open:
		b.firing[severity] = append(list, stretch{From: at})
	case !fires && open:
		list[len(list)-1].To = at
	}
}

// severityOf is page or ticket, as Sloth, Pyrra and burnish call them.
func severityOf(ls labels.Labels) string {
	for _, name := range []string{"sloth_severity", "slo_severity", "severity"} {
		switch ls.Get(name) {
		case "page", "critical":
			return "page"
		case "ticket", "warning":
			return "ticket"
		}
	}
	return "other"
}

// seriesFor makes the labels of a series that a vector selector selects, and that
// is nothing more than the selector asks for.
func seriesFor(t *testing.T, selector string, other ...*labels.Matcher) labels.Labels {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(selector)
	require.NoError(t, err)
	b := labels.NewBuilder(labels.EmptyLabels())
	for _, m := range slices.Concat(expr.(*parser.VectorSelector).LabelMatchers, other) {
		switch m.Type {
		case labels.MatchEqual:
			b.Set(m.Name, m.Value)
		case labels.MatchRegexp:
			b.Set(m.Name, literal(t, m))
		}
	}
	return b.Labels()
}

// literal is a value that a matcher of alternatives matches.
func literal(t *testing.T, m *labels.Matcher) string {
	t.Helper()
	text := strings.NewReplacer("(", "", ")", "", "^", "", "$", "", ".+", "x", ".*", "x", ".", "0", "?", "").Replace(m.Value)
	for _, value := range strings.Split(text, "|") {
		if m.Matches(value) {
			return value
		}
	}
	t.Fatalf("no value found for %s", m)
	return ""
}

// sharedData is a file of the shared test data.
func sharedData(t *testing.T, path ...string) []byte {
	t.Helper()
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = "../../shared/data"
	}
	text, err := os.ReadFile(filepath.Join(append([]string{dir}, path...)...))
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared SLO specs must be there in CI: %v", err)
		}
		t.Skipf("no shared SLO specs: %v", err)
	}
	return text
}
