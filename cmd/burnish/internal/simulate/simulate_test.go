package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

var end = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// digest hashes every file below a directory.
func digest(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	out := map[string][32]byte{}
	root := os.DirFS(dir)
	require.NoError(t, fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(root, path)
		out[path] = sha256.Sum256(text)
		return err
	}))
	return out
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	run := func(seed uint64) map[string][32]byte {
		dir := filepath.Join(t.TempDir(), "demo")
		_, err := Run(t.Context(), Options{Dir: dir, Seed: seed, End: end, Days: 2})
		require.NoError(t, err)
		return digest(t, dir)
	}
	first, again, other := run(7), run(7), run(8)
	assert.Equal(t, first, again)
	assert.NotEqual(t, first, other, "another seed is another month")
	assert.Equal(t, first["incidents.json"], other["incidents.json"], "the story does not depend on the seed")
	assert.Equal(t, first["rules/services.yml"], other["rules/services.yml"])
}

func TestRunReplacesOnlyItsOwnDirectory(t *testing.T) {
	run := func(dir string) error {
		_, err := Run(t.Context(), Options{Dir: dir, Seed: 1, End: end, Days: 1})
		return err
	}
	dir := filepath.Join(t.TempDir(), "new", "demo")
	require.NoError(t, run(dir), "missing")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "README.md"), []byte("changed"), 0o600))
	require.NoError(t, run(dir), "an earlier simulation")
	text, err := os.ReadFile(filepath.Join(dir, "README.md"))
	require.NoError(t, err)
	assert.NotEqual(t, "changed", string(text))
	require.NoError(t, run(t.TempDir()), "empty")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600))
	require.ErrorContains(t, run(dir), "thesis.txt")
	require.FileExists(t, filepath.Join(dir, "thesis.txt"))
	require.NoError(t, os.Remove(filepath.Join(dir, "thesis.txt")))
	require.NoError(t, os.Remove(filepath.Join(dir, "simulation.json")))
	require.ErrorContains(t, run(dir), "choose an empty or a new directory")

	left, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	assert.Len(t, left, 1, "no temporary directory stays behind")
}

func TestRunRefusesBadOptions(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"no directory":  {Options{End: end}, "no directory"},
		"no end":        {Options{Dir: dir}, "no end"},
		"negative days": {Options{Dir: dir, End: end, Days: -1}, "choose 1 to 366"},
		"too many days": {Options{Dir: dir, End: end, Days: 1000}, "choose 1 to 366"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Run(t.Context(), c.options)
			require.ErrorContains(t, err, c.want)
			require.NoDirExists(t, dir)
		})
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Run(stopped, Options{Dir: dir, End: end, Days: 1})
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, dir)
}

// written is the whole month as a reader finds it on disk.
type written struct {
	Result
	querier  storage.Querier
	episodes []noise.Episode
}

func writeMonth(t *testing.T) *written {
	t.Helper()
	var calls sync.Map
	w := &written{}
	var err error
	w.Result, err = Run(t.Context(), Options{
		Dir: filepath.Join(t.TempDir(), "demo"), Seed: 1, End: end,
		Progress: func(stage string, done, total int) { calls.Store(stage, done == total) },
	})
	require.NoError(t, err)
	for _, stage := range []string{"simulate the shop", "evaluate the rules", "write blocks"} {
		finished, _ := calls.Load(stage)
		assert.Equal(t, true, finished, stage)
	}
	w.querier = openBlocks(t, w.TSDBDir)
	var b episode.Builder
	for _, metric := range []string{"ALERTS", "ALERTS_FOR_STATE"} {
		w.each(t, func(ls labels.Labels, at int64, v float64) { b.Track(ls).Add(at, v) }, labels.MetricName, metric)
	}
	w.episodes = b.Episodes(episode.Options{Window: slo.Interval{From: w.From, To: w.To}, Markers: true})
	return w
}

// openBlocks opens every block of a directory, as one.
func openBlocks(t *testing.T, dir string) storage.Querier {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 6)
	var all []storage.Querier
	for _, e := range entries {
		block, err := tsdb.OpenBlock(slog.New(slog.DiscardHandler), filepath.Join(dir, e.Name()), chunkenc.NewPool(), nil)
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, block.Close()) })
		q, err := tsdb.NewBlockQuerier(block, math.MinInt64, math.MaxInt64)
		require.NoError(t, err)
		all = append(all, q)
	}
	merged := storage.NewMergeQuerier(all, nil, storage.ChainedSeriesMerge)
	t.Cleanup(func() { assert.NoError(t, merged.Close()) })
	return merged
}

// each visits the samples of the series with the given labels, or of all.
func (w *written) each(t *testing.T, visit func(ls labels.Labels, at int64, v float64), pairs ...string) {
	t.Helper()
	ms := []*labels.Matcher{labels.MustNewMatcher(labels.MatchNotEqual, labels.MetricName, "")}
	for i := 0; i < len(pairs); i += 2 {
		ms = append(ms, labels.MustNewMatcher(labels.MatchEqual, pairs[i], pairs[i+1]))
	}
	set, found := w.querier.Select(t.Context(), true, nil, ms...), 0
	for ; set.Next(); found++ {
		s := set.At()
		ls, it := s.Labels(), s.Iterator(nil)
		for it.Next() == chunkenc.ValFloat {
			at, v := it.At()
			visit(ls, at, v)
		}
		require.NoError(t, it.Err())
	}
	require.NoError(t, set.Err())
	require.NotZero(t, found, "no series with %v", pairs)
}

// fired are the episodes of a rule that fired.
func (w *written) fired(rule string) []noise.Episode {
	var out []noise.Episode
	for _, e := range w.episodes {
		if e.Rule == rule && e.Fired() {
			out = append(out, e)
		}
	}
	return out
}

func (w *written) incident(t *testing.T, id string) slo.Interval {
	t.Helper()
	text, err := os.ReadFile(w.IncidentsFile)
	require.NoError(t, err)
	var all []declared
	require.NoError(t, json.Unmarshal(text, &all))
	at := slices.IndexFunc(all, func(d declared) bool { return d.ID == id })
	require.GreaterOrEqual(t, at, 0, id)
	return slo.Interval{From: all[at].From, To: all[at].To}
}

func TestMonth(t *testing.T) {
	w := writeMonth(t)
	t.Run("the counts are those on disk", func(t *testing.T) { testCounts(t, w) })
	t.Run("the rule files are good", func(t *testing.T) { testRuleFiles(t, w) })
	t.Run("the budgets are credible", func(t *testing.T) { testSLOs(t, w) })
	t.Run("each rule behaves as planted", func(t *testing.T) { testPlanted(t, w) })
	t.Run("the days are lively but credible", func(t *testing.T) { testDays(t, w) })
	t.Run("every other incident is told of", func(t *testing.T) { testDetected(t, w) })
	t.Run("nobody is told of the receipts", func(t *testing.T) { testBlindSpot(t, w) })
	t.Run("the report tells the story", func(t *testing.T) { testReport(t, w) })
	t.Run("the restart leaves a hole", func(t *testing.T) { testRestart(t, w) })
	t.Run("failed evaluations leave a gap", func(t *testing.T) { testFailing(t, w) })
}

func testCounts(t *testing.T, w *written) {
	series, samples := 0, uint64(0)
	var last labels.Labels
	w.each(t, func(ls labels.Labels, at int64, _ float64) {
		if !labels.Equal(ls, last) {
			series, last = series+1, ls
		}
		samples++
		if at < w.From.UnixMilli() || at >= w.To.UnixMilli() {
			t.Fatalf("%s has a sample at %s", ls, time.UnixMilli(at).UTC())
		}
	})
	assert.Equal(t, w.Series, series)
	assert.Equal(t, w.Samples, samples)
	fired := 0
	for _, e := range w.episodes {
		if e.Fired() {
			fired++
		}
	}
	assert.Equal(t, w.Episodes, fired)
	readme, err := os.ReadFile(filepath.Join(filepath.Dir(w.TSDBDir), "README.md"))
	require.NoError(t, err)
	assert.Contains(t, string(readme), "`BackupTooOld`")
}

func testRuleFiles(t *testing.T, w *written) {
	alerts, groups, severities := map[string]bool{}, 0, map[string]bool{}
	for _, file := range w.RuleFiles {
		parsed, errs := rulefmt.ParseFile(file, false, model.UTF8Validation, newParser(), slog.New(slog.DiscardHandler))
		require.Empty(t, errs, file)
		groups += len(parsed.Groups)
		for _, g := range parsed.Groups {
			for _, r := range g.Rules {
				if r.Alert != "" {
					assert.False(t, alerts[r.Alert], "%s is there twice", r.Alert)
					alerts[r.Alert] = true
					severities[r.Labels["severity"]] = true
				}
			}
		}
	}
	assert.Len(t, alerts, 49)
	assert.Equal(t, 8, groups)
	assert.Equal(t, map[string]bool{"critical": true, "warning": true, "info": true, "none": true}, severities)
	for _, p := range w.Planted {
		for _, rule := range p.Rules {
			assert.True(t, alerts[rule], "%s is planted but is no rule", rule)
		}
		if p.Incident != "" {
			assert.False(t, w.incident(t, p.Incident).Empty())
		}
	}
}

func testPlanted(t *testing.T, w *written) {
	for rule, want := range map[string]struct{ least, most int }{
		"HighCpu":                     {400, 900}, // flaps in every night's batch
		"SearchP99High":               {200, 600}, // fleeting
		"TargetDown":                  {40, 120},  // on deploys, and the flood
		"MemoryHigh":                  {20, 80},   // repeating
		"QueueBacklog":                {60, 400},  // a value in a label
		"GatewayTrafficLow":           {25, 90},   // tight
		"CheckoutErrorBudgetBurnFast": {5, 12},    // good
		"GatewayErrorBudgetBurnFast":  {3, 8},     // good
		"PaymentProviderDown":         {1, 1},
		"BackupTooOld":                {1, 1}, // standing
		"Watchdog":                    {1, 1},
		"LegacyApiErrors":             {0, 0}, // dead
		"NotifyErrors":                {0, 0}, // misspelled
		"ServiceDown":                 {0, 0}, // healthy and silent
	} {
		n := len(w.fired(rule))
		assert.True(t, n >= want.least && n <= want.most, "%s fired %d times, not %d to %d", rule, n, want.least, want.most)
	}
	assert.Greater(t, w.fired("BackupTooOld")[0].Firing(w.To).Duration(), 28*24*time.Hour)
	testTwins(t, w)
	testTimes(t, w)
}

// testTwins: what fires with HighErrorRateCritical or HighErrorRate fires with
// Http5xxTooHigh too, for the same service.
func testTwins(t *testing.T, w *written) {
	for _, narrow := range []string{"HighErrorRate", "HighErrorRateCritical"} {
		for _, e := range w.fired(narrow) {
			inside := slices.ContainsFunc(w.fired("Http5xxTooHigh"), func(o noise.Episode) bool {
				return o.Labels.Get("service") == e.Labels.Get("service") && o.Firing(w.To).Contains(e.FiredAt)
			})
			assert.True(t, inside, "%s %s at %s", narrow, e.Labels, e.FiredAt)
		}
	}
}

// testTimes: the flood, the cascade and the late page come when they should.
func testTimes(t *testing.T, w *written) {
	within := func(rule, incident string) []noise.Episode {
		at := w.incident(t, incident)
		return slices.DeleteFunc(w.fired(rule), func(e noise.Episode) bool { return !at.Contains(e.FiredAt) })
	}
	assert.GreaterOrEqual(t, len(within("TargetDown", "node-down"))+len(within("InstanceDown", "node-down")), 10)
	payments, checkout := within("PaymentsErrors", "payment-provider-outage"), within("CheckoutFailing", "payment-provider-outage")
	require.Len(t, payments, 1)
	require.Len(t, checkout, 1)
	assert.True(t, payments[0].FiredAt.Before(checkout[0].FiredAt))
	fast, late := within("CheckoutErrorBudgetBurnFast", "checkout-bad-deploy"), within("CheckoutDegraded", "checkout-bad-deploy")
	require.NotEmpty(t, fast)
	require.NotEmpty(t, late)
	assert.Greater(t, late[0].FiredAt.Sub(fast[0].FiredAt), 15*time.Minute)
	for _, e := range w.fired("PaymentProviderDown") {
		assert.NotZero(t, e.FiredAt.UnixMilli()%60_000, "evaluations lie off the minute")
	}
}

func testDays(t *testing.T, w *written) {
	var days [DefaultDays]int
	for _, e := range w.episodes {
		if e.Fired() {
			days[int(e.FiredAt.Sub(w.From)/(24*time.Hour))]++
		}
	}
	for day, n := range days {
		assert.True(t, n >= 40 && n <= 130, "%d alerts began to fire on day %d", n, day)
	}
}

func testDetected(t *testing.T, w *written) {
	text, err := os.ReadFile(w.IncidentsFile)
	require.NoError(t, err)
	var all []declared
	require.NoError(t, json.Unmarshal(text, &all))
	assert.Len(t, all, 15)
	for _, d := range all {
		if d.ID == "receipts-not-sent" {
			continue
		}
		at := slo.Interval{From: d.From, To: d.To}
		caught := slices.ContainsFunc(w.episodes, func(e noise.Episode) bool {
			loud := e.Severity() == "critical" || strings.HasSuffix(e.Rule, "BudgetBurnSlow")
			return e.Fired() && loud && e.Rule != "TargetDown" && at.Contains(e.FiredAt)
		})
		assert.True(t, caught, "%s is not caught", d.ID)
	}
}

func testBlindSpot(t *testing.T, w *written) {
	at := w.incident(t, "receipts-not-sent")
	for _, e := range w.episodes {
		if e.Fired() && (e.Severity() == "critical" || e.Severity() == "warning") {
			assert.False(t, at.Contains(e.FiredAt), "%s fired at %s", e.Rule, e.FiredAt)
		}
	}
	worst := 0.0
	w.each(t, func(_ labels.Labels, ms int64, v float64) {
		if at.Contains(time.UnixMilli(ms)) {
			worst = max(worst, v)
		}
	}, labels.MetricName, "service:http_errors:ratio_rate5m", "service", "notify")
	assert.InDelta(t, 0.25, worst, 0.08, "the receipts really failed")
}

func testRestart(t *testing.T, w *written) {
	hole := slo.Interval{From: w.From.Add(10*24*time.Hour + 15*time.Hour + 30*time.Minute)}
	hole.To = hole.From.Add(6 * time.Minute)
	w.each(t, func(ls labels.Labels, at int64, _ float64) {
		if hole.Contains(time.UnixMilli(at)) {
			t.Fatalf("%s has a sample in the hole", ls)
		}
	})
	var before, after []int64
	w.each(t, func(_ labels.Labels, at int64, v float64) {
		require.False(t, value.IsStaleNaN(v), "the watchdog never ends")
		if at < hole.From.UnixMilli() {
			before = append(before, at)
		} else {
			after = append(after, at)
		}
	}, labels.MetricName, "ALERTS", "alertname", "Watchdog")
	gap := time.Duration(after[0]-before[len(before)-1]) * time.Millisecond
	assert.Equal(t, 9*time.Minute, gap.Round(time.Minute), "six minutes down, two evaluations unwritten, one to the next")

	states := map[float64]bool{}
	w.each(t, func(_ labels.Labels, _ int64, v float64) { states[v] = true }, labels.MetricName, "ALERTS_FOR_STATE", "alertname", "BackupTooOld")
	assert.Len(t, states, 1, "the state of a rule with a long `for` is restored")
	starts := map[float64]bool{}
	w.each(t, func(_ labels.Labels, _ int64, v float64) { starts[v] = true }, labels.MetricName, "process_start_time_seconds", "job", "prometheus")
	assert.Len(t, starts, 2)
}

func testFailing(t *testing.T, w *written) {
	from := w.From.Add(21*24*time.Hour + 9*time.Hour)
	spell := slo.Interval{From: from, To: from.Add(12 * time.Minute)}
	for _, rule := range []string{"SearchP99High", "SearchSlow", "LatencyAnomaly"} {
		w.each(t, func(ls labels.Labels, at int64, _ float64) {
			assert.False(t, spell.Contains(time.UnixMilli(at)), "%s was written while its group failed", ls)
		}, labels.MetricName, "ALERTS", "alertname", rule)
	}
	most := 0.0
	w.each(t, func(ls labels.Labels, _ int64, v float64) {
		if !strings.HasSuffix(ls.Get("rule_group"), ";latency") {
			assert.Zero(t, v)
		}
		most = max(most, v)
	}, labels.MetricName, "prometheus_rule_evaluation_failures_total")
	assert.InDelta(t, 12*7, most, 0, "twelve evaluations of seven rules")
	assert.Len(t, w.fired("RuleEvaluationFails"), 1)
}
