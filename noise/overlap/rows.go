package overlap

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// stretch is a half-open run of slots in which an alert fired. Where nobody saw
// the rule start it (it fired before the window, or it came back with the
// pipeline), it is no evidence of a start.
type stretch struct {
	from int32
	end  uint32 // the slot after the last; its top bit is set where unseen
}

// unseenBit marks a stretch whose start nobody saw. It lies in the end, for the
// memory of a million stretches matters.
const unseenBit = 1 << 31

func newStretch(from, to int32, unseen bool) stretch {
	s := stretch{from: from, end: uint32(to)}
	if unseen {
		s.end |= unseenBit
	}
	return s
}

func (s stretch) to() int32    { return int32(s.end &^ unseenBit) }
func (s stretch) unseen() bool { return s.end&unseenBit != 0 }

// alert is one label set of a rule, and where its stretches lie.
type alert struct {
	row         int32
	labels      labels.Labels
	first, last int32
}

// row is a rule that fired.
type row struct {
	ref       noise.RuleRef
	rule      int   // place in the list of rules; -1 where unknown
	tolerance int32 // slots by which its start may be late against another rule's
	names     uint64
}

// record is the history as slots: rules, their alerts, their stretches.
type record struct {
	axis      axis
	rows      []row
	alerts    []alert
	stretches []stretch // of alert i: [first,last), in time order
	names     []string  // label names that alerts may be joined on; at most 64
}

type rowKey struct {
	rule int
	key  noise.RuleKey
}

// reader turns episodes into a record.
type reader struct {
	record
	rules  []noise.Rule
	index  *noise.RuleIndex
	table  noise.AlertTable
	rowOf  map[rowKey]int32
	unwell []slo.Interval
}

// read takes the episodes that fired in the axis.
func read(h noise.History, o Options) *record {
	r := &reader{rowOf: map[rowKey]int32{}}
	r.axis = newAxis(h, o)
	if r.axis.slots == 0 {
		return &r.record
	}
	if h.RulesKnown && len(h.Rules) > 0 {
		r.rules, r.index = h.Rules, noise.NewRuleIndex(h.Rules)
	}
	r.unwell = union(h.Spells, func(s noise.Spell) bool { return s.Group == "" })
	of := make([]int32, len(h.Episodes))
	for i := range h.Episodes {
		of[i] = -1
		if e := &h.Episodes[i]; r.fires(e) {
			of[i] = r.alert(e)
			r.alerts[of[i]].last++
		}
	}
	r.sortRows()
	r.lay(h.Episodes, of)
	r.nameLabels(o)
	out := r.record // of its own, so that what was needed to read is let go
	return &out
}

// sortRows puts the rules in order, whatever came first in the history.
func (r *reader) sortRows() {
	order := make([]int32, len(r.rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(compareRefs(r.rows[a].ref, r.rows[b].ref), cmp.Compare(r.rows[a].rule, r.rows[b].rule))
	})
	sorted, place := make([]row, len(order)), make([]int32, len(order))
	for i, old := range order {
		sorted[i], place[old] = r.rows[old], int32(i)
	}
	r.rows = sorted
	for i := range r.alerts {
		r.alerts[i].row = place[r.alerts[i].row]
	}
}

func (r *reader) fires(e *noise.Episode) bool {
	return e.Fired() && e.FiredAt.UnixMilli() < r.axis.to && (e.Open() || e.ResolvedAt.UnixMilli() > r.axis.from)
}

// lay puts the stretches of each alert side by side.
func (r *reader) lay(episodes []noise.Episode, of []int32) {
	total := int32(0)
	for i := range r.alerts {
		a := &r.alerts[i]
		count := a.last
		a.first, a.last = total, total
		total += count
	}
	r.stretches = make([]stretch, total)
	for i, id := range of {
		if id >= 0 {
			a := &r.alerts[id]
			r.stretches[a.last] = r.stretch(&episodes[i])
			a.last++
		}
	}
}

// stretch rounds both edges down, so that two rules that evaluate within one
// slot of another fire in the same slots. It is never empty.
func (r *reader) stretch(e *noise.Episode) stretch {
	from, to := r.axis.at(e.FiredAt.UnixMilli()), r.axis.slots
	if !e.Open() {
		to = r.axis.at(e.ResolvedAt.UnixMilli())
	}
	to = min(max(to, from+1), r.axis.slots)
	return newStretch(min(from, to-1), to, r.unseen(e))
}

func (r *reader) unseen(e *noise.Episode) bool {
	switch e.Certainty.Fired {
	case noise.EdgeCut, noise.EdgeWithinGap, noise.EdgeLost:
		return true
	}
	if e.FiredAt.UnixMilli() < r.axis.from {
		return true
	}
	i, _ := slices.BinarySearchFunc(r.unwell, e.FiredAt, func(s slo.Interval, t time.Time) int {
		if s.From.After(t) {
			return 1
		}
		return -1
	})
	return i > 0 && r.unwell[i-1].Contains(e.FiredAt)
}

// alert is the number of the episode's alert, entered at first sight.
func (r *reader) alert(e *noise.Episode) int32 {
	id, isNew := r.table.Number(e)
	if isNew {
		r.alerts = append(r.alerts, alert{row: r.row(e), labels: e.Labels})
	}
	return id
}

// row is the number of the episode's rule.
func (r *reader) row(e *noise.Episode) int32 {
	k := rowKey{rule: -1, key: noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}}
	line, interval := 0, time.Duration(0)
	if r.index != nil {
		if i, ok := r.index.Find(e); ok {
			rule := &r.rules[i]
			k.rule, k.key.Group, k.key.File = i, rule.Group, rule.File
			line, interval = rule.Line, rule.Interval
		}
	}
	id, ok := r.rowOf[k]
	if !ok {
		id = int32(len(r.rows))
		r.rowOf[k] = id
		r.rows = append(r.rows, row{ref: noise.RuleRef{RuleKey: k.key, Line: line}, rule: k.rule, tolerance: r.axis.slotsOf(interval)})
	}
	return id
}
