package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func TestDemoTellsTheProofInAFewLines(t *testing.T) {
	rule := func(name string, wait time.Duration) *noise.Rule {
		return &noise.Rule{Name: name, Expr: "up == 0", For: wait}
	}
	figures := func(episodes int) *pipeline.Figures { return &pipeline.Figures{Rules: 1, Episodes: episodes} }
	caught := slo.Proportion{Count: 3, Of: 4}
	b := &pipeline.Backtest{
		TruthKnown: true,
		Before:     pipeline.Figures{Rules: 3, Episodes: 120, Outside: slo.Proportion{Count: 100, Of: 120}, Caught: caught},
		After:      pipeline.Figures{Rules: 2, Episodes: 20, Outside: slo.Proportion{Count: 4, Of: 20}, Caught: caught},
		Rules: []pipeline.RuleBacktest{
			{Diff: pipeline.RuleRemoved, Old: rule("Little", 0), Before: figures(1)},
			{Diff: pipeline.RuleRemoved, Old: rule("Loud", 0), Before: figures(90)},
			{Diff: pipeline.RuleChanged, Old: rule("Slow", 0), New: rule("Slow", 5*time.Minute), Before: figures(20), After: figures(10)},
		},
	}
	assert.Equal(t, `                                      before      after
  Alert episodes that began           120         20       -83%
  Outside incidents, of those judged  100 of 120  4 of 20  -96%
  Incidents caught at onset           3 of 4      3 of 4   same

  Loud    deleted      90 episodes
  Slow    for 0s → 5m  20 → 10 episodes
  Little  deleted      1 episode
`, proofText(b))
	assert.Equal(t, "3 of 3 rules", ruleCounts(b))
}

func TestLinesAreClippedAtWords(t *testing.T) {
	for text, want := range map[string]string{
		"short":                   "short",
		"one two three four":      "one two ...",
		"onetwothreefour":         "onetwothre ...",
		"one,\ttwo; three":        "one, two ...",
		"é é é é é é é é é é é é": "é é é é é ...",
	} {
		assert.Equal(t, want, clipped(text, 10), text)
	}
}
