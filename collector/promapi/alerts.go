package promapi

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// alertSelector picks what the rule engine writes about alerts.
const alertSelector = `{__name__=~"ALERTS|ALERTS_FOR_STATE"}`

// window is a half-open stretch of unix milliseconds.
type window struct{ from, to int64 }

func (w window) empty() bool { return w.from >= w.to }

// intake passes on the samples that lie in a window and counts them. It is used
// by one goroutine at a time.
type intake struct {
	window
	open    sink
	samples int64
	bytes   atomic.Int64
}

// series is a sink for what a server sends. A repeated or overlapping read does no harm: a track takes
// no sample that is not after its last, so a read that broke half way is simply
// begun again, and the samples that came before the break are taken once.
func (t *intake) series(ls labels.Labels) func(int64, float64) {
	put := t.open(ls)
	return func(ts int64, v float64) {
		if ts < t.from || ts >= t.to {
			return
		}
		t.samples++
		put(ts, v)
	}
}

// Alerts streams the alert history of a window into a builder: over remote read,
// where the options allow it and the server has it, else over the query API.
// After an error the builder may hold a part of the history.
func (c *Client) Alerts(ctx context.Context, w slo.Interval, into *episode.Builder) (collector.AlertsInfo, error) {
	t := &intake{
		window: window{from: max(0, ceilMilli(w.From)), to: ceilMilli(w.To)},
		open:   func(ls labels.Labels) func(int64, float64) { return into.Track(ls).Add },
	}
	return c.alerts(ctx, t)
}

func (c *Client) alerts(ctx context.Context, t *intake) (collector.AlertsInfo, error) {
	if c.options.RemoteRead != RemoteReadOff {
		info, err := c.alertsByRemoteRead(ctx, t)
		if err == nil || c.options.RemoteRead == RemoteReadOn || !c.mayFallBack(ctx, t, err) {
			return info, err
		}
		c.log.InfoContext(ctx, "remote read does not work here, using the query API", "because", err)
	}
	return c.alertsByQuery(ctx, t)
}

// ceilMilli is the first millisecond that is not before an instant.
func ceilMilli(at time.Time) int64 {
	ms := at.UnixMilli()
	if time.UnixMilli(ms).Before(at) {
		ms++
	}
	return ms
}

// mayFallBack tells whether the query API may know what remote read failed to
// tell. Once samples were taken it is too late: the two routes might not name
// the series alike.
func (c *Client) mayFallBack(ctx context.Context, t *intake, err error) bool {
	if ctx.Err() != nil || t.samples > 0 {
		return false
	}
	refused := []int{
		http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed,
		http.StatusNotAcceptable, http.StatusUnsupportedMediaType, http.StatusNotImplemented,
	}
	return slices.Contains(refused, statusOf(err)) ||
		errors.Is(err, errEncoding) || isNoAPI(err)
}
