package lint

import (
	"slices"
	"strings"
)

// labelset is which labels the series of an expression may carry. An open one
// may carry any but those named; a closed one only those named. The zero value
// is closed and empty. Values are not changed once made.
type labelset struct {
	open  bool
	names []string
}

// anything is the set of which nothing is known.
func anything() labelset { return labelset{open: true} }

// may tells whether a series may carry the label.
func (s labelset) may(name string) bool { return slices.Contains(s.names, name) != s.open }

// with may carry the labels too.
func (s labelset) with(names ...string) labelset {
	if s.open {
		return labelset{true, slices.DeleteFunc(slices.Clone(s.names), func(n string) bool { return slices.Contains(names, n) })}
	}
	return labelset{false, append(slices.Clone(s.names), names...)}
}

// without certainly does not carry the labels.
func (s labelset) without(names ...string) labelset {
	if s.open {
		return labelset{true, append(slices.Clone(s.names), names...)}
	}
	return labelset{false, slices.DeleteFunc(slices.Clone(s.names), func(n string) bool { return slices.Contains(names, n) })}
}

// only carries at most the labels, those of them that s may carry.
func (s labelset) only(names []string) labelset {
	kept := labelset{}
	for _, n := range names {
		if s.may(n) {
			kept.names = append(kept.names, n)
		}
	}
	return kept
}

// or may carry what either may.
func (s labelset) or(o labelset) labelset {
	switch {
	case s.open && o.open:
		return labelset{true, slices.DeleteFunc(slices.Clone(s.names), func(n string) bool { return o.may(n) })}
	case s.open:
		return s.with(o.names...)
	default:
		return o.with(s.names...)
	}
}

// String names what the set may hold, for evidence.
func (s labelset) String() string {
	names := strings.Join(slices.Sorted(slices.Values(s.names)), ", ")
	switch {
	case s.open && names == "":
		return "any"
	case s.open:
		return "any but " + names
	case names == "":
		return "none"
	}
	return names
}
