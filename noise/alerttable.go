package noise

import "github.com/prometheus/prometheus/model/labels"

// AlertTable numbers alerts (one rule, as episodes name it, and one label set) in
// the order in which they are first seen, from 0. The zero value is an empty table.
type AlertTable struct {
	sources map[alertSource]int32
	ids     map[alertKey]int32
	labels  []labels.Labels // by number
}

// alertSource is what episodes say of their rule.
type alertSource struct{ name, group, file string }

// alertKey names an alert by its source's number and a hash of its labels. It is
// small, since there may be millions of alerts.
type alertKey struct {
	source int32
	hash   uint64
}

// Number is that of the episode's alert, and whether it is a new one. Label sets
// whose hashes collide are told apart by probing.
func (t *AlertTable) Number(e *Episode) (id int32, isNew bool) {
	if t.ids == nil {
		t.sources, t.ids = map[alertSource]int32{}, map[alertKey]int32{}
	}
	from := alertSource{e.Rule, e.Group, e.File}
	source, ok := t.sources[from]
	if !ok {
		source = int32(len(t.sources))
		t.sources[from] = source
	}
	for key := (alertKey{source, e.Labels.Hash()}); ; key.hash++ {
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
	}
}
