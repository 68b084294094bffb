package web

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// list is one kind of thing that can be filtered, searched, sorted, paged, and
// written as a table, as JSON or as CSV: all of it from this one description.
type list[T any] struct {
	name, noun string // "rules", "rule"
	path       string
	caption    string
	empty      string // what to say where there is nothing
	rows       func(*Snapshot) []T
	id         func(T) string // tells rows apart from report to report
	columns    []column[T]
	facets     []facet[T]
	words      func(T) []string // what search looks at
	order      string           // by default, as "-episodes"
}

// column is a figure of a row.
type column[T any] struct {
	key  string // in CSV and in ?sort=
	head string
	// value is a string, a number, a truth value, a time, or nil where it is
	// unknown. CSV writes it and sorting compares it.
	value func(T) any
	// cell is how the page shows it; nil leaves it to CSV.
	cell func(T) cell
	left bool // text, not a figure
	desc bool // the largest first makes more sense
	mute bool // can't be sorted by
	// only sorts: neither the page nor CSV shows it.
	sorts bool
	// class places the cell on a phone: full takes the line, half one half.
	class string
}

// facet is something to filter by. A row may have several values; one without a
// label is for addresses only.
type facet[T any] struct {
	key, label string
	of         func(T) []string
}

// selection is what a request asks of a list.
type selection struct {
	search string
	facets map[string]string
	sort   string
	page   int
	rest   url.Values // of the address, without the page
}

// The bounds of what may be asked.
const (
	searchLimit = 200
	pageRows    = 50
	maxPage     = 1_000_000
)

// parse reads a selection from the address.
func (l list[T]) parse(v url.Values) (selection, error) {
	s := selection{search: cleanLine(v.Get("q")), facets: map[string]string{}, sort: l.order, page: 1, rest: url.Values{}}
	if len(s.search) > searchLimit {
		return s, badRequest(fmt.Sprintf("A search has at most %d characters.", searchLimit))
	}
	if s.search != "" {
		s.rest.Set("q", s.search)
	}
	for _, f := range l.facets {
		if value := v.Get(f.key); value != "" {
			s.facets[f.key] = value
			s.rest.Set(f.key, value)
		}
	}
	if by := v.Get("sort"); by != "" {
		if l.column(strings.TrimPrefix(by, "-")) == nil {
			return s, badRequest("There is no column of that name to sort by.")
		}
		s.sort = by
		s.rest.Set("sort", by)
	}
	if p := v.Get("page"); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > maxPage {
			return s, badRequest("A page is a number from 1.")
		}
		s.page = n
	}
	return s, nil
}

func (l list[T]) column(key string) *column[T] {
	i := slices.IndexFunc(l.columns, func(c column[T]) bool { return c.key == key && !c.mute })
	if i < 0 {
		return nil
	}
	return &l.columns[i]
}

// pick filters and sorts.
func (l list[T]) pick(all []T, s selection) []T {
	out := make([]T, 0, len(all))
	needles := strings.Fields(strings.ToLower(s.search))
	for _, row := range all {
		if l.fits(row, s, "") && l.found(row, needles) {
			out = append(out, row)
		}
	}
	by, reverse := strings.CutPrefix(s.sort, "-")
	c := l.column(by)
	if c == nil {
		return out
	}
	keys := make([]any, len(out))
	at := make([]int, len(out))
	for i, row := range out {
		keys[i], at[i] = c.value(row), i
	}
	slices.SortStableFunc(at, func(a, b int) int { return compareValues(keys[a], keys[b], reverse) })
	sorted := make([]T, len(out))
	for i, from := range at {
		sorted[i] = out[from]
	}
	return sorted
}

// fits tells whether a row has the values of all facets but one.
func (l list[T]) fits(row T, s selection, but string) bool {
	for _, f := range l.facets {
		want, asked := s.facets[f.key]
		if asked && f.key != but && !slices.Contains(f.of(row), want) {
			return false
		}
	}
	return true
}

func (l list[T]) found(row T, needles []string) bool {
	if len(needles) == 0 {
		return true
	}
	text := strings.ToLower(strings.Join(l.words(row), "\n"))
	for _, n := range needles {
		if !strings.Contains(text, n) {
			return false
		}
	}
	return true
}

// compareValues orders two values of a column; what is unknown comes last,
// whichever way.
func compareValues(a, b any, reverse bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	d := 0
	switch x := a.(type) {
	case string:
		y, _ := b.(string)
		d = cmp.Or(cmp.Compare(strings.ToLower(x), strings.ToLower(y)), cmp.Compare(x, y))
	case int:
		y, _ := b.(int)
		d = cmp.Compare(x, y)
	case float64:
		y, _ := b.(float64)
		d = cmp.Compare(x, y)
	case time.Time:
		y, _ := b.(time.Time)
		d = x.Compare(y)
	case bool:
		y, _ := b.(bool)
		d = cmp.Compare(strconv.FormatBool(x), strconv.FormatBool(y))
	}
	if reverse {
		return -d
	}
	return d
}

// orNil is nil for an unknown value, and the value itself else.
func orNil[V any](p *V) any {
	if p == nil {
		return nil
	}
	return *p
}

// choices are the values of a facet with how many rows each would leave.
func (l list[T]) choices(all []T, s selection, f facet[T]) []choice {
	counts := map[string]int{}
	needles := strings.Fields(strings.ToLower(s.search))
	for _, row := range all {
		if !l.fits(row, s, f.key) || !l.found(row, needles) {
			continue
		}
		for _, v := range f.of(row) {
			counts[v]++
		}
	}
	if want := s.facets[f.key]; want != "" {
		counts[want] += 0 // what is asked for is listed though it leaves nothing
	}
	out := make([]choice, 0, len(counts))
	for v, n := range counts {
		if v != "" {
			out = append(out, choice{Value: v, Label: cleanName(v), Count: n, On: s.facets[f.key] == v})
		}
	}
	slices.SortFunc(out, func(a, b choice) int { return strings.Compare(a.Value, b.Value) })
	return out
}

// oneOf is the values of a facet that has at most one.
func oneOf(p *string) []string {
	if p == nil {
		return nil
	}
	return []string{*p}
}

func badRequest(detail string) problem { return problem{Status: 400, Detail: detail} }
