package noise

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// RuleIndex finds the rule that an alert came from. Alert history names only
// the alertname and the alert's labels, so the rule is the one of that name all
// of whose static labels the alert carries; a label whose value is a template
// fits anything. Where several rules fit, the one with most static labels is
// taken, then the first by file, group and place in the list.
type RuleIndex struct {
	rules  []Rule
	byName map[string][]candidate
}

type candidate struct {
	rule   int
	static []labels.Label
}

// NewRuleIndex indexes the rules; it keeps the slice and does not change it.
func NewRuleIndex(rules []Rule) *RuleIndex {
	x := &RuleIndex{rules: rules, byName: make(map[string][]candidate, len(rules))}
	for i, r := range rules {
		x.byName[r.Name] = append(x.byName[r.Name], candidate{rule: i, static: staticLabels(r.Labels)})
	}
	for _, fits := range x.byName {
		slices.SortStableFunc(fits, func(a, b candidate) int {
			return cmp.Or(
				cmp.Compare(len(b.static), len(a.static)),
				cmp.Compare(rules[a.rule].File, rules[b.rule].File),
				cmp.Compare(rules[a.rule].Group, rules[b.rule].Group),
			)
		})
	}
	return x
}

// Find is the place in the list of rules of the rule that the episode came
// from. A group or file that the episode already names must be the rule's.
func (x *RuleIndex) Find(e *Episode) (rule int, ok bool) {
	for _, c := range x.byName[e.Rule] {
		r := &x.rules[c.rule]
		if fits(e.Group, r.Group) && fits(e.File, r.File) && carries(e.Labels, c.static) {
			return c.rule, true
		}
	}
	return 0, false
}

// Assign gives each episode the group and the file of its rule, in place.
// Episodes that no rule fits are left as they are. It takes one look-up for
// each alert, whatever the number of episodes.
func Assign(rules []Rule, episodes []Episode) {
	index, table := NewRuleIndex(rules), AlertTable{}
	var found []int // by alert; -1 where no rule fits
	for i := range episodes {
		e := &episodes[i]
		id, isNew := table.Number(e)
		if isNew {
			rule, ok := index.Find(e)
			if !ok {
				rule = -1
			}
			found = append(found, rule)
		}
		if rule := found[id]; rule >= 0 {
			e.Group, e.File = rules[rule].Group, rules[rule].File
		}
	}
}

// fits tells whether what the episode says, if it says anything, is what the
// rule says.
func fits(said, rule string) bool { return said == "" || said == rule }

// isTemplate tells whether a label's value is filled in at evaluation.
func isTemplate(value string) bool { return strings.Contains(value, "{{") }

func staticLabels(ls labels.Labels) []labels.Label {
	var static []labels.Label
	ls.Range(func(l labels.Label) {
		if !isTemplate(l.Value) {
			static = append(static, l)
		}
	})
	return static
}

func carries(ls labels.Labels, static []labels.Label) bool {
	for _, l := range static {
		if ls.Get(l.Name) != l.Value {
			return false
		}
	}
	return true
}
