package overlap

import (
	"cmp"
	"maps"
	"math/bits"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// mostNames and mostJoins bound the work where label sets are as many as rules:
// pairs that would be joined on anything else are not compared.
const (
	mostNames = 64
	mostJoins = 64
)

// nameLabels finds for each rule the labels that say what an alert is about:
// those that every alert of it carries, without what the rule itself writes and
// without who is told.
func (r *reader) nameLabels(o Options) {
	ignored := map[string]bool{labels.MetricName: true, "alertname": true, "alertstate": true}
	names := o.Ignore
	if names == nil {
		names = strings.Fields(ownership)
	}
	for _, name := range names {
		ignored[name] = true
	}
	carried := r.carried(ignored)
	rules := map[string]int{}
	for _, names := range carried {
		for _, name := range names {
			rules[name]++
		}
	}
	r.names = slices.SortedFunc(maps.Keys(rules), func(a, b string) int {
		return cmp.Or(cmp.Compare(rules[b], rules[a]), cmp.Compare(a, b))
	})
	r.names = r.names[:min(len(r.names), mostNames)]
	slices.Sort(r.names)
	for i, names := range carried {
		for _, name := range names {
			if bit, ok := slices.BinarySearch(r.names, name); ok {
				r.rows[i].names |= 1 << bit
			}
		}
	}
}

// carried gives for each rule the names that all its alerts carry.
func (r *reader) carried(ignored map[string]bool) [][]string {
	out, seen := make([][]string, len(r.rows)), make([]bool, len(r.rows))
	for _, a := range r.alerts {
		if seen[a.row] {
			out[a.row] = slices.DeleteFunc(out[a.row], func(name string) bool { return a.labels.Get(name) == "" })
			continue
		}
		seen[a.row] = true
		a.labels.Range(func(l labels.Label) {
			if l.Value != "" && !ignored[l.Name] && !r.writes(a.row, l.Name) {
				out[a.row] = append(out[a.row], l.Name)
			}
		})
	}
	return out
}

// writes tells whether the rule itself says what the label is: a fixed value, or
// one made from the measured value. A template of other labels still names what
// the alert is about.
func (r *reader) writes(row int32, name string) bool {
	rule := r.rows[row].rule
	if rule < 0 {
		return false
	}
	value := r.rules[rule].Labels.Get(name)
	return value != "" && (!strings.Contains(value, "{{") || strings.Contains(value, "$value") || strings.Contains(value, ".Value"))
}

// join is a set of labels that alerts are compared on, and the rules that have a
// partner on just these.
type join struct {
	names uint64
	rows  []int32
}

// joins gives the sets of labels that the most pairs of rules share.
func (r *record) joins() []join {
	members := map[uint64][]int32{}
	for i := range r.rows {
		members[r.rows[i].names] = append(members[r.rows[i].names], int32(i))
	}
	kinds := slices.Sorted(maps.Keys(members))
	pairs := map[uint64]int{}
	for i, a := range kinds {
		for _, b := range kinds[i:] {
			pairs[a&b] += pairsOf(len(members[a]), len(members[b]), a == b)
		}
	}
	kept := slices.SortedFunc(maps.Keys(pairs), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(pairs[b], pairs[a]), cmp.Compare(a, b))
	})
	kept = kept[:min(len(kept), mostJoins)]
	var out []join
	for _, names := range kept {
		if pairs[names] > 0 {
			out = append(out, join{names: names, rows: partners(names, kinds, members)})
		}
	}
	return out
}

func pairsOf(a, b int, same bool) int {
	if same {
		return a * (a - 1) / 2
	}
	return a * b
}

// partners are the rules that share just these names with some rule.
func partners(names uint64, kinds []uint64, members map[uint64][]int32) []int32 {
	var rows []int32
	for _, a := range kinds {
		if a&names != names {
			continue
		}
		if slices.ContainsFunc(kinds, func(b uint64) bool { return a&b == names }) {
			rows = append(rows, members[a]...)
		}
	}
	slices.Sort(rows)
	return rows
}

// list spells the names of a set out.
func (r *record) list(names uint64) []string {
	out := make([]string, 0, bits.OnesCount64(names))
	for ; names != 0; names &= names - 1 {
		out = append(out, r.names[bits.TrailingZeros64(names)])
	}
	return out
}
