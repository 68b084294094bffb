package tsdbdir

import (
	"context"
	"fmt"
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
	var all []storage.Querier
	for _, r := range d.readers(mint, maxt) {
		q, err := tsdb.NewBlockQuerier(r, mint, maxt)
		if err != nil {
			return nil, fmt.Errorf("open querier: %w", err)
		}
		all = append(all, q)
	}
	return storage.NewMergeQuerier(all, nil, storage.ChainedSeriesMerge), nil
}

// chunkQuerier is the same for whole chunks.
func (d *Dir) chunkQuerier(mint, maxt int64) (storage.ChunkQuerier, error) {
	var all []storage.ChunkQuerier
	for _, r := range d.readers(mint, maxt) {
		q, err := tsdb.NewBlockChunkQuerier(r, mint, maxt)
		if err != nil {
			return nil, fmt.Errorf("open querier: %w", err)
		}
		all = append(all, q)
	}
	merge := storage.NewCompactingChunkSeriesMerger(storage.ChainedSeriesMerge)
	return storage.NewMergeChunkQuerier(all, nil, merge), nil
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
