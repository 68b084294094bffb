package tsdbdir

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// Alerts streams the alert series out of the chunks, markers included.
func (d *Dir) Alerts(ctx context.Context, window slo.Interval, into *episode.Builder) (collector.AlertsInfo, error) {
	from, to := window.From.UnixMilli(), window.To.UnixMilli()-1
	info := collector.AlertsInfo{Route: collector.RouteBlocks}
	var track *episode.Track
	err := d.chunks(ctx, span{from, to}, named(collector.AlertsSelector), func(s chunkSeries) error {
		track = into.Track(s.labels)
		return s.each(func(c chunks.Meta, it chunkenc.Iterator) error {
			info.BytesRead += int64(len(c.Chunk.Bytes()))
			return feed(track.Add, it, from, to)
		})
	})
	if err != nil {
		return info, fmt.Errorf("read alert history of %s: %w%s", d.path, err, damageHint)
	}
	return info, nil
}

// damageHint is what to do when chunks can't be read.
const damageHint = "; if a block is damaged, move its folder away or restore it, and try again"

// Raw streams the samples of all series that the matchers select; see
// collector.RawReader.
func (d *Dir) Raw(ctx context.Context, ms []*labels.Matcher, window slo.Interval, series func(labels.Labels) func(ts int64, v float64)) error {
	from, to := window.From.UnixMilli(), window.To.UnixMilli()-1
	err := d.chunks(ctx, span{from, to}, ms, func(s chunkSeries) error {
		add := series(s.labels)
		return s.each(func(_ chunks.Meta, it chunkenc.Iterator) error { return feed(add, it, from, to) })
	})
	if err != nil {
		return fmt.Errorf("read samples of %s: %w%s", d.path, err, damageHint)
	}
	return nil
}

// feed hands on the samples of a chunk that lie between from and to.
func feed(add func(ts int64, v float64), it chunkenc.Iterator, from, to int64) error {
	for vt := it.Next(); vt != chunkenc.ValNone; vt = it.Next() {
		if vt != chunkenc.ValFloat {
			continue
		}
		if ts, v := it.At(); ts >= from && ts <= to {
			add(ts, v)
		}
	}
	return it.Err()
}

// Newest is the end of the newest full minute of data that is not after now; see
// collector.Source.
func (d *Dir) Newest(ctx context.Context, now time.Time) (time.Time, error) {
	newest := int64(math.MinInt64)
	end := now.UnixMilli()
	for newest == math.MinInt64 && end > d.begin() {
		// Block by block from the end: the newest one nearly always knows.
		begin := d.beginOfLast(end)
		err := d.chunks(ctx, span{begin, end}, named(collector.LivenessSelector), func(s chunkSeries) error {
			return s.each(func(c chunks.Meta, it chunkenc.Iterator) error {
				if c.MaxTime > newest {
					newest = max(newest, lastLive(it, end))
				}
				return it.Err()
			})
		})
		if err != nil {
			return time.Time{}, fmt.Errorf("look for the newest data of %s: %w%s", d.path, err, damageHint)
		}
		end = begin - 1
	}
	if newest == math.MinInt64 {
		return time.Time{}, fmt.Errorf("%w in %s: neither up nor ALERTS has a sample", collector.ErrNoData, d.path)
	}
	return collector.WindowEnd(time.UnixMilli(newest), now), nil
}

// lastLive is the time of the last sample up to end that is no staleness marker.
func lastLive(it chunkenc.Iterator, end int64) int64 {
	last := int64(math.MinInt64)
	for vt := it.Next(); vt != chunkenc.ValNone; vt = it.Next() {
		if vt != chunkenc.ValFloat {
			continue
		}
		if ts, v := it.At(); ts <= end && !value.IsStaleNaN(v) {
			last = ts
		}
	}
	return last
}

// begin is where the data begin.
func (d *Dir) begin() int64 {
	begin := int64(math.MaxInt64)
	for _, b := range d.blocks {
		begin = min(begin, b.MinTime())
	}
	if d.head != nil {
		begin = min(begin, d.head.MinTime())
	}
	return begin
}

// beginOfLast is where the last block, or the head, that has data before end
// begins.
func (d *Dir) beginOfLast(end int64) int64 {
	if d.head != nil && d.head.MinTime() <= end && d.head.NumSeries() > 0 {
		return d.head.MinTime()
	}
	begin := int64(math.MinInt64)
	for _, b := range d.blocks {
		if b.MinTime() <= end {
			begin = max(begin, b.MinTime())
		}
	}
	return begin
}

// span is a stretch of time, both ends included, in unix milliseconds.
type span struct{ from, to int64 }

// chunkSeries is a series and its chunks; it is good until the next one.
type chunkSeries struct {
	labels labels.Labels
	series storage.ChunkSeries
}

// each calls fn with every chunk in time order.
func (s chunkSeries) each(fn func(chunks.Meta, chunkenc.Iterator) error) error {
	var samples chunkenc.Iterator
	it := s.series.Iterator(nil)
	for it.Next() {
		c := it.At()
		samples = c.Chunk.Iterator(samples)
		if err := fn(c, samples); err != nil {
			return err
		}
	}
	return it.Err()
}

// named selects metrics by a pattern of their names.
func named(pattern string) []*labels.Matcher {
	return []*labels.Matcher{labels.MustNewMatcher(labels.MatchRegexp, model.MetricNameLabel, pattern)}
}

// chunks calls fn with every series that is selected in a stretch.
func (d *Dir) chunks(ctx context.Context, s span, ms []*labels.Matcher, fn func(chunkSeries) error) error {
	q, err := d.chunkQuerier(s.from, s.to)
	if err != nil {
		return err
	}
	defer q.Close()
	set := q.Select(ctx, true, nil, ms...)
	for set.Next() {
		series := set.At()
		if err := fn(chunkSeries{series.Labels(), series}); err != nil {
			return err
		}
	}
	return set.Err()
}
