package promapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"golang.org/x/sync/errgroup"

	"github.com/burnish-sre/burnish/collector"
)

// mostPoints is how many points a request asks for of each series; servers
// refuse more than 11,000.
const mostPoints = 10_000

// Query evaluates an expression at an instant, as /api/v1/query does. A series
// has one point, or several if the expression is a range selector; a scalar is
// one series without labels.
func (c *Client) Query(ctx context.Context, expr string, at time.Time) (collector.Result, error) {
	s := &shelf{}
	said, err := c.query(ctx, instant(expr, at.UnixMilli()), func() sink {
		*s = shelf{}
		return s.series
	})
	if err != nil {
		return collector.Result{}, err
	}
	return c.result(s, said), nil
}

func instant(expr string, at int64) ask {
	return ask{
		verb: "evaluate", expr: expr, path: "/api/v1/query",
		form: url.Values{"query": {expr}, "time": {seconds(at)}, "nocache": {"1"}},
	}
}

// QueryRange evaluates an expression as /api/v1/query_range does, in as many
// requests as the server's limit on points needs; the points are those of one
// request for all. Series are in the order of their labels.
func (c *Client) QueryRange(ctx context.Context, expr string, r collector.Range) (collector.Result, error) {
	if r.Step <= 0 || r.Step%time.Millisecond != 0 {
		return collector.Result{}, fmt.Errorf("evaluate %q: the step %s is not a number of milliseconds: ask for one that is", printable(expr, shownExpr), r.Step)
	}
	if r.To.Before(r.From) {
		return collector.Result{}, fmt.Errorf("evaluate %q: the range ends at %s before it begins at %s: swap the two",
			printable(expr, shownExpr), r.To.UTC().Format(time.RFC3339), r.From.UTC().Format(time.RFC3339))
	}
	parts := split(r)
	shelves := make([]shelf, len(parts))
	spoken := make([]remarks, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.options.Concurrency)
	for i, part := range parts {
		g.Go(func() error {
			said, err := c.query(ctx, ranged(expr, part), func() sink {
				shelves[i] = shelf{}
				return shelves[i].series
			})
			spoken[i] = said
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return collector.Result{}, err
	}
	var said remarks
	whole := &shelf{}
	for i := range shelves {
		whole.append(&shelves[i])
		said.add(spoken[i])
	}
	return c.result(whole, said), nil
}

func ranged(expr string, r collector.Range) ask {
	return ask{
		verb: "evaluate", expr: expr, path: "/api/v1/query_range",
		form: url.Values{
			"query": {expr}, "step": {seconds(r.Step.Milliseconds())},
			"start": {seconds(r.From.UnixMilli())}, "end": {seconds(r.To.UnixMilli())},
			// VictoriaMetrics moves start and end to multiples of the step
			// unless told not to use its cache; others ignore this.
			"nocache": {"1"},
		},
	}
}

// split cuts a range at its own steps into ranges that servers accept.
func split(r collector.Range) []collector.Range {
	var parts []collector.Range
	last := r.To.Sub(r.From) / r.Step
	for n := time.Duration(0); n <= last; n += mostPoints {
		parts = append(parts, collector.Range{
			From: r.From.Add(n * r.Step), To: r.From.Add(min(last, n+mostPoints-1) * r.Step), Step: r.Step,
		})
	}
	return parts
}

// seconds writes milliseconds as the API takes times and durations.
func seconds(ms int64) string {
	return strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
}

// query runs a query and streams its answer into the sink that fresh makes; it
// is called again for every try.
func (c *Client) query(ctx context.Context, a ask, fresh func() sink) (remarks, error) {
	var said remarks
	err := c.do(ctx, a, func(ans *answer) error {
		var err error
		said, err = decodeQuery(ans, fresh())
		return c.told(a, ans.sent, err)
	})
	return said, err
}

// told completes an error that a server put into a 200 answer.
func (c *Client) told(a ask, sent *http.Request, err error) error {
	if api, ok := errors.AsType[*APIError](err); ok {
		api.asked = c.asked(a)
		api.Message = c.scrub(api.Message, sent)
		api.hint = "check the expression and the range"
	}
	return err
}

// result is what is on a shelf, in the order of labels. What the server remarks
// about the expression is logged; only warnings make a result doubtful.
func (c *Client) result(s *shelf, said remarks) collector.Result {
	slices.SortFunc(s.list, func(a, b collector.Series) int { return labels.Compare(a.Labels, b.Labels) })
	for _, i := range said.infos {
		c.log.Info("the server remarks", "info", i)
	}
	return collector.Result{Series: s.list, Warnings: said.warnings}
}

// shelf holds the series of an answer by their labels.
type shelf struct {
	list  []collector.Series
	index map[string]int
	buf   []byte
}

// series is a sink: samples not after the last of their series are dropped.
func (s *shelf) series(ls labels.Labels) func(int64, float64) {
	i := s.at(ls)
	return func(ts int64, v float64) {
		p := s.list[i].Points
		if n := len(p); n > 0 && ts <= p[n-1].T {
			return
		}
		s.list[i].Points = append(p, collector.Point{T: ts, V: v})
	}
}

func (s *shelf) at(ls labels.Labels) int {
	s.buf = ls.Bytes(s.buf)
	i, ok := s.index[string(s.buf)]
	if !ok {
		if s.index == nil {
			s.index = map[string]int{}
		}
		i = len(s.list)
		s.index[string(s.buf)] = i
		s.list = append(s.list, collector.Series{Labels: ls})
	}
	return i
}

// append adds a later part of the same range and empties it.
func (s *shelf) append(later *shelf) {
	for _, series := range later.list {
		if len(series.Points) == 0 {
			continue // native histograms only
		}
		i := s.at(series.Labels)
		s.list[i].Points = append(s.list[i].Points, series.Points...)
	}
	*later = shelf{}
}
