package truth

import (
	"encoding/binary"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// scopes indexes label sets that say whose an incident or an SLO is, so that an
// alert is held against all of them at once, name by name, instead of one by one.
type scopes struct {
	size  int
	names []string // that any of them carries, sorted
	has   map[string]set
	equal map[string]map[string]set
	// speaks is equal, but only where the label is evidence in favour.
	speaks map[string]map[string]set
}

// newScopes indexes the sets by their place. An equal label counts in favour
// where evident says so.
func newScopes(sets []labels.Labels, evident func(i int32, name string) bool) *scopes {
	x := &scopes{
		size: len(sets), has: map[string]set{},
		equal: map[string]map[string]set{}, speaks: map[string]map[string]set{},
	}
	for i, ls := range sets {
		ls.Range(func(l labels.Label) {
			if x.has[l.Name] == nil {
				x.names = append(x.names, l.Name)
				x.has[l.Name] = newSet(x.size)
				x.equal[l.Name], x.speaks[l.Name] = map[string]set{}, map[string]set{}
			}
			x.has[l.Name].add(int32(i))
			x.enter(x.equal[l.Name], l.Value, int32(i))
			if evident(int32(i), l.Name) {
				x.enter(x.speaks[l.Name], l.Value, int32(i))
			}
		})
	}
	slices.Sort(x.names)
	return x
}

func (x *scopes) enter(of map[string]set, value string, i int32) {
	if of[value] == nil {
		of[value] = newSet(x.size)
	}
	of[value].add(i)
}

// match is which of the sets nothing in the alert contradicts, and which of
// these something in it speaks for. A label that either side lacks says nothing.
func (x *scopes) match(alert labels.Labels) (free, backed set) {
	free, backed = newSet(x.size), newSet(x.size)
	for i := range x.size {
		free.add(int32(i))
	}
	against := newSet(x.size)
	for _, name := range x.names {
		v := alert.Get(name)
		if v == "" {
			continue
		}
		copy(against, x.has[name])
		against.remove(x.equal[name][v])
		free.remove(against)
		backed.unite(x.speaks[name][v])
	}
	backed.keep(free)
	return free, backed
}

// shares tells whether the alert carries any label that one of the sets carries.
func (x *scopes) shares(alert labels.Labels) bool {
	return slices.ContainsFunc(x.names, func(name string) bool { return alert.Get(name) != "" })
}

// appendKey appends what of the alert matters to match. Values that no set has
// are all alike.
func (x *scopes) appendKey(b []byte, alert labels.Labels) []byte {
	for _, name := range x.names {
		v := alert.Get(name)
		switch {
		case v == "":
			b = append(b, 0)
		case x.equal[name][v] == nil:
			b = append(b, 1)
		default:
			b = append(binary.AppendUvarint(append(b, 2), uint64(len(v))), v...)
		}
	}
	return b
}
