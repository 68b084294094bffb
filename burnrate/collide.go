package burnrate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

// collisions are the pairs of SLOs that would make the same series under another
// tool's names, which tell less apart than burnish's own: Pyrra's records have the
// SLO's name and no service. SLOs whose groups may still keep them apart get a note.
func (o Output) collisions(with Compat) []error {
	type maker struct {
		slo   int
		group string // the labels that tell its groups apart
	}
	var errs []error
	first, told := map[string]maker{}, map[[2]int]bool{}
	for i := range o.SLOs {
		by := strings.Join(slices.Sorted(slices.Values(o.SLOs[i].SLO.GroupBy)), ",")
		for series := range o.SLOs[i].recorded() {
			before, taken := first[series]
			switch pair := [2]int{before.slo, i}; {
			case !taken:
				first[series] = maker{i, by}
			case before.slo == i || before.group != by || told[pair]:
			case by == "":
				told[pair] = true
				errs = append(errs, fmt.Errorf(
					"keep the names of %s: %s and %s would both make %s; give one of them a label that tells them apart, or another name",
					with, o.SLOs[before.slo].SLO.ID(), o.SLOs[i].SLO.ID(), series))
			default:
				told[pair] = true
				o.SLOs[i].Notes = append(o.SLOs[i].Notes, fmt.Sprintf(
					"under the names of %s only %s tells its series from those of %s: %s", with, by, o.SLOs[before.slo].SLO.ID(), series))
			}
		}
	}
	return errs
}

// recorded are the series that the rules record, without the labels of groups, in
// the order of the rules.
func (s SLORules) recorded() func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, g := range s.Groups {
			for _, r := range g.Rules {
				if r.Record != "" && !yield(r.Record+labels.FromMap(r.Labels).String()) {
					return
				}
			}
		}
	}
}
