package collector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// deployStep is the grid on which deploys are looked for.
const deployStep = 5 * time.Minute

// ReadDeploys evaluates PromQL that has a series while something is deployed. A
// deploy begins at each step at which a series is there that was not there a step
// before.
func ReadDeploys(ctx context.Context, src Source, query string, window slo.Interval) ([]noise.Deploy, error) {
	res, err := src.QueryRange(ctx, query, Range{From: window.From.Truncate(deployStep), To: window.To, Step: deployStep})
	if err != nil {
		return nil, err
	}
	out := []noise.Deploy{}
	for _, s := range res.Series {
		about := labels.NewBuilder(s.Labels).Del(model.MetricNameLabel).Labels()
		last := int64(0)
		for _, p := range s.Points {
			if p.T-last > deployStep.Milliseconds() {
				out = append(out, noise.Deploy{At: time.UnixMilli(p.T).UTC(), Labels: about})
			}
			last = p.T
		}
	}
	slices.SortFunc(out, func(a, b noise.Deploy) int {
		return cmp.Or(a.At.Compare(b.At), labels.Compare(a.Labels, b.Labels))
	})
	return out, nil
}
