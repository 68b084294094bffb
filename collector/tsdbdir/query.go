package tsdbdir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	"github.com/burnish-sre/burnish/collector"
)

// readers is what holds data between two times, both included, in unix
// milliseconds.
func (d *Dir) readers(mint, maxt int64) []tsdb.BlockReader {
	var out []tsdb.BlockReader
	for _, b := range d.blocks {
		if b.MinTime() <= maxt && mint < b.MaxTime() {
			out = append(out, b)
		}
	}
	if d.head != nil && d.head.MinTime() <= maxt && mint <= d.head.MaxTime() {
		out = append(out, tsdb.NewRangeHead(d.head, max(mint, d.head.MinTime()), min(maxt, d.head.MaxTime())))
	}
	return out
}

// querier is a storage.QueryableFunc for the engine.
func (d *Dir) querier(mint, maxt int64) (storage.Querier, error) {
	all, err := opened(d.readers(mint, maxt), func(r tsdb.BlockReader) (storage.Querier, error) {
		return tsdb.NewBlockQuerier(r, mint, maxt)
	})
	if err != nil {
		return nil, err
	}
	return storage.NewMergeQuerier(all, nil, storage.ChainedSeriesMerge), nil
}

// chunkQuerier is the same for whole chunks.
func (d *Dir) chunkQuerier(mint, maxt int64) (storage.ChunkQuerier, error) {
	all, err := opened(d.readers(mint, maxt), func(r tsdb.BlockReader) (storage.ChunkQuerier, error) {
		return tsdb.NewBlockChunkQuerier(r, mint, maxt)
	})
	if err != nil {
		return nil, err
	}
	merge := storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)
	return storage.NewMergeChunkQuerier(all, nil, merge), nil
}

// opened opens a querier of each reader, or none: those that are open when one
// fails are closed again, else closing their blocks would wait for them forever.
func opened[Q io.Closer](readers []tsdb.BlockReader, open func(tsdb.BlockReader) (Q, error)) ([]Q, error) {
	all := make([]Q, 0, len(readers))
	for _, r := range readers {
		q, err := open(r)
		if err == nil {
			all = append(all, q)
			continue
		}
		errs := []error{fmt.Errorf("open querier: %w", err)}
		for _, done := range all {
			errs = append(errs, done.Close())
		}
		return nil, errors.Join(errs...)
	}
	return all, nil
}

// QueryRange evaluates a PromQL expression with the embedded engine.
func (d *Dir) QueryRange(ctx context.Context, expr string, r collector.Range) (collector.Result, error) {
	q, err := d.engine.NewRangeQuery(ctx, storage.QueryableFunc(d.querier), nil, expr, r.From, r.To, r.Step)
	if err != nil {
		return collector.Result{}, fmt.Errorf("parse %q: %w", expr, err)
	}
	defer q.Close()
	res := q.Exec(ctx)
	if res.Err != nil {
		return collector.Result{}, fmt.Errorf("evaluate %q over %s: %w", expr, d.path, res.Err)
	}
	m, err := res.Matrix()
	if err != nil {
		return collector.Result{}, fmt.Errorf("evaluate %q over %s: %w", expr, d.path, err)
	}
	warnings, _ := res.Warnings.AsStrings(expr, 0, 0)
	slices.Sort(warnings)
	return collector.Result{Series: copyMatrix(m), Warnings: warnings}, nil
}

// copyMatrix copies what the engine reuses once the query is closed.
func copyMatrix(m promql.Matrix) []collector.Series {
	out := make([]collector.Series, 0, len(m))
	for _, s := range m {
		points := make([]collector.Point, 0, len(s.Floats))
		for _, p := range s.Floats {
			points = append(points, collector.Point{T: p.T, V: p.F})
		}
		out = append(out, collector.Series{Labels: s.Metric.Copy(), Points: points})
	}
	return out
}
