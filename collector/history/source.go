package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// ErrNoMetrics: the store holds no metrics, so that PromQL can't be evaluated.
var ErrNoMetrics = errors.New("the history store holds no metrics; name the server as well (--prometheus.url or --tsdb.path)")

// noMetricsWarning says what a reader of a store alone can't tell.
const noMetricsWarning = "read from the history store alone: what needs metrics is left out (dead rules, operating ranges, near misses, deploys); name the server as well for these"

// SourceOptions say how a store is read.
type SourceOptions struct {
	// Source is whose history is read, by the name it was committed under; empty
	// takes all that the store holds.
	Source string
	// Behind answers what the store can't: PromQL, labels, and SLOs that it does
	// not know. Nil: nobody does. It is closed with the source.
	Behind collector.Source
	// Labels lists labels in place of Behind; nil leaves it to that.
	Labels collector.LabelReader
}

// Source reads a store as if it were the servers that it was filled from. It
// implements collector.Source, collector.HistoryReader and collector.StepsReader.
type Source struct {
	store   *Store
	o       SourceOptions
	sources []storedSource
}

// storedSource is what the store knows of a source as a whole.
type storedSource struct {
	id               int64
	name             string
	route            collector.Route
	reach            slo.Interval
	readFrom, readTo time.Time
	healthKnown      bool
}

// NewSource reads a store, which stays open when the source is closed. A source
// that the store does not know is collector.ErrNoData.
func NewSource(ctx context.Context, store *Store, o SourceOptions) (*Source, error) {
	s := &Source{store: store, o: o}
	err := store.each(ctx, func(rows *sql.Rows) error {
		got, err := scanSource(rows)
		s.sources = append(s.sources, got)
		return err
	}, `SELECT id, name, route, reach_from, reach_to, read_from, read_to, health_known FROM sources
		WHERE (? = '' OR name = ?) AND (read_to IS NOT NULL OR EXISTS (SELECT 1 FROM episodes WHERE source_id = sources.id)) ORDER BY name`,
		plain(o.Source), plain(o.Source))
	if err != nil {
		return nil, store.fail("list sources", err)
	}
	if len(s.sources) == 0 {
		return nil, fmt.Errorf("%w: %s holds no alert history%s; fill it with `burnish history backfill`", collector.ErrNoData, store.Name(), of(o.Source))
	}
	return s, nil
}

func of(source string) string {
	if source == "" {
		return ""
	}
	return " of " + source
}

func scanSource(rows *sql.Rows) (out storedSource, err error) {
	var from, to, readFrom, readTo *int64
	var health int64
	var route string
	err = rows.Scan(&out.id, &out.name, &route, &from, &to, &readFrom, &readTo, &health)
	out.route, out.healthKnown = collector.Route(route), health != 0
	out.reach = slo.Interval{From: instant(from), To: instant(to)}
	out.readFrom, out.readTo = instant(readFrom), instant(readTo)
	return out, err
}

// Name is that of the server where the store holds one server's history, and else
// that of the store.
func (s *Source) Name() string {
	if len(s.sources) == 1 {
		return s.sources[0].name
	}
	return s.store.Name()
}

// Newest is where the history ends.
func (s *Source) Newest(ctx context.Context, now time.Time) (time.Time, error) {
	var newest time.Time
	for _, source := range s.sources {
		if source.readTo.After(newest) {
			newest = source.readTo
		}
	}
	if newest.IsZero() { // nothing but imports
		err := s.store.each(ctx, func(rows *sql.Rows) error {
			var ms *int64
			err := rows.Scan(&ms)
			newest = instant(ms)
			return err
		}, "SELECT max(seen_to) FROM episodes WHERE source_id IN ("+marks(len(s.sources))+")", s.ids()...)
		if err != nil {
			return newest, s.store.fail("ask for the newest episode", err)
		}
	}
	if newest.After(now) && !now.IsZero() {
		newest = now.UTC().Truncate(time.Minute)
	}
	return newest, nil
}

func marks(n int) string { return strings.Repeat(",?", n)[1:] }

func (s *Source) ids() []any {
	out := make([]any, len(s.sources))
	for i, source := range s.sources {
		out[i] = source.id
	}
	return out
}

// QueryRange is answered by the server behind, or fails with ErrNoMetrics.
func (s *Source) QueryRange(ctx context.Context, expr string, r collector.Range) (collector.Result, error) {
	if s.o.Behind == nil {
		return collector.Result{}, ErrNoMetrics
	}
	return s.o.Behind.QueryRange(ctx, expr, r)
}

// LabelValues is answered by the server behind, or fails with
// collector.ErrPresenceUnknown.
func (s *Source) LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error) {
	index, ok := s.o.Labels, s.o.Labels != nil
	if !ok {
		index, ok = s.o.Behind.(collector.LabelReader)
	}
	if !ok {
		return nil, collector.ErrPresenceUnknown
	}
	return index.LabelValues(ctx, label, ms, window)
}

// Rules are those that were in force last.
func (s *Source) Rules(ctx context.Context) ([]noise.Rule, error) {
	rules, known, err := s.rulesAt(ctx, time.UnixMilli(mostMillis))
	if err == nil && !known {
		err = fmt.Errorf("list rules of %s: %w", s.store.Name(), collector.ErrRulesUnknown)
	}
	return rules, err
}

// rulesAt are the rules of all sources that were in force at an instant.
func (s *Source) rulesAt(ctx context.Context, at time.Time) (rules []noise.Rule, known bool, err error) {
	for _, source := range s.sources {
		got, ok, err := s.store.rules(ctx, source.id, at)
		if err != nil {
			return nil, false, s.store.fail("read rules", err)
		}
		known = known || ok
		rules = append(rules, got...)
	}
	return rules, known, nil
}

// Alerts fails: the store holds episodes, not samples; ask for History.
func (s *Source) Alerts(context.Context, slo.Interval, *episode.Builder) (collector.AlertsInfo, error) {
	return collector.AlertsInfo{}, errors.New("read alerts: the history store holds episodes, not samples")
}

// SLISteps are the events of an SLO; the server behind counts those that the store
// does not know at all.
func (s *Source) SLISteps(ctx context.Context, o slo.SLO, window slo.Interval) ([]collector.SLISteps, []string, error) {
	steps, err := s.store.Increments(ctx, s.o.Source, o.ID(), window)
	if err != nil || len(steps) > 0 || s.o.Behind == nil {
		return steps, nil, err
	}
	return collector.ReadSLI(ctx, s.o.Behind, o, window)
}

// Close closes the server behind, not the store.
func (s *Source) Close() error {
	if s.o.Behind == nil {
		return nil
	}
	return s.o.Behind.Close()
}

// History is what the store knows of a window, as a reading of that window alone
// would show it.
func (s *Source) History(ctx context.Context, window slo.Interval) (collector.Recorded, error) {
	out := collector.Recorded{History: noise.History{Window: window, HealthKnown: true, Markers: true}}
	var err error
	if out.Rules, out.RulesKnown, err = s.rulesAt(ctx, window.To); err != nil {
		return out, err
	}
	for _, source := range s.sources {
		if source.route != "" {
			out.Info.Route = source.route
		}
		out.Markers = out.Markers && source.route.Markers()
		out.HealthKnown = out.HealthKnown && source.healthKnown
	}
	if out.Spells, err = s.spells(ctx, window); err != nil {
		return out, s.store.fail("read spells", err)
	}
	if s.o.Behind == nil {
		out.Info.Warnings = append(out.Info.Warnings, noMetricsWarning)
	}
	c := clipper{window: window, index: noise.NewRuleIndex(out.Rules), rules: out.Rules}
	if out.HealthKnown {
		c.spells = append([]noise.Spell{}, out.Spells...)
	}
	for e, err := range s.store.Episodes(ctx, Query{Window: window, Source: s.o.Source}) {
		if err != nil {
			return out, err
		}
		if clipped, ok := c.clip(e); ok {
			out.Episodes = append(out.Episodes, clipped)
		}
	}
	out.Reach = c.reach.Intersect(s.reach(window))
	slices.SortFunc(out.Episodes, noise.Compare)
	return out, nil
}

// reach is from the first to the last alert sample of the sources.
func (s *Source) reach(window slo.Interval) slo.Interval {
	var out slo.Interval
	for _, source := range s.sources {
		if source.reach.Empty() {
			return window // imports do not tell
		}
		if out.Empty() || source.reach.From.Before(out.From) {
			out.From = source.reach.From
		}
		if source.reach.To.After(out.To) {
			out.To = source.reach.To
		}
	}
	return out
}

func (s *Source) spells(ctx context.Context, window slo.Interval) ([]noise.Spell, error) {
	var out []noise.Spell
	err := s.store.each(ctx, func(rows *sql.Rows) error {
		spell, err := scanSpell(rows)
		out = append(out, spell)
		return err
	}, "SELECT from_at, to_at, kind, rule_group FROM spells WHERE source_id IN ("+marks(len(s.sources))+") AND to_at > ? AND from_at < ? ORDER BY from_at, kind, rule_group",
		append(s.ids(), window.From.UnixMilli(), window.To.UnixMilli())...)
	return out, err
}
