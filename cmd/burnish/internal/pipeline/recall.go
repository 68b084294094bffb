package pipeline

import (
	"context"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// recall takes a window from a source that holds episodes instead of samples. What
// depends on the rules in force and on the window is worked out anew, as for any
// other source: which rule an episode is of, and whether the pipeline is to blame.
func (r *Reading) recall(ctx context.Context, src collector.Source, from collector.HistoryReader, asked slo.Interval, o Options) error {
	got, err := from.History(ctx, asked)
	if err != nil {
		return err
	}
	r.Episodes, r.Spells, r.HealthKnown, r.Markers = got.Episodes, got.Spells, got.HealthKnown, got.Markers
	r.Reach, r.Info = got.Reach, got.Info
	for i := range r.Episodes {
		e := &r.Episodes[i]
		if r.RulesKnown {
			e.Group, e.File = "", ""
		}
		if r.HealthKnown {
			e.Certainty.Pipeline = nil
		}
	}
	noise.Assign(r.Rules, r.Episodes)
	noise.Blame(r.Episodes, r.Spells)
	return r.finish(ctx, src, asked, o)
}
