package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/burnish-sre/burnish/dashboards/report"
)

// table is a table as the page shows it.
type table struct {
	ID, Caption string
	Heads       []head
	Rows        []tableRow
	Count       string // "1–50 of 312 rules"
	JSON, CSV   string
	Prev, Next  string
	Empty       string
	All         string // the address of the whole of it; empty where this is it
	AllText     string
	Quiet       bool // the heading above says what it is
}

type head struct {
	Label, Href, Sort string // Sort is ascending, descending or empty
	Left              bool
}

type tableRow struct{ Cells []cell }

// cell is what stands in one place of a table. What is not set is not shown.
type cell struct {
	Head, Left   bool
	Class, Label string
	Text         text
	Href         string
	Strong       bool
	Tag          text
	Small        []text
	Share        *shareView
	Meter        *meterView
	Strip        *stripView
	Mark, Says   string
	Links        []link
	Elements     []partView // of a control loop
	Datetime     string
}

type link struct {
	Text text
	Href string
}

// choice is a value of a facet.
type choice struct {
	Value, Label string
	Count        int
	On           bool
}

// filterForm is what narrows a list down.
type filterForm struct {
	Path, Search, Sort string
	Selects            []filterSelect
	Active             []link // each takes one filter away
	Clear              string
}

type filterSelect struct {
	Key, Label string
	Choices    []choice
	Any        bool // nothing is chosen
}

// table lays a page of rows out.
func (l list[T]) table(rows []T, s selection) table {
	from := min((s.page-1)*pageRows, len(rows))
	to := min(from+pageRows, len(rows))
	t := l.bare(rows[from:to])
	t.Heads, t.Quiet = l.heads(s), false
	t.Count = countText(from, to, len(rows), l.noun)
	t.JSON, t.CSV = l.address(".json", s.rest), l.address(".csv", s.rest)
	if from == to && from > 0 {
		t.Empty = "This page is beyond the end of " + report.PluralText(len(rows), l.noun) + "."
	}
	if s.page > 1 {
		t.Prev = l.pageAddress(s, min(s.page-1, max(1, (len(rows)+pageRows-1)/pageRows)))
	}
	if to < len(rows) {
		t.Next = l.pageAddress(s, s.page+1)
	}
	return t
}

// excerpt is the first rows, with the way to all of them.
func (l list[T]) excerpt(rows []T, n int, s selection) table {
	t := l.bare(rows[:min(n, len(rows))])
	for i := range t.Heads {
		t.Heads[i].Href = ""
	}
	t.JSON, t.CSV = l.address(".json", s.rest), l.address(".csv", s.rest)
	if len(rows) > n {
		t.All, t.AllText = l.address("", s.rest), "All "+report.PluralText(len(rows), l.noun)
	}
	return t
}

// only leaves some columns on the page.
func (l list[T]) only(keys ...string) list[T] {
	l.columns = slices.DeleteFunc(slices.Clone(l.columns), func(c column[T]) bool { return !slices.Contains(keys, c.key) })
	return l
}

func (l list[T]) bare(rows []T) table {
	t := table{ID: l.name, Caption: l.caption, Empty: l.empty, Quiet: true}
	for _, c := range l.columns {
		if c.cell != nil {
			t.Heads = append(t.Heads, head{Label: c.head, Left: c.left})
		}
	}
	for i := range rows {
		t.Rows = append(t.Rows, l.row(rows[i]))
	}
	return t
}

func (l list[T]) row(row T) tableRow {
	out := tableRow{}
	for _, c := range l.columns {
		if c.cell == nil {
			continue
		}
		x := c.cell(row)
		x.Label, x.Left, x.Head = c.head, c.left, len(out.Cells) == 0
		if x.Class == "" {
			x.Class = c.class
		}
		out.Cells = append(out.Cells, x)
	}
	return out
}

func (l list[T]) heads(s selection) []head {
	var out []head
	by, reverse := strings.CutPrefix(s.sort, "-")
	for _, c := range l.columns {
		if c.cell == nil {
			continue
		}
		h := head{Label: c.head, Left: c.left}
		if !c.mute {
			next := c.key
			if c.desc {
				next = "-" + c.key
			}
			if c.key == by {
				h.Sort, next = "ascending", "-"+c.key
				if reverse {
					h.Sort, next = "descending", c.key
				}
			}
			v := clone(s.rest)
			v.Set("sort", next)
			h.Href = l.address("", v)
		}
		out = append(out, h)
	}
	return out
}

// form is what the list can be narrowed down by.
func (l list[T]) form(all []T, s selection) filterForm {
	f := filterForm{Path: l.path, Search: s.search, Clear: l.path}
	if s.sort != l.order {
		f.Sort = s.sort
	}
	for _, of := range l.facets {
		if of.label == "" {
			continue
		}
		choices := l.choices(all, s, of)
		if len(choices) == 0 {
			continue
		}
		f.Selects = append(f.Selects, filterSelect{Key: of.key, Label: of.label, Choices: choices, Any: s.facets[of.key] == ""})
		if v := s.facets[of.key]; v != "" {
			f.Active = append(f.Active, link{newText(of.label + ": " + v), l.without(s, of.key)})
		}
	}
	if s.search != "" {
		f.Active = append(f.Active, link{newText("“" + s.search + "”"), l.without(s, "q")})
	}
	return f
}

func (l list[T]) without(s selection, key string) string {
	v := clone(s.rest)
	v.Del(key)
	return l.address("", v)
}

func (l list[T]) pageAddress(s selection, page int) string {
	v := clone(s.rest)
	v.Set("page", strconv.Itoa(page))
	return l.address("", v)
}

func (l list[T]) address(ending string, v url.Values) string {
	if len(v) == 0 {
		return l.path + ending
	}
	return l.path + ending + "?" + v.Encode()
}

func clone(v url.Values) url.Values {
	out := make(url.Values, len(v)+1)
	for k, x := range v {
		out[k] = append([]string{}, x...)
	}
	return out
}

func countText(from, to, of int, noun string) string {
	switch {
	case of == 0:
		return "no " + noun + "s"
	case from == 0 && to == of:
		return report.PluralText(of, noun)
	case from == to:
		return "none here, of " + report.PluralText(of, noun)
	}
	return report.CountText(from+1) + "–" + report.CountText(to) + " of " + report.PluralText(of, noun)
}
