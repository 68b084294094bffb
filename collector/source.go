package collector

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// Errors that callers branch on; adapters wrap them with what was asked of whom.
var (
	// ErrRulesUnknown: the source can't list the rules in force (a data
	// directory, or a server without the rules API).
	ErrRulesUnknown = errors.New("the source does not list rules")
	// ErrNoData: the source holds no sample at all that could be asked for.
	ErrNoData = errors.New("no data")
)

// Source is one place that knows metrics and alert history. All times are UTC;
// intervals are half-open. Implementations are safe for concurrent use, retry
// what is worth retrying, and put no credential in a name or an error.
type Source interface {
	// Name is how the source is shown to people: a URL without credentials, or
	// a path.
	Name() string
	// Newest is the end of the newest full minute of data that is not after
	// now: a fresh source answers with now's own last full minute but one, so
	// that evaluations under way are left out. It is ErrNoData where the
	// source is empty.
	Newest(ctx context.Context, now time.Time) (time.Time, error)
	// QueryRange evaluates a PromQL expression as /api/v1/query_range does,
	// with both ends of the range included.
	QueryRange(ctx context.Context, expr string, r Range) (Result, error)
	// Rules lists the alerting rules in force, or fails with ErrRulesUnknown.
	Rules(ctx context.Context) ([]noise.Rule, error)
	// Alerts streams the samples of ALERTS and ALERTS_FOR_STATE whose time is
	// in the window into the builder, in time order within each series.
	Alerts(ctx context.Context, window slo.Interval, into *episode.Builder) (AlertsInfo, error)
	// Close releases what the source holds.
	Close() error
}

// LabelReader is a source that can list the values of a label from its index,
// without reading a sample.
type LabelReader interface {
	// LabelValues lists, in order, the values that a label has in the series
	// that all matchers select, or in all series without any, and that may have
	// samples in the window: an index knows that only by the hour or the block.
	LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error)
}

// Range is the steps of a range query: From, From+Step, ... up to and with To.
type Range struct {
	From, To time.Time
	Step     time.Duration
}

// Result is the answer of a range query. Warnings are the server's own words;
// a result with warnings may be partial and is never taken as complete.
type Result struct {
	Series   []Series
	Warnings []string
}

// Series is one series of a range query; native histograms are left out.
type Series struct {
	Labels labels.Labels
	Points []Point
}

// Point is a value at a time in unix milliseconds.
type Point struct {
	T int64
	V float64
}

// AlertsInfo says by which route alert history was read and what that route
// can know.
type AlertsInfo struct {
	Route    Route
	Warnings []string
	// BytesRead is what came over the wire or from chunks; 0 where unknown.
	BytesRead int64
}

// Route is a way to the samples of an alert series.
type Route string

// The routes, from the one that knows most to the one that knows least.
const (
	// RouteBlocks reads the chunks of a data directory.
	RouteBlocks Route = "blocks"
	// RouteRemoteRead streams chunks over Prometheus' remote read.
	RouteRemoteRead Route = "remote_read"
	// RouteQuery asks instant queries with a range selector: sample times are
	// exact, staleness markers are not shown.
	RouteQuery Route = "query"
)

// Markers tells whether the route shows staleness markers.
func (r Route) Markers() bool { return r == RouteBlocks || r == RouteRemoteRead }

// Metric name patterns that every adapter asks for.
const (
	// AlertsSelector matches the series that the rule engine writes of alerts.
	AlertsSelector = "ALERTS|ALERTS_FOR_STATE"
	// LivenessSelector matches what any living Prometheus keeps writing.
	LivenessSelector = "up|ALERTS|ALERTS_FOR_STATE"
)

// fresh is how old the newest sample of a living source may be.
const fresh = 15 * time.Minute

// WindowEnd is where a window over data ends whose newest sample is given: the
// minute after that sample, or, for a source that is still being written, the
// last full minute before now but one, since evaluations may be under way.
func WindowEnd(newest, now time.Time) time.Time {
	if now.Sub(newest) <= fresh {
		return now.UTC().Truncate(time.Minute).Add(-time.Minute)
	}
	return newest.UTC().Truncate(time.Minute).Add(time.Minute)
}
