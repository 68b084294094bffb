package overlap

import (
	"cmp"
	"slices"
)

// frame is the record as seen by a join: alerts that are about the same thing
// are one, and have one key.
type frame struct {
	join
	slots, storm, cascade int32
	keys                  int
	lanes                 []lane
	tracks                []track
	runs                  []stretch
	points                []point
	scratch               []point
}

// lane is a rule in a frame.
type lane struct {
	row         int32
	tolerance   int32
	first, last int32   // of its tracks, by key
	points      []point // one for each cluster of starts, in time order
	standing    bool    // fires so much that no lift can reach the least wanted
}

// point is the first start of a cluster.
type point struct{ at, key int32 }

// track is what one rule does about one thing.
type track struct {
	key         int32
	first, last int32        // of its runs, disjoint and in time order
	fires       int32        // slots
	covers      [kinds]int32 // slots in which a start of another rule answers yes
	points      int32
}

// kind is a question that a pair of rules is asked.
type kind uint8

const (
	during kind = iota // does A start while B fires?
	atOnce             // does A start when B does?
	after              // does A start soon after B starts?
	kinds
)

// newFrame lays the record out for a join.
func newFrame(r *record, j join, o Options) *frame {
	f := &frame{join: j, slots: r.axis.slots, storm: r.axis.slotsOf(o.Storm), cascade: r.axis.slotsOf(o.Cascade)}
	alertsOf := make([][]int32, len(r.rows))
	for i, a := range r.alerts {
		alertsOf[a.row] = append(alertsOf[a.row], int32(i))
	}
	k := newKeyring(r, j, alertsOf)
	f.keys = k.count
	f.tracks = make([]track, 0, len(r.alerts))
	f.runs = make([]stretch, 0, len(r.stretches))
	f.points = make([]point, 0, len(r.stretches))
	for _, row := range j.rows {
		l := lane{row: row, tolerance: r.rows[row].tolerance, first: int32(len(f.tracks))}
		f.addTracks(r, k.sort(alertsOf[row]))
		l.last = int32(len(f.tracks))
		f.finish(&l, o)
		f.lanes = append(f.lanes, l)
	}
	return f
}

// keyring numbers the things that alerts are about, in the order of their
// labels, so that no number depends on the order of the episodes.
type keyring struct {
	of    []int32 // by alert
	count int
}

func newKeyring(r *record, j join, alertsOf [][]int32) *keyring {
	k := &keyring{of: make([]int32, len(r.alerts))}
	ids, texts := map[string]int32{}, []string(nil)
	names := r.list(j.names)
	var text []byte
	for _, row := range j.rows {
		for _, a := range alertsOf[row] {
			text = text[:0]
			for _, name := range names {
				text = append(append(text, r.alerts[a].labels.Get(name)...), 0xff)
			}
			id, ok := ids[string(text)]
			if !ok {
				id = int32(len(texts))
				texts = append(texts, string(text))
				ids[texts[id]] = id
			}
			k.of[a] = id
		}
	}
	k.count = len(texts)
	slices.Sort(texts)
	place := make([]int32, len(texts))
	for i, t := range texts {
		place[ids[t]] = int32(i)
	}
	for i, id := range k.of {
		if k.count > 0 {
			k.of[i] = place[id]
		}
	}
	return k
}

type keyed struct{ key, alert int32 }

func (k *keyring) sort(alerts []int32) []keyed {
	out := make([]keyed, len(alerts))
	for i, a := range alerts {
		out[i] = keyed{key: k.of[a], alert: a}
	}
	slices.SortFunc(out, func(a, b keyed) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.alert, b.alert)) })
	return out
}

// addTracks makes a track of the alerts of each key.
func (f *frame) addTracks(r *record, alerts []keyed) {
	for i := 0; i < len(alerts); {
		t := track{key: alerts[i].key, first: int32(len(f.runs))}
		for ; i < len(alerts) && alerts[i].key == t.key; i++ {
			a := r.alerts[alerts[i].alert]
			f.runs = append(f.runs, r.stretches[a.first:a.last]...)
		}
		joined := joinRuns(f.runs[t.first:])
		f.runs = f.runs[:int(t.first)+len(joined)]
		t.last = int32(len(f.runs))
		f.tracks = append(f.tracks, t)
	}
}

// joinRuns sorts the runs and joins those that touch, in place.
func joinRuns(runs []stretch) []stretch {
	byStart := func(a, b stretch) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.end, b.end)) }
	if !slices.IsSortedFunc(runs, byStart) {
		slices.SortFunc(runs, byStart)
	}
	joined := runs[:0]
	for _, s := range runs {
		if n := len(joined); n > 0 && s.from <= joined[n-1].to() {
			joined[n-1] = newStretch(joined[n-1].from, max(joined[n-1].to(), s.to()), joined[n-1].unseen())
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// finish counts what the lane's tracks cover and clusters its starts.
func (f *frame) finish(l *lane, o Options) {
	l.standing = true
	f.scratch = f.scratch[:0]
	for i := l.first; i < l.last; i++ {
		t := &f.tracks[i]
		for j := t.first; j < t.last; j++ {
			r := f.runs[j]
			t.fires += r.to() - r.from
			for k := range kinds {
				lo, hi := f.span(l, t, j, k)
				t.covers[k] += hi - lo
			}
			if !r.unseen() {
				f.scratch = append(f.scratch, point{at: r.from, key: t.key})
			}
		}
		l.standing = l.standing && float64(t.fires)*o.Lift >= float64(f.slots)
	}
	f.cluster(l)
}

// cluster keeps the first of the starts that lie within a storm of it, so that a
// storm counts once however many alerts it has.
func (f *frame) cluster(l *lane) {
	first := len(f.points)
	slices.SortFunc(f.scratch, func(a, b point) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.key, b.key)) })
	for _, s := range f.scratch {
		if n := len(f.points); n == first || s.at-f.points[n-1].at > f.storm {
			f.points = append(f.points, s)
			i, _ := slices.BinarySearchFunc(f.tracks[l.first:l.last], s.key, func(t track, key int32) int { return cmp.Compare(t.key, key) })
			f.tracks[int(l.first)+i].points++
		}
	}
	l.points = f.points[first:len(f.points):len(f.points)]
}

// span is where a start of another rule answers yes for run j of the track; the
// spans of a track are disjoint. Rules that are evaluated at different instants
// may start a little apart and yet at once.
func (f *frame) span(l *lane, t *track, j int32, k kind) (lo, hi int32) {
	r := f.runs[j]
	if k == during {
		return r.from, r.to()
	}
	if r.unseen() {
		return r.from + 1, r.from + 1
	}
	if k == atOnce {
		lo = max(0, r.from-l.tolerance)
		if j > t.first && !f.runs[j-1].unseen() {
			lo = max(lo, f.runs[j-1].from+l.tolerance+1)
		}
		return lo, min(r.from+l.tolerance+1, f.slots)
	}
	lo, hi = r.from+1, min(r.from+1+f.cascade, f.slots)
	if j+1 < t.last && !f.runs[j+1].unseen() {
		hi = min(hi, f.runs[j+1].from+1)
	}
	return lo, max(lo, hi)
}

// shared walks over the tracks of two lanes that have the same key.
func (f *frame) shared(a, b *lane, visit func(a, b *track)) {
	for i, j := a.first, b.first; i < a.last && j < b.last; {
		s, t := &f.tracks[i], &f.tracks[j]
		switch {
		case s.key < t.key:
			i++
		case s.key > t.key:
			j++
		default:
			visit(s, t)
			i, j = i+1, j+1
		}
	}
}
