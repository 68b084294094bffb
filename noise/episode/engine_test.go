package episode_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/episode"
	"github.com/burnish-sre/burnish/slo"
)

// scenario is one alerting rule over a few series, and what befalls the
// Prometheus that evaluates it.
type scenario struct {
	interval   time.Duration
	hold, keep time.Duration
	limit      int
	offset     time.Duration
	start      time.Time
	truth      [][]bool // by instance, by slot: is the condition true?
	events     map[int]event
	slots      int
}

type event int

const (
	calm    event = iota
	failed        // the query fails
	missed        // the slot is skipped
	restart       // the process starts anew at this slot
	down          // the process is not running
	raise         // a reload raises `for`
)

// engine runs a scenario through Prometheus' own rules package, as rules.Group's
// run loop does, and notes each alert's transitions as the engine has them.
type engine struct {
	t     *testing.T
	s     scenario
	store *store
	group *rules.Group
	rule  *rules.AlertingRule
	since int // evaluations since the process started

	open       map[string]*noise.Episode // by label set
	atStop     map[string]bool           // active when the process stopped
	atRestore  map[string]bool           // active when the restore looked
	everActive map[string]int            // evaluations since the start that found it active
	lastWrite  time.Time
	forgot     bool // the engine went over its limit since
	done       []noise.Episode
}

func (e *engine) options() *rules.ManagerOptions {
	return &rules.ManagerOptions{
		ExternalURL: &url.URL{Scheme: "http", Host: "localhost"},
		QueryFunc:   e.query, Context: context.Background(),
		Appendable: e.store, Queryable: e.store,
		NotifyFunc:      func(context.Context, string, ...*rules.Alert) {},
		Logger:          slog.New(slog.DiscardHandler),
		OutageTolerance: time.Hour, ForGracePeriod: 10 * time.Minute, ResendDelay: time.Minute,
	}
}

func (e *engine) load(hold time.Duration, restored bool) {
	expr, err := parser.NewParser(parser.Options{}).ParseExpr("m > 0")
	require.NoError(e.t, err)
	e.rule = rules.NewAlertingRule("Broken", expr, hold, e.s.keep,
		labels.FromStrings("severity", "page"), labels.EmptyLabels(), labels.EmptyLabels(), "", restored, slog.New(slog.DiscardHandler))
	always, err := parser.NewParser(parser.Options{}).ParseExpr("vector(1)")
	require.NoError(e.t, err)
	watchdog := rules.NewAlertingRule("Watchdog", always, 0, 0, labels.EmptyLabels(), labels.EmptyLabels(),
		labels.EmptyLabels(), "", restored, slog.New(slog.DiscardHandler))
	e.group = rules.NewGroup(rules.GroupOptions{
		Name: "g", File: "f", Interval: e.s.interval, Limit: e.s.limit,
		Rules: []rules.Rule{e.rule, watchdog}, ShouldRestore: !restored, Opts: e.options(), QueryOffset: &e.s.offset,
	})
}

func (e *engine) slotTime(slot int) time.Time {
	return e.s.start.Add(time.Duration(slot) * e.s.interval)
}

func (e *engine) query(_ context.Context, expr string, at time.Time) (promql.Vector, error) {
	if expr == "vector(1)" {
		return promql.Vector{{T: at.UnixMilli(), F: 1}}, nil
	}
	slot := int(at.Add(e.s.offset).Sub(e.s.start) / e.s.interval)
	if e.s.events[slot] == failed {
		return nil, errors.New("query failed")
	}
	var out promql.Vector
	for i, truth := range e.s.truth {
		if truth[slot] {
			out = append(out, promql.Sample{T: at.UnixMilli(), F: 1, Metric: labels.FromStrings("__name__", "m", "instance", fmt.Sprintf("host-%d:9100", i))})
		}
	}
	return out, nil
}

func (e *engine) run() []noise.Episode {
	e.open, e.everActive = map[string]*noise.Episode{}, map[string]int{}
	e.load(e.s.hold, true)
	e.since = 100
	for slot := range e.s.slots {
		switch e.s.events[slot] {
		case missed:
			continue
		case down:
			e.stop()
			continue
		case restart:
			e.stop()
			e.load(e.s.hold, false)
			e.since, e.everActive = 0, map[string]int{}
		case raise:
			old := e.group
			e.s.hold += 3 * e.s.interval
			e.load(e.s.hold, true)
			e.group.CopyState(old)
		}
		e.evaluate(slot)
	}
	for _, ep := range e.open {
		if silent := e.slotTime(e.s.slots - 1).Sub(e.lastWrite); silent >= 2*e.s.interval {
			e.lose(ep, e.lastWrite.Add(e.s.interval))
			continue
		}
		e.done = append(e.done, *ep)
	}
	return e.done
}

func (e *engine) stop() {
	if e.atStop == nil {
		e.atStop = map[string]bool{}
		for key := range e.open {
			e.atStop[key] = true
		}
	}
}

// evaluate does what rules.Group's run loop does at a slot: the second
// evaluation after a start is followed by the restore.
func (e *engine) evaluate(slot int) {
	at := e.slotTime(slot)
	e.group.Eval(context.Background(), at)
	e.since++
	active := map[string]*rules.Alert{}
	for _, a := range e.rule.ActiveAlerts() {
		active[a.Labels.String()] = a
	}
	for key := range active {
		e.everActive[key]++
	}
	switch {
	case e.since < 2:
		return
	case e.since == 2:
		e.group.RestoreForState(at.Add(300 * time.Millisecond))
		e.atRestore = map[string]bool{}
		for key := range active {
			e.atRestore[key] = true
		}
		return
	case e.since == 3:
		e.afterRestart(at, active)
	}
	if e.rule.LastError() != nil {
		// Over its limit the engine forgets all alerts and writes nothing.
		e.forgot = e.forgot || e.s.events[slot] != failed
		return
	}
	if e.forgot {
		e.forget(active)
	}
	e.follow(at, active)
	e.lastWrite = at
}

// afterRestart ends, as lost, what the new process does not carry on: it carries
// on what it found active from its first evaluation on, and what it restored.
func (e *engine) afterRestart(at time.Time, active map[string]*rules.Alert) {
	short := at.Sub(e.lastWrite) <= time.Hour
	for key := range e.atStop {
		ep := e.open[key]
		a := active[key]
		goesOn := a != nil && short && (e.everActive[key] == 3 || e.s.hold >= 10*time.Minute && e.atRestore[key])
		if goesOn {
			continue
		}
		e.lose(ep, e.lastWrite.Add(e.s.interval))
		delete(e.open, key)
	}
	e.atStop = nil
}

func (e *engine) lose(ep *noise.Episode, at time.Time) {
	ep.ResolvedAt, ep.Certainty.Resolved = at, noise.EdgeLost
	e.done = append(e.done, *ep)
}

// forget ends, as lost, the alerts that were forgotten and are active anew. One
// that is not ends in the ordinary way, now that somebody looks again.
func (e *engine) forget(active map[string]*rules.Alert) {
	for key, ep := range e.open {
		if active[key] != nil {
			e.lose(ep, e.lastWrite.Add(e.s.interval))
			delete(e.open, key)
		}
	}
	e.forgot = false
}

func (e *engine) follow(at time.Time, active map[string]*rules.Alert) {
	for key, ep := range e.open {
		if active[key] == nil {
			ep.ResolvedAt = at
			e.done = append(e.done, *ep)
			delete(e.open, key)
		}
	}
	for key, a := range active {
		ep := e.open[key]
		if ep == nil {
			ep = &noise.Episode{Rule: "Broken", Labels: labels.NewBuilder(a.Labels).Del(labels.AlertName).Labels(), ActiveAt: a.ActiveAt}
			e.open[key] = ep
		}
		if a.State == rules.StateFiring && ep.FiredAt.IsZero() {
			ep.FiredAt = a.FiredAt
		}
	}
}

// store keeps what the rules package appends, and answers its restore queries.
type store struct {
	series map[string]*stored
	order  []*stored
}

type stored struct {
	labels labels.Labels
	points []promql.FPoint
}

func (s *store) Appender(context.Context) storage.Appender { return (*appender)(s) }

type appender store

func (a *appender) Append(_ storage.SeriesRef, l labels.Labels, t int64, v float64) (storage.SeriesRef, error) {
	s := a.series[l.String()]
	if s == nil {
		s = &stored{labels: l.Copy()}
		a.series[l.String()] = s
		a.order = append(a.order, s)
	}
	if n := len(s.points); n > 0 && s.points[n-1].T >= t {
		return 0, storage.ErrOutOfOrderSample
	}
	s.points = append(s.points, promql.FPoint{T: t, F: v})
	return 0, nil
}

func (*appender) Commit() error                     { return nil }
func (*appender) Rollback() error                   { return nil }
func (*appender) SetOptions(*storage.AppendOptions) {}
func (*appender) AppendExemplar(storage.SeriesRef, labels.Labels, exemplar.Exemplar) (storage.SeriesRef, error) {
	return 0, nil
}

func (*appender) AppendHistogram(storage.SeriesRef, labels.Labels, int64, *histogram.Histogram, *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return 0, nil
}

func (*appender) AppendHistogramSTZeroSample(storage.SeriesRef, labels.Labels, int64, int64, *histogram.Histogram, *histogram.FloatHistogram) (storage.SeriesRef, error) {
	return 0, nil
}

func (*appender) AppendSTZeroSample(storage.SeriesRef, labels.Labels, int64, int64) (storage.SeriesRef, error) {
	return 0, nil
}

func (*appender) UpdateMetadata(storage.SeriesRef, labels.Labels, metadata.Metadata) (storage.SeriesRef, error) {
	return 0, nil
}

func (s *store) Querier(mint, maxt int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
		var out []storage.Series
		for _, st := range s.order {
			if slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(st.labels.Get(m.Name)) }) {
				continue
			}
			var in []chunks.Sample
			for _, p := range st.points {
				if p.T >= mint && p.T <= maxt {
					in = append(in, sample{p})
				}
			}
			if len(in) > 0 {
				out = append(out, storage.NewListSeries(st.labels, in))
			}
		}
		return &seriesSet{series: out}
	}}, nil
}

type seriesSet struct {
	series []storage.Series
	next   int
}

func (s *seriesSet) Next() bool                      { s.next++; return s.next <= len(s.series) }
func (s *seriesSet) At() storage.Series              { return s.series[s.next-1] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// sample is a point as storage.NewListSeries takes it.
type sample struct{ promql.FPoint }

func (s sample) T() int64                    { return s.FPoint.T }
func (s sample) ST() int64                   { return 0 }
func (s sample) F() float64                  { return s.FPoint.F }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }

// randomScenario draws a rule, the truth about its series, and mishaps.
func randomScenario(rng *rand.Rand, mishaps bool) scenario {
	intervals := []time.Duration{15 * time.Second, 30 * time.Second, time.Minute}
	s := scenario{
		interval: intervals[rng.IntN(len(intervals))],
		start:    time.UnixMilli(1_700_000_000_000 + rng.Int64N(60_000)).UTC(),
		slots:    200 + rng.IntN(300), events: map[int]event{},
	}
	holds := []time.Duration{0, s.interval / 2, s.interval, 3 * s.interval, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute}
	keeps := []time.Duration{0, 0, s.interval / 3, 2 * s.interval, 10 * time.Minute}
	s.hold, s.keep = holds[rng.IntN(len(holds))], keeps[rng.IntN(len(keeps))]
	if rng.IntN(4) == 0 {
		s.offset = time.Duration(1+rng.IntN(90)) * time.Second
	}
	for range 1 + rng.IntN(4) {
		s.truth = append(s.truth, telegraph(rng, s.slots))
	}
	if mishaps {
		s.strike(rng)
	}
	return s
}

// telegraph is a random condition that stays true or false for random spells.
func telegraph(rng *rand.Rand, slots int) []bool {
	out := make([]bool, 0, slots)
	mean := []float64{1.5, 6, 30}[rng.IntN(3)]
	for on := rng.IntN(2) == 0; len(out) < slots; on = !on {
		for range min(slots-len(out), 1+int(rng.ExpFloat64()*mean)) {
			out = append(out, on)
		}
	}
	return out
}

// strike lets mishaps befall the scenario, far enough apart to be told apart. A
// rule that goes over its limit is not also restarted: what the limit made the
// engine forget, the restore would bring back. Nor is one whose `for` is raised,
// since then a restart has two readings that no sample tells apart.
func (s *scenario) strike(rng *rand.Rand) {
	if rng.IntN(4) == 0 && len(s.truth) > 2 {
		s.limit = len(s.truth) - 1
	}
	raises := rng.IntN(4) == 0
	for slot := 10; slot < s.slots-12; slot += 8 + rng.IntN(25) {
		switch rng.IntN(6) {
		case 0:
			for k := range 1 + rng.IntN(4) {
				s.events[slot+k] = failed
			}
		case 1:
			for k := range 1 + rng.IntN(4) {
				s.events[slot+k] = missed
			}
		case 2, 3:
			if s.limit > 0 || raises {
				continue
			}
			gone := rng.IntN(6)
			if rng.IntN(8) == 0 {
				gone = int(90 * time.Minute / s.interval)
			}
			if slot+gone+4 >= s.slots {
				continue
			}
			for k := range gone {
				s.events[slot+k] = down
			}
			s.events[slot+gone] = restart
			slot += gone
		case 4:
			if raises {
				s.events[slot] = raise
			}
		}
	}
}

func (s scenario) window() slo.Interval {
	return slo.Interval{From: s.start.Add(-time.Hour), To: s.start.Add(time.Duration(s.slots-1)*s.interval - s.offset + time.Millisecond)}
}

// extract feeds what the engine wrote to a builder, with or without markers.
func extract(s scenario, st *store, markers bool) []noise.Episode {
	var b episode.Builder
	for _, series := range st.order {
		track := b.Track(series.labels)
		for _, p := range series.points {
			if markers || !value.IsStaleNaN(p.F) {
				track.Add(p.T, p.F)
			}
		}
	}
	var known []noise.Rule
	if !slices.Contains(slices.Collect(maps.Values(s.events)), raise) {
		known = []noise.Rule{{Name: "Broken", For: s.hold}}
	}
	all := b.Episodes(episode.Options{Window: s.window(), Markers: markers, Rules: known})
	return slices.DeleteFunc(all, func(e noise.Episode) bool { return e.Rule == "Watchdog" })
}

// TestEpisodesEqualTheEnginesTransitions evaluates random rules over random
// series with Prometheus' own rules package, extracts episodes from the samples
// that it wrote, and compares them with the engine's own states.
func TestEpisodesEqualTheEnginesTransitions(t *testing.T) {
	for seed := range uint64(600) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := randomScenario(rng, seed%3 != 0)
		st := &store{series: map[string]*stored{}}
		e := &engine{t: t, s: s, store: st}
		want := e.run()
		got := extract(s, st, true)
		if !compareEpisodes(t, s, want, got) {
			t.Fatalf("seed %d: interval %s for %s keep %s limit %d offset %s events %v", seed, s.interval, s.hold, s.keep, s.limit, s.offset, s.events)
		}
	}
}

func compareEpisodes(t *testing.T, s scenario, want, got []noise.Episode) bool {
	order := func(a, b noise.Episode) int {
		if c := labels.Compare(a.Labels, b.Labels); c != 0 {
			return c
		}
		return a.ActiveAt.Compare(b.ActiveAt)
	}
	slices.SortFunc(want, order)
	slices.SortFunc(got, order)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || !same(want[i], got[i]) {
			t.Errorf("episode %d of %d (extracted %d)", i, len(want), len(got))
			for k := max(0, i-1); k < min(i+3, max(len(want), len(got))); k++ {
				if k < len(want) {
					t.Logf("engine    %s", show(s, want[k]))
				}
				if k < len(got) {
					t.Logf("extracted %s", show(s, got[k]))
				}
			}
			return false
		}
	}
	return true
}

func same(want, got noise.Episode) bool {
	if want.Certainty.Resolved == noise.EdgeLost {
		if got.Certainty.Resolved != noise.EdgeLost {
			return false
		}
		want.ResolvedAt = got.ResolvedAt
	}
	if got.Certainty.Fired == noise.EdgeWithinGap && !want.FiredAt.IsZero() && !want.FiredAt.After(got.FiredAt) {
		want.FiredAt = got.FiredAt
	}
	return labels.Equal(want.Labels, got.Labels) && near(want.ActiveAt, got.ActiveAt) &&
		want.FiredAt.Equal(got.FiredAt) && want.ResolvedAt.Equal(got.ResolvedAt)
}

// near allows for ALERTS_FOR_STATE's whole seconds where a restore has moved
// the activity off the evaluation grid.
func near(a, b time.Time) bool {
	return math.Abs(a.Sub(b).Seconds()) < 1
}

func show(s scenario, e noise.Episode) string {
	at := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return fmt.Sprintf("%.3f", float64(t.Sub(s.start))/float64(s.interval))
	}
	return fmt.Sprintf("%s active %s fired %s resolved %s %+v", e.Labels.Get("instance"), at(e.ActiveAt), at(e.FiredAt), at(e.ResolvedAt), e.Certainty)
}
