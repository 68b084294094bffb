package tsdbdir

import (
	"context"
	"fmt"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// LabelValues lists the values of a label from the index; see
// collector.LabelReader. A block counts as a whole.
func (d *Dir) LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error) {
	q, err := d.querier(window.From.UnixMilli(), window.To.UnixMilli()-1)
	if err != nil {
		return nil, fmt.Errorf("list values of label %s in %s: %w", label, d.path, err)
	}
	defer func() { _ = q.Close() }()
	values, _, err := q.LabelValues(ctx, label, nil, ms...)
	if err != nil {
		return nil, fmt.Errorf("list values of label %s in %s: %w%s", label, d.path, err, damageHint)
	}
	for i := range values { // they may point into a mapped file
		values[i] = string([]byte(values[i]))
	}
	slices.Sort(values)
	return values, nil
}
