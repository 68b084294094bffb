package ingest

import "github.com/burnish-sre/burnish/collector/alertmanager"

// recentKeys is how many keys are remembered at least, and half of how many at
// most; about 100 bytes each.
const recentKeys = 50_000

// recent remembers the keys of what was stored last, so that most of what comes
// twice never reaches the store: an event recorder repeats each alert every
// minute or two. What it has forgotten the store still knows.
type recent struct {
	most       int
	young, old map[string]struct{}
	added      []string // since begin
}

func newRecent(most int) recent {
	return recent{most: most, young: map[string]struct{}{}}
}

// begin starts a group.
func (r *recent) begin() {
	r.added = r.added[:0]
	if len(r.young) >= r.most {
		r.old, r.young = r.young, make(map[string]struct{}, r.most)
	}
}

// add tells whether an event is not known yet, and remembers it.
func (r *recent) add(e alertmanager.Event) bool {
	if r.knows(e.Key) {
		return false
	}
	for _, k := range e.Same {
		if r.knows(k) {
			return false
		}
	}
	r.young[e.Key] = struct{}{}
	r.added = append(r.added, e.Key)
	return true
}

func (r *recent) knows(key string) bool {
	if _, ok := r.young[key]; ok {
		return true
	}
	_, ok := r.old[key]
	return ok
}

// undo forgets the group that was begun last.
func (r *recent) undo() {
	for _, k := range r.added {
		delete(r.young, k)
	}
	r.added = r.added[:0]
}
