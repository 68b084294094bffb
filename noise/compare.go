package noise

import (
	"cmp"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Compare is the order in which episodes are listed everywhere: by ActiveAt,
// then alertname, labels, FiredAt, ResolvedAt, group and file. An edge that has
// not happened sorts after every edge that has. It is 0 only for episodes that
// are the same in all of these.
func Compare(a, b Episode) int {
	return cmp.Or(
		a.ActiveAt.Compare(b.ActiveAt),
		cmp.Compare(a.Rule, b.Rule),
		labels.Compare(a.Labels, b.Labels),
		compareOptional(a.FiredAt, b.FiredAt),
		compareOptional(a.ResolvedAt, b.ResolvedAt),
		cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.File, b.File),
	)
}

// compareOptional orders the zero time last.
func compareOptional(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}
