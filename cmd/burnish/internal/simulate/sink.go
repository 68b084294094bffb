package simulate

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

// sink keeps what one alerting rule writes, and answers the query by which the
// rule manager restores an alert's state after a restart.
type sink struct {
	byLabels map[string]*series
}

func newSink() *sink { return &sink{byLabels: map[string]*series{}} }

// series lists what was written, in the order of its labels.
func (s *sink) series() []*series {
	out := make([]*series, 0, len(s.byLabels))
	for _, of := range s.byLabels {
		out = append(out, of)
	}
	sortSeries(out)
	return out
}

// Appender is part of storage.Appendable.
func (s *sink) Appender(context.Context) storage.Appender { return &appender{sink: s} }

// Querier is part of storage.Queryable.
func (s *sink) Querier(mint, maxt int64) (storage.Querier, error) {
	return newMemory(s.series()).Querier(mint, maxt)
}

// appender takes floats; alerting rules append nothing else.
type appender struct {
	storage.Appender
	sink *sink
}

// Append keeps a sample, or refuses one that is not newer than the last.
func (a *appender) Append(_ storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	var buf [1024]byte
	key := l.Bytes(buf[:0])
	of := a.sink.byLabels[string(key)]
	if of == nil {
		of = &series{labels: l.Copy(), times: []int64{}}
		a.sink.byLabels[string(key)] = of
	}
	if n := len(of.times); n > 0 && of.times[n-1] >= t {
		return 0, storage.ErrOutOfOrderSample
	}
	of.times = append(of.times, t)
	of.values = append(of.values, v)
	return 0, nil
}

func (*appender) Commit() error                     { return nil }
func (*appender) Rollback() error                   { return nil }
func (*appender) SetOptions(*storage.AppendOptions) {}
