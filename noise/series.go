package noise

import "github.com/prometheus/prometheus/model/labels"

// seriesKey names an alert but for its labels, of which it holds a hash.
type seriesKey struct {
	name, group, file string
	hash              uint64
}

// seriesTable numbers alerts (one rule, one label set) in order of appearance.
type seriesTable struct {
	ids    map[seriesKey]int32
	labels []labels.Labels
}

func newSeriesTable() *seriesTable {
	return &seriesTable{ids: map[seriesKey]int32{}}
}

// id is the number of the episode's alert, and whether it is a new one. Label
// sets whose hashes collide are told apart by probing.
func (t *seriesTable) id(e *Episode) (id int32, isNew bool) {
	key := seriesKey{e.Rule, e.Group, e.File, e.Labels.Hash()}
	for {
		id, ok := t.ids[key]
		if !ok {
			id = int32(len(t.labels))
			t.ids[key] = id
			t.labels = append(t.labels, e.Labels)
			return id, true
		}
		if labels.Equal(t.labels[id], e.Labels) {
			return id, false
		}
		key.hash++
	}
}
