package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/simulate"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/slo"
)

// The outputs of the demo in its folder, beside the report.
const (
	demoTuned      = "tuned"
	demoPatch      = "tuned.patch"
	demoBacktest   = "backtest.md"
	demoSLORules   = "slo-rules"
	demoDashboards = "dashboards"
)

// demoSplit is the time up to which the demo's rules are tuned; the rest of the
// month proves what was chosen.
func demoSplit(sim simulate.Result) time.Time {
	return sim.From.Add(sim.To.Sub(sim.From) * 6 / 10)
}

// demoOutputs writes what the commands write that a user would run next: tuned
// rules, SLO rules and dashboards.
func (g *globals) demoOutputs(ctx context.Context, o demoOptions, sim simulate.Result) error {
	rules := filepath.Join(filepath.Dir(sim.RuleFiles[0]), "*.yml")
	patch, err := g.within(ctx, "tuning the rules", []string{
		"rules", "tune", rules, "--tsdb.path", sim.TSDBDir, "--slo.files", filepath.Join(filepath.Dir(sim.SLOFiles[0]), "*.yaml"),
		"--incidents", sim.IncidentsFile, "--split", demoSplit(sim).Format(time.RFC3339),
		"--from", sim.From.Format(time.RFC3339), "--to", sim.To.Format(time.RFC3339),
		"--output-dir", filepath.Join(o.dir, demoTuned), "--patch",
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(o.dir, demoPatch), patch, 0o644); err != nil { //nolint:gosec // as other outputs: for everybody to read
		return fmt.Errorf("write the patch: %w", err)
	}
	if _, err := g.within(ctx, "generating rules", append([]string{
		"rules", "generate", "--output", filepath.Join(o.dir, demoSLORules), "--tests", "--scrape-interval", "1m", "--interval", "1m",
	}, sim.SLOFiles...)); err != nil {
		return err
	}
	_, err = g.within(ctx, "generating dashboards", append([]string{
		"dashboards", "generate", "--output-dir", filepath.Join(o.dir, demoDashboards), "--scrape-interval", "1m", "--interval", "1m",
	}, sim.SLOFiles...))
	return err
}

// within runs another command of burnish and returns what it writes to standard
// output.
func (g *globals) within(ctx context.Context, what string, args []string) ([]byte, error) {
	done := g.spin(what)
	defer done()
	var out, errs bytes.Buffer
	code := run(ctx, args, &out, &errs)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case code != exitFine:
		return nil, fmt.Errorf("run burnish %s: %s", strings.Join(args[:2], " "), strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

// demoProof replays the tuned rules beside those in force over the part of the
// month that they were not chosen on.
func (g *globals) demoProof(ctx context.Context, o demoOptions, c *config.Config, log *slog.Logger, sim simulate.Result) (*pipeline.Backtest, error) {
	done := g.spin("backtesting the tuned rules")
	defer done()
	src, err := openSource(c, log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = src.Close() }()
	tuned := []string{filepath.Join(o.dir, demoTuned, "*.yml")}
	read, err := readRuleFiles(tuned)
	if err != nil {
		return nil, err
	}
	with := pipeline.BacktestOptions{Rules: read.rules}
	if with.Records, err = readRecords(tuned); err != nil {
		return nil, err
	}
	if with.CurrentRecords, err = readRecords(c.Rules.Files); err != nil {
		return nil, err
	}
	if with.Judge, err = judgeOptions(ctx, c, log); err != nil {
		return nil, err
	}
	slos, err := readSpecs(c.SLOs.Files, log)
	if err != nil {
		return nil, err
	}
	r, err := pipeline.Read(ctx, src, pipeline.Options{
		Now: demoEnd.Add(time.Hour), Window: slo.Interval{From: demoSplit(sim), To: sim.To}, RuleFiles: c.Rules.Files, SLOs: slos,
	})
	if err != nil {
		return nil, err
	}
	return r.Backtest(ctx, src, with)
}

// writeProof writes the backtest as a comment for a pull request.
func (o demoOptions) writeProof(b *pipeline.Backtest) error {
	var text bytes.Buffer
	if err := writeBacktestMarkdown(&text, b); err != nil {
		return fmt.Errorf("write the backtest: %w", err)
	}
	if err := os.WriteFile(filepath.Join(o.dir, demoBacktest), text.Bytes(), 0o644); err != nil { //nolint:gosec // as other outputs
		return fmt.Errorf("write the backtest: %w", err)
	}
	return nil
}

// Bounds on what the demo prints.
const (
	longestHeadline = 116 // characters
	changesTold     = 5
)

// proofText is a backtest in a dozen lines: the totals, and the rules that make
// the largest difference.
func proofText(b *pipeline.Backtest) string {
	t := textWriter{&strings.Builder{}}
	rows := [][]string{{"  ", "before", "after", ""}}
	for _, r := range totals(b) {
		if r.Before != r.After {
			rows = append(rows, []string{"  " + r.Name, r.Before, r.After, r.Change})
		}
	}
	if b.TruthKnown && b.Before.Caught == b.After.Caught {
		rows = append(rows, []string{"  Incidents caught at onset", share(b.Before.Caught), share(b.After.Caught), "same"})
	}
	t.table(rows)
	t.lines("")
	rows = rows[:0]
	largest := slices.Clone(b.Rules)
	slices.SortStableFunc(largest, func(a, b pipeline.RuleBacktest) int { return effect(b) - effect(a) })
	for _, r := range largest[:min(changesTold, len(largest))] {
		v := viewOfRule(b, r)
		what, episodes := v.What, v.Episodes+" episodes"
		if r.After == nil {
			what, episodes = "deleted", counted(r.Before.Episodes, "episode")
		}
		rows = append(rows, []string{"  " + clipped(r.Rule().Name, 32), clipped(what, 48), episodes})
	}
	t.table(rows)
	return t.String()
}

// ruleCounts is how many rules differ, and of how many.
func ruleCounts(b *pipeline.Backtest) string {
	return fmt.Sprintf("%d of %s", len(b.Rules), counted(b.Before.Rules, "rule"))
}

// clipped is the beginning of a line, up to the end of a word.
func clipped(s string, most int) string {
	s = oneLine(s, 1000)
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	s = string(runes[:most])
	if at := strings.LastIndexAny(s, " "); at > most/2 {
		s = s[:at]
	}
	return strings.TrimRight(s, " ,;:") + " ..."
}

// lostNames are the incidents that the tuned rules would not tell of any more.
func lostNames(lost []pipeline.IncidentBacktest) string {
	var ids []string
	for _, i := range lost {
		ids = append(ids, i.ID)
	}
	return few(ids)
}
