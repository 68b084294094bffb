package truth

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// cast is the alerts of a window, by rule.
type cast struct {
	window span
	rows   []row   // by key
	alerts []alert // by rule, then labels
}

// row is one rule, as a summary would list it.
type row struct {
	noise.RuleKey
	line   int
	alerts []int32         // those that were active, ascending
	texts  []labels.Labels // where none was: what its text says of its labels
}

// alert is one label set of a rule.
type alert struct {
	row    int32
	name   string
	labels labels.Labels
	fired  []firing // that touch the window, by start
}

// firing is one episode that fired. Times are in unix milliseconds.
type firing struct {
	*noise.Episode
	span        // clipped to the window
	fired int64 // as recorded, which may be before the window
	began int64 // it fired no earlier than this
}

// end is when the firing was over; ok is false where nobody saw.
func (f *firing) end() (ms int64, ok bool) {
	switch f.Certainty.Resolved {
	case noise.EdgeExact, noise.EdgeWithinInterval, noise.EdgeUnsaid:
		return f.ResolvedAt.UnixMilli(), !f.Open()
	}
	return 0, false
}

// isCut tells whether it fired on beyond what was seen.
func (f *firing) isCut() bool {
	return f.Open() || f.Certainty.Resolved == noise.EdgeCut || f.Certainty.Resolved == noise.EdgeOpen
}

func newCast(h noise.History, window span) *cast {
	b := &caster{
		cast:  cast{window: window},
		known: h.RulesKnown && len(h.Rules) > 0,
		rowOf: map[noise.RuleKey]int32{},
	}
	if b.known {
		b.rules = sortedRules(h.Rules)
		b.index, b.touched = noise.NewRuleIndex(b.rules), make([]bool, len(b.rules))
	}
	for i := range h.Episodes {
		b.add(&h.Episodes[i])
	}
	b.addSilent()
	b.sort()
	return &b.cast
}

// sortedRules is the rules in an order that does not depend on the source's.
func sortedRules(rules []noise.Rule) []noise.Rule {
	return slices.SortedStableFunc(slices.Values(rules), func(a, b noise.Rule) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Group, b.Group), cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Name, b.Name), labels.Compare(a.Labels, b.Labels), cmp.Compare(a.Expr, b.Expr),
		)
	})
}

// caster gathers a cast. Its rows are those of noise.Summarize.
type caster struct {
	cast
	known   bool
	rules   []noise.Rule
	index   *noise.RuleIndex
	touched []bool
	rowOf   map[noise.RuleKey]int32
	table   noise.AlertTable
}

// add takes the next episode, in any order.
func (b *caster) add(e *noise.Episode) {
	if e.ActiveAt.UnixMilli() >= b.window.to || (!e.Open() && e.ResolvedAt.UnixMilli() <= b.window.from) {
		return
	}
	a := &b.alerts[b.alert(e)]
	if !e.Fired() || e.FiredAt.UnixMilli() >= b.window.to {
		return
	}
	f := firing{Episode: e, span: span{e.FiredAt.UnixMilli(), b.window.to}, fired: e.FiredAt.UnixMilli()}
	f.began = f.fired
	if e.Certainty.Fired == noise.EdgeCut {
		f.began = min(f.fired, e.ActiveAt.UnixMilli())
	}
	if !e.Open() {
		f.to = e.ResolvedAt.UnixMilli()
	}
	f.span = f.clip(b.window)
	a.fired = append(a.fired, f)
}

// alert is the place of the episode's alert, entered at first sight.
func (b *caster) alert(e *noise.Episode) int32 {
	id, isNew := b.table.Number(e)
	if isNew {
		b.alerts = append(b.alerts, alert{row: b.rowFor(e), name: e.Rule, labels: e.Labels})
	}
	return id
}

func (b *caster) rowFor(e *noise.Episode) int32 {
	key, line := noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}, 0
	if b.index != nil {
		if i, ok := b.index.Find(e); ok {
			b.touched[i] = true
			key.Group, key.File, line = b.rules[i].Group, b.rules[i].File, b.rules[i].Line
		}
	}
	return b.row(key, line)
}

func (b *caster) row(key noise.RuleKey, line int) int32 {
	i, ok := b.rowOf[key]
	if !ok {
		i = int32(len(b.rows))
		b.rowOf[key] = i
		b.rows = append(b.rows, row{RuleKey: key, line: line})
	}
	if r := &b.rows[i]; r.line == 0 || (line > 0 && line < r.line) {
		r.line = line
	}
	return i
}

// addSilent enters the rules that no alert came from.
func (b *caster) addSilent() {
	for i, r := range b.rules {
		if b.touched[i] {
			continue
		}
		at := b.row(r.Ref().RuleKey, r.Line)
		b.rows[at].texts = append(b.rows[at].texts, textLabels(r))
	}
}

// sort puts rows, alerts and episodes into an order that does not depend on the
// order of the input.
func (b *caster) sort() {
	order := make([]int32, len(b.rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(x, y int32) int { return compareKeys(b.rows[x].RuleKey, b.rows[y].RuleKey) })
	rows, rank := make([]row, len(order)), make([]int32, len(order))
	for i, old := range order {
		rows[i], rank[old] = b.rows[old], int32(i)
	}
	b.rows = rows
	for i := range b.alerts {
		b.alerts[i].row = rank[b.alerts[i].row]
		slices.SortFunc(b.alerts[i].fired, compareFirings)
	}
	slices.SortFunc(b.alerts, func(x, y alert) int {
		if order := cmp.Or(cmp.Compare(x.row, y.row), labels.Compare(x.labels, y.labels)); order != 0 {
			return order
		}
		return compareFirst(x, y)
	})
	for i := range b.alerts {
		r := &b.rows[b.alerts[i].row]
		r.alerts = append(r.alerts, int32(i))
	}
}

// compareFirst tells apart what should be one alert: episodes of which only some
// name their group or file.
func compareFirst(x, y alert) int {
	if len(x.fired) == 0 || len(y.fired) == 0 {
		return cmp.Compare(len(x.fired), len(y.fired))
	}
	return compareFirings(x.fired[0], y.fired[0])
}

func compareFirings(a, b firing) int {
	return cmp.Or(cmp.Compare(a.fired, b.fired), cmp.Compare(a.to, b.to), noise.Compare(*a.Episode, *b.Episode))
}

func compareKeys(a, b noise.RuleKey) int {
	return cmp.Or(
		cmp.Compare(a.Name, b.Name), cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.File, b.File),
	)
}
