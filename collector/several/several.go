// Package several reads several servers as one: a query is asked of all of them,
// and their answers are put together.
//
// Its main type is [Source]. It serves for what is asked beside stored history
// (does a metric exist, where does a value move, what carries a label). It does not
// add events up and it reads no alert history: two servers may scrape the same
// targets, so what they count must not be summed.
package several

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// Source is several sources as one. It implements collector.Source and
// collector.LabelReader.
type Source struct{ of []collector.Source }

// Of joins sources; a single one is given back as it is. There must be one.
func Of(sources ...collector.Source) collector.Source {
	if len(sources) == 1 {
		return sources[0]
	}
	return &Source{slices.Clone(sources)}
}

// Name lists the names.
func (s *Source) Name() string {
	names := make([]string, len(s.of))
	for i, one := range s.of {
		names[i] = one.Name()
	}
	return strings.Join(names, ", ")
}

// each asks all sources at once. An answer without one of them would be partial,
// so the first error is the answer.
func each[T any](ctx context.Context, of []collector.Source, ask func(context.Context, collector.Source) (T, error)) ([]T, error) {
	out := make([]T, len(of))
	work, ctx := errgroup.WithContext(ctx)
	for i, one := range of {
		work.Go(func() (err error) {
			out[i], err = ask(ctx, one)
			return err
		})
	}
	return out, work.Wait()
}

// Newest is the newest data of any of them.
func (s *Source) Newest(ctx context.Context, now time.Time) (time.Time, error) {
	all, err := each(ctx, s.of, func(ctx context.Context, one collector.Source) (time.Time, error) {
		t, err := one.Newest(ctx, now)
		if errors.Is(err, collector.ErrNoData) {
			return time.Time{}, nil
		}
		return t, err
	})
	if err != nil {
		return time.Time{}, err
	}
	newest := slices.MaxFunc(all, time.Time.Compare)
	if newest.IsZero() {
		return newest, fmt.Errorf("%w in any of %s", collector.ErrNoData, s.Name())
	}
	return newest, nil
}

// QueryRange is the series of all, in the order of the sources. Series of equal
// labels stand beside one another and are not merged.
func (s *Source) QueryRange(ctx context.Context, expr string, r collector.Range) (collector.Result, error) {
	all, err := each(ctx, s.of, func(ctx context.Context, one collector.Source) (collector.Result, error) {
		return one.QueryRange(ctx, expr, r)
	})
	if err != nil {
		return collector.Result{}, err
	}
	var out collector.Result
	for _, got := range all {
		out.Series, out.Warnings = append(out.Series, got.Series...), append(out.Warnings, got.Warnings...)
	}
	return out, nil
}

// LabelValues are the values in any of them, in order.
func (s *Source) LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error) {
	all, err := each(ctx, s.of, func(ctx context.Context, one collector.Source) ([]string, error) {
		index, ok := one.(collector.LabelReader)
		if !ok {
			return nil, collector.ErrPresenceUnknown
		}
		return index.LabelValues(ctx, label, ms, window)
	})
	if err != nil {
		return nil, err
	}
	out := slices.Concat(all...)
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Rules are those of all; a rule that several have, as the members of a pair do,
// is there once.
func (s *Source) Rules(ctx context.Context) ([]noise.Rule, error) {
	all, err := each(ctx, s.of, func(ctx context.Context, one collector.Source) ([]noise.Rule, error) { return one.Rules(ctx) })
	if err != nil {
		return nil, err
	}
	var out []noise.Rule
	seen := map[string]bool{}
	for _, r := range slices.Concat(all...) {
		key := strings.Join([]string{r.File, r.Group, r.Name, r.Expr, r.Labels.String()}, "\x00")
		if !seen[key] {
			seen[key] = true
			out = append(out, r)
		}
	}
	return out, nil
}

// Alerts fails: the alerts of several servers are gathered one by one.
func (s *Source) Alerts(context.Context, slo.Interval, *episode.Builder) (collector.AlertsInfo, error) {
	return collector.AlertsInfo{}, errors.New("read alerts of several servers at once: each has to be gathered by itself")
}

// Close closes all.
func (s *Source) Close() error {
	var errs []error
	for _, one := range s.of {
		errs = append(errs, one.Close())
	}
	return errors.Join(errs...)
}
