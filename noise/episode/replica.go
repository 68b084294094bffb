package episode

import (
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// witness is an episode and the replicas that saw it.
type witness struct {
	noise.Episode
	replicas []string
}

// mergeReplicas drops the replica labels and joins what the replicas of an HA
// pair say of the same alert: an episode lasts from the first replica's start to
// the last one's end, since a person was told if either told them.
func mergeReplicas(in []noise.Episode, replicaLabels []string) []noise.Episode {
	if !slices.ContainsFunc(in, hasAny(replicaLabels)) {
		return in
	}
	seen := make([]witness, len(in))
	for i, e := range in {
		seen[i] = testify(e, replicaLabels)
	}
	slices.SortStableFunc(seen, byAlert)
	out := in[:0]
	var cur witness
	for i, w := range seen {
		if i > 0 && cur.meets(w) {
			cur = cur.union(w)
			continue
		}
		if i > 0 {
			out = append(out, cur.Episode)
		}
		cur = w
	}
	return append(out, cur.Episode)
}

func hasAny(names []string) func(noise.Episode) bool {
	return func(e noise.Episode) bool {
		return slices.ContainsFunc(names, e.Labels.Has)
	}
}

// testify takes the replica labels off an episode and notes them.
func testify(e noise.Episode, replicaLabels []string) witness {
	values := make([]string, len(replicaLabels))
	for i, name := range replicaLabels {
		values[i] = e.Labels.Get(name)
	}
	e.Labels = labels.NewBuilder(e.Labels).Del(replicaLabels...).Labels()
	return witness{Episode: e, replicas: []string{strings.Join(values, "\xff")}}
}

func byAlert(a, b witness) int {
	if c := strings.Compare(a.Rule, b.Rule); c != 0 {
		return c
	}
	if c := labels.Compare(a.Labels, b.Labels); c != 0 {
		return c
	}
	return a.ActiveAt.Compare(b.ActiveAt)
}

// meets tells whether o is about the same alert and begins before w is over.
func (w witness) meets(o witness) bool {
	same := w.Rule == o.Rule && labels.Equal(w.Labels, o.Labels)
	return same && (w.Open() || !o.ActiveAt.After(w.ResolvedAt))
}

// union is what either replica saw; o begins no earlier than w.
func (w witness) union(o witness) witness {
	if o.Fired() && (!w.Fired() || o.FiredAt.Before(w.FiredAt)) {
		w.FiredAt, w.Certainty.Fired = o.FiredAt, o.Certainty.Fired
	}
	if !w.Open() && (o.Open() || o.ResolvedAt.After(w.ResolvedAt)) {
		w.ResolvedAt, w.Certainty.Resolved = o.ResolvedAt, o.Certainty.Resolved
	}
	for _, r := range o.replicas {
		if !slices.Contains(w.replicas, r) {
			w.replicas = append(w.replicas, r)
		}
	}
	w.Certainty.Replicas = len(w.replicas)
	// What one replica missed the other saw: only a hole in both is a hole.
	w.Certainty.Gaps = min(w.Certainty.Gaps, o.Certainty.Gaps)
	w.Certainty.Bridged = min(w.Certainty.Bridged, o.Certainty.Bridged)
	return w
}
