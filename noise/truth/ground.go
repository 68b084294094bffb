package truth

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// ground is the truth in the form that alerts are held against.
type ground struct {
	o        Options
	window   span
	lead     int64
	complete bool // the declared incidents are all that there were

	incidents []incident // by start; those outside the window too
	units     []unit     // by SLO and labels
	unitsOf   map[string][]int32

	people    *scopes // the distinct label sets of declared incidents
	peopleHas []set   // their incidents, by place
	promises  *scopes // the labels of the units
}

// incident is one incident, its times in unix milliseconds.
type incident struct {
	noise.Incident
	span
	inWindow bool
	units    []int32 // the SLOs that it is a loss of
}

// unit is one SLO, or one group of one.
type unit struct {
	slo     string
	labels  labels.Labels
	covered []span // clipped to the window; sorted and disjoint
	losses  set    // its incidents that were derived
	named   set    // declared ones that name it
}

func newGround(c Case, o Options) *ground {
	g := &ground{
		o: o, window: spanOf(o.Window), lead: o.Lead.Milliseconds(),
		complete: c.Declared, unitsOf: map[string][]int32{},
	}
	for _, i := range c.Incidents {
		if in := g.newIncident(i); in.from <= in.to {
			g.incidents = append(g.incidents, in)
		}
	}
	slices.SortFunc(g.incidents, compareIncidents)
	g.addUnits(c.Watched)
	g.addLosses()
	g.indexPeople()
	g.promises = g.indexPromises()
	return g
}

// newIncident takes an incident without an end as one that goes on.
func (g *ground) newIncident(i noise.Incident) incident {
	in := incident{Incident: i, span: spanOf(i.Interval)}
	if i.To.IsZero() {
		in.to = max(in.from, g.window.to)
	}
	in.inWindow = in.from < g.window.to && (in.to > g.window.from || in.from >= g.window.from)
	return in
}

func compareIncidents(a, b incident) int {
	return cmp.Or(
		cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to),
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.SLO, b.SLO),
		labels.Compare(a.Labels, b.Labels),
		cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Note, b.Note),
		cmp.Compare(cost(a), cost(b)), cmp.Compare(declaredFirst(a), declaredFirst(b)),
	)
}

func cost(i incident) float64 {
	if i.Burned == nil {
		return -1
	}
	return *i.Burned
}

func declaredFirst(i incident) int {
	if i.isLoss() {
		return 1
	}
	return 0
}

// isLoss tells whether the incident was derived from an SLO's events.
func (i *incident) isLoss() bool { return !i.Declared && i.SLO != "" }

// addUnits enters the SLOs that are watched, and those that incidents name and
// nobody watches.
func (g *ground) addUnits(watched []Watched) {
	for _, w := range watched {
		u := unit{slo: w.SLO, labels: w.Labels}
		for _, c := range w.Covered {
			u.covered = append(u.covered, spanOf(c).clip(g.window))
		}
		g.units = append(g.units, u)
	}
	known := map[string]bool{}
	for _, u := range g.units {
		known[u.slo] = true
	}
	for _, in := range g.incidents {
		if in.SLO != "" && !known[in.SLO] {
			g.units = append(g.units, unit{slo: in.SLO, labels: promiseOf(in)})
		}
	}
	slices.SortFunc(g.units, compareUnits)
	g.units = mergeUnits(g.units)
	for i := range g.units {
		u := &g.units[i]
		u.covered = join(u.covered, 0)
		u.losses, u.named = newSet(len(g.incidents)), newSet(len(g.incidents))
		g.unitsOf[u.slo] = append(g.unitsOf[u.slo], int32(i))
	}
}

// promiseOf is whose SLO it is that an incident names and nobody watches. All
// declared incidents that name one SLO have to agree, so their own labels are
// left aside; the first part of an SLO's id is its service.
func promiseOf(in incident) labels.Labels {
	if in.isLoss() {
		return in.Labels
	}
	service, _, ok := strings.Cut(in.SLO, "/")
	if !ok {
		return labels.EmptyLabels()
	}
	return labels.FromStrings("service", service)
}

func compareUnits(a, b unit) int {
	return cmp.Or(cmp.Compare(a.slo, b.slo), labels.Compare(a.labels, b.labels))
}

func mergeUnits(sorted []unit) []unit {
	merged := sorted[:0]
	for _, u := range sorted {
		if n := len(merged); n > 0 && compareUnits(merged[n-1], u) == 0 {
			merged[n-1].covered = append(merged[n-1].covered, u.covered...)
			continue
		}
		merged = append(merged, u)
	}
	return merged
}

// addLosses ties incidents to the SLOs that they name. Where none of an SLO's
// groups fits, every group has a share in it.
func (g *ground) addLosses() {
	for i := range g.incidents {
		in := &g.incidents[i]
		for _, u := range g.unitsOf[in.SLO] {
			if in.Concerns(g.units[u].labels) {
				in.units = append(in.units, u)
			}
		}
		if exact := g.exactUnit(in); exact >= 0 {
			in.units = []int32{exact}
		}
		if in.SLO != "" && len(in.units) == 0 {
			in.units = g.unitsOf[in.SLO]
		}
		for _, u := range in.units {
			if in.isLoss() {
				g.units[u].losses.add(int32(i))
			} else {
				g.units[u].named.add(int32(i))
			}
		}
	}
}

// exactUnit is the group whose labels are the incident's, or -1.
func (g *ground) exactUnit(in *incident) int32 {
	for _, u := range g.unitsOf[in.SLO] {
		if labels.Equal(g.units[u].labels, in.Labels) {
			return u
		}
	}
	return -1
}

// indexPeople indexes whom the declared incidents concern. One that names an SLO
// and has no labels concerns whom the SLO does.
func (g *ground) indexPeople() {
	var sets []labels.Labels
	place := map[string]int{}
	of := make([]int, len(g.incidents))
	for i := range g.incidents {
		in := &g.incidents[i]
		of[i] = -1
		if in.isLoss() {
			continue
		}
		ls := in.Labels
		if ls.IsEmpty() {
			ls = g.shared(g.unitsOf[in.SLO])
		}
		p, ok := place[ls.String()]
		if !ok {
			p = len(sets)
			place[ls.String()], sets = p, append(sets, ls)
		}
		of[i] = p
	}
	g.people = newScopes(sets, func(int32, string) bool { return true })
	g.peopleHas = make([]set, len(sets))
	for p := range sets {
		g.peopleHas[p] = newSet(len(g.incidents))
	}
	for i, p := range of {
		if p >= 0 {
			g.peopleHas[p].add(int32(i))
		}
	}
}

// shared is the labels that all the units carry alike.
func (g *ground) shared(units []int32) labels.Labels {
	if len(units) == 0 {
		return labels.EmptyLabels()
	}
	b := labels.NewBuilder(g.units[units[0]].labels)
	b.Range(func(l labels.Label) {
		if g.differ(units, l.Name) {
			b.Del(l.Name)
		}
	})
	return b.Labels()
}

// differ tells whether the units have different values of a label.
func (g *ground) differ(units []int32, name string) bool {
	first := g.units[units[0]].labels.Get(name)
	return slices.ContainsFunc(units[1:], func(u int32) bool { return g.units[u].labels.Get(name) != first })
}

// indexPromises indexes the labels of the units. Evidence in favour are the
// labels in Join and those that tell the groups of an SLO apart; of a single
// group every label may be such a one.
func (g *ground) indexPromises() *scopes {
	sets := make([]labels.Labels, len(g.units))
	for i := range g.units {
		sets[i] = g.units[i].labels
	}
	return newScopes(sets, func(u int32, name string) bool {
		siblings := g.unitsOf[g.units[u].slo]
		return slices.Contains(g.o.Join, name) || len(siblings) == 1 || g.differ(siblings, name)
	})
}
