package several_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/several"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// server is a source that answers as it is told.
type server struct {
	name   string
	newest time.Time
	err    error
	rules  []noise.Rule
	values []string
	closed bool
}

func (s *server) Name() string { return s.name }

func (s *server) Newest(context.Context, time.Time) (time.Time, error) { return s.newest, s.err }

func (s *server) QueryRange(context.Context, string, collector.Range) (collector.Result, error) {
	return collector.Result{Series: []collector.Series{{Labels: labels.FromStrings("from", s.name)}}, Warnings: []string{s.name + " warns"}}, s.err
}

func (s *server) Rules(context.Context) ([]noise.Rule, error) { return s.rules, s.err }

func (s *server) Alerts(context.Context, slo.Interval, *episode.Builder) (collector.AlertsInfo, error) {
	return collector.AlertsInfo{}, s.err
}

func (s *server) LabelValues(context.Context, string, []*labels.Matcher, slo.Interval) ([]string, error) {
	return s.values, s.err
}

func (s *server) Close() error { s.closed = true; return nil }

func at(hour int) time.Time { return time.Date(2026, 11, 21, hour, 0, 0, 0, time.UTC) }

func TestOneSourceStaysAsItIs(t *testing.T) {
	one := &server{name: "west"}
	assert.Same(t, one, several.Of(one))
}

func TestAnswersArePutTogether(t *testing.T) {
	shared, own := noise.Rule{Name: "Down", Expr: "up == 0"}, noise.Rule{Name: "Slow", Expr: "x > 1"}
	west := &server{name: "west", newest: at(3), rules: []noise.Rule{shared}, values: []string{"api", "web"}}
	east := &server{name: "east", newest: at(5), rules: []noise.Rule{shared, own}, values: []string{"api", "db"}}
	s := several.Of(west, east)
	assert.Equal(t, "west, east", s.Name())

	newest, err := s.Newest(t.Context(), at(9))
	require.NoError(t, err)
	assert.Equal(t, at(5), newest)

	got, err := s.QueryRange(t.Context(), "x", collector.Range{})
	require.NoError(t, err)
	require.Len(t, got.Series, 2)
	assert.Equal(t, "east", got.Series[1].Labels.Get("from"))
	assert.Equal(t, []string{"west warns", "east warns"}, got.Warnings)

	rules, err := s.Rules(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []noise.Rule{shared, own}, rules, "the rule of both counts once")

	values, err := s.(collector.LabelReader).LabelValues(t.Context(), "job", nil, slo.Interval{})
	require.NoError(t, err)
	assert.Equal(t, []string{"api", "db", "web"}, values)

	require.NoError(t, s.Close())
	assert.True(t, west.closed && east.closed)
}

func TestAPartialAnswerIsNoAnswer(t *testing.T) {
	s := several.Of(&server{name: "west", newest: at(3)}, &server{name: "east", err: assert.AnError})
	_, err := s.QueryRange(t.Context(), "x", collector.Range{})
	require.ErrorIs(t, err, assert.AnError)
	_, err = s.Rules(t.Context())
	require.ErrorIs(t, err, assert.AnError)
	_, err = s.Newest(t.Context(), at(9))
	require.ErrorIs(t, err, assert.AnError)
}

func TestASourceWithoutDataDoesNotHideTheOthers(t *testing.T) {
	s := several.Of(&server{name: "new", err: collector.ErrNoData}, &server{name: "west", newest: at(3)})
	newest, err := s.Newest(t.Context(), at(9))
	require.NoError(t, err)
	assert.Equal(t, at(3), newest)
	_, err = several.Of(&server{err: collector.ErrNoData}, &server{err: collector.ErrNoData}).Newest(t.Context(), at(9))
	assert.ErrorIs(t, err, collector.ErrNoData)
}
