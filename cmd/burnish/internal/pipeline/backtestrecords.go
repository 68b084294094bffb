package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
)

// presenceSteps is at how many instants a source that lists no labels is asked
// for a recorded series.
const presenceSteps = 200

// checkRecords looks at the recorded series that proposed rules read. One that
// the proposed files define and the source does not hold can't be replayed: it
// would look silent. One that is recorded in another way than the files say is
// replayed on what was recorded, which is told.
func (b *backtest) checkRecords(ctx context.Context) error {
	defined := recordsByName(b.options.Records)
	if len(defined) == 0 {
		return nil
	}
	current, held, redefined := recordsByName(b.options.CurrentRecords), map[string]bool{}, map[string]bool{}
	for i := range b.pairs {
		p := &b.pairs[i]
		if p.now == nil {
			continue
		}
		for _, name := range metricsOf(p.now.Expr) {
			exprs, ok := defined[name]
			if !ok {
				continue
			}
			if err := b.lookOnce(ctx, name, held); err != nil {
				return err
			}
			if !held[name] {
				p.why[newSide] = "it reads " + name + ", which the files record and the source does not hold"
				continue
			}
			redefined[name] = redefined[name] || !slices.Equal(exprs, current[name])
		}
	}
	b.noteRedefined(redefined)
	return nil
}

// lookOnce notes whether the source holds a recorded metric, if that was not asked
// before.
func (b *backtest) lookOnce(ctx context.Context, name string, held map[string]bool) error {
	if _, asked := held[name]; asked {
		return nil
	}
	holds, err := b.holds(ctx, name)
	if err != nil {
		return fmt.Errorf("look for recorded series: %w", err)
	}
	held[name] = holds
	return nil
}

// noteRedefined tells of recorded series whose definition is not known to be the
// one that they were recorded by.
func (b *backtest) noteRedefined(redefined map[string]bool) {
	var names []string
	for name, is := range redefined {
		if is {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	b.notes = append(b.notes, fmt.Sprintf(
		"Rules that read %s were replayed on what the source recorded. Whether the files record the same is not known to be so.",
		shortList(names)))
}

// shortList names a few and counts the rest.
func shortList(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// recordsByName is the canonical expressions that make each series, sorted.
func recordsByName(records []Record) map[string][]string {
	m := &matching{texts: map[string]string{}}
	out := map[string][]string{}
	for _, r := range records {
		out[r.Name] = append(out[r.Name], m.text(r.Expr))
	}
	for _, exprs := range out {
		slices.Sort(exprs)
	}
	return out
}

// holds tells whether the source has series of a name in the window.
func (b *backtest) holds(ctx context.Context, metric string) (bool, error) {
	if lister, ok := b.src.(collector.LabelReader); ok {
		named := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, metric)}
		got, err := lister.LabelValues(ctx, model.MetricNameLabel, named, b.window)
		if !errors.Is(err, collector.ErrPresenceUnknown) {
			return len(got) > 0, err
		}
	}
	step := max(collector.DefaultEvaluation, (b.window.Duration() / presenceSteps).Truncate(collector.DefaultEvaluation))
	query := fmt.Sprintf("count(last_over_time({__name__=%q}[%s]))", metric, model.Duration(step))
	got, err := b.src.QueryRange(ctx, query, collector.Range{From: b.window.From, To: b.window.To, Step: step})
	return len(got.Series) > 0, err
}

// metricsOf are the names of the series that an expression reads, as far as its
// selectors name them.
func metricsOf(expr string) []string {
	root, err := newPromQL().ParseExpr(expr)
	if err != nil {
		return nil
	}
	var out []string
	parser.Inspect(root, func(n parser.Node, _ []parser.Node) error {
		vs, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for _, m := range vs.LabelMatchers {
			if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual {
				out = append(out, m.Value)
			}
		}
		return nil
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// newPromQL is Prometheus' parser with all that any of its feature flags allows,
// as rule files are read with.
func newPromQL() parser.Parser {
	return parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	})
}

// templatedNote names the rules whose alerts the replay can't tell apart as
// Prometheus would.
func (b *backtest) templatedNote() {
	var names []string
	for i := range b.pairs {
		for _, r := range []*noise.Rule{b.pairs[i].old, b.pairs[i].now} {
			if r != nil && len(unfilled(r)) > 0 {
				names = append(names, r.Name)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	b.notes = append(b.notes, "Labels that are filled in by queries or loops are left out, so alerts that differ in nothing else are one: "+
		shortList(slices.Compact(names))+".")
}
