package main

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
	"github.com/burnish-sre/burnish/config"
)

// TestWhatIfNothingChangedEqualsWhatHappened replays rules as they are from what
// they compare, and holds that against what the rule engine fired.
func TestWhatIfNothingChangedEqualsWhatHappened(t *testing.T) {
	const corpus = "cloudmon"
	tsdb, data := realserver.TSDB(t), realserver.Data(t)
	var truth corpusTruth
	readInto(t, filepath.Join(data, "truth", corpus+".json"), &truth)
	alerts := fired(t, filepath.Join(tsdb, "episodes", corpus+".jsonl"), truth.End)

	c := config.Default()
	c.Sources = []config.Source{{TSDBPath: tsdb}}
	src, err := openSource(c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer func() { _ = src.Close() }()
	o := pipeline.Options{Now: truth.End, RuleFiles: []string{filepath.Join(data, "rules", corpus+".rules.yml")}}
	o.Window.From, o.Window.To = truth.Stats.Start, truth.End
	r, err := pipeline.Read(t.Context(), src, o)
	require.NoError(t, err)

	replayed := 0
	for _, rule := range r.Rules {
		if replayed == 25 {
			continue
		}
		got, err := r.WhatIf(t.Context(), src, rule, pipeline.Change{}, pipeline.JudgeOptions{})
		if err != nil {
			continue
		}
		assert.Len(t, alerts[[2]string{rule.Name, rule.Severity()}], got.Before.Episodes, rule.Name)
		assert.Equal(t, got.Before, got.After, rule.Name)
		long := 24 * time.Hour
		later, err := r.WhatIf(t.Context(), src, rule, pipeline.Change{For: &long}, pipeline.JudgeOptions{})
		require.NoError(t, err)
		assert.LessOrEqual(t, later.After.Episodes, got.Before.Episodes, rule.Name)
		replayed++
	}
	assert.Equal(t, 25, replayed)
}
