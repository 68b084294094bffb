package truth

import (
	"encoding/binary"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
)

// tie says what an alert is about and how it can be judged.
type tie struct {
	*book
	basis Basis
	units []int32 // the SLOs that it is tied to, ascending
	// free are the SLOs that nothing in its labels contradicts. They are what a
	// measured association may tie it to, where nothing else does.
	free     set
	isMapped bool
	always   bool  // the declared incidents are complete, so it can always be judged
	seen     cover // when all its SLOs were watched
}

// ties are the ties of label sets, each kind made once. Alerts that do not
// differ in any label that matters share one.
type ties struct {
	g        *ground
	names    []string // labels that mappings look at, sorted
	byLabels map[string]*tie
	byBonds  map[string]*tie
	key      []byte
}

func newTies(g *ground) *ties {
	t := &ties{g: g, byLabels: map[string]*tie{}, byBonds: map[string]*tie{}}
	for _, m := range g.o.Mappings {
		for _, matcher := range m.Alerts {
			t.names = append(t.names, matcher.Name)
		}
	}
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t
}

// of is the tie of an alert.
func (t *ties) of(name string, ls labels.Labels) *tie {
	t.key = t.g.people.appendKey(t.key[:0], ls)
	t.key = t.g.promises.appendKey(t.key, ls)
	for _, n := range t.names {
		v := value(name, ls, n)
		t.key = append(binary.AppendUvarint(t.key, uint64(len(v))), v...)
	}
	if found, ok := t.byLabels[string(t.key)]; ok {
		return found
	}
	key := string(t.key)
	made := t.make(t.g.bondsOf(name, ls))
	t.byLabels[key] = made
	return made
}

// value is a label of the alert, the alertname included.
func value(name string, ls labels.Labels, label string) string {
	if label == labels.AlertName {
		return name
	}
	return ls.Get(label)
}

// bonds are what ties an alert to the truth, as places of scopes and units.
type bonds struct {
	isMapped, isNobodys bool
	shares              bool
	mapped              set // units that a mapping names
	named               set // incidents that declare an SLO that a mapping names
	people, backed      set // people: scopes of declared incidents; backed: labels speak for it
	joined, free        set // units tied by labels; units that nothing contradicts
	measured            set // units tied by measurement
}

func (g *ground) bondsOf(name string, ls labels.Labels) bonds {
	b := bonds{mapped: newSet(len(g.units)), named: newSet(len(g.incidents)), measured: newSet(len(g.units))}
	b.people, b.backed = g.people.match(ls)
	b.free, b.joined = g.promises.match(ls)
	b.shares = g.people.shares(ls)
	for _, m := range g.o.Mappings {
		if !m.matches(name, ls) {
			continue
		}
		b.isNobodys = m.SLO == "" && (!b.isMapped || b.isNobodys)
		b.isMapped = true
		g.addMapped(&b, m.SLO, ls)
	}
	return b
}

func (m Mapping) matches(name string, ls labels.Labels) bool {
	for _, matcher := range m.Alerts {
		if !matcher.Matches(value(name, ls, matcher.Name)) {
			return false
		}
	}
	return len(m.Alerts) > 0
}

// addMapped ties the alert to an SLO; of several groups to those that the labels
// in which the groups differ allow.
func (g *ground) addMapped(b *bonds, id string, ls labels.Labels) {
	units := g.unitsOf[id]
	for _, u := range units {
		fits := true
		g.units[u].labels.Range(func(l labels.Label) {
			if v := ls.Get(l.Name); v != "" && v != l.Value && g.differ(units, l.Name) {
				fits = false
			}
		})
		if fits {
			b.mapped.add(u)
			b.named.unite(g.units[u].named)
		}
	}
}

// make is the tie of the bonds, made at first sight.
func (t *ties) make(b bonds) *tie {
	key := b.key()
	if found, ok := t.byBonds[key]; ok {
		return found
	}
	made := t.g.tie(b)
	t.byBonds[key] = made
	return made
}

func (b *bonds) key() string {
	var flags byte
	for i, on := range []bool{b.isMapped, b.isNobodys, b.shares} {
		if on {
			flags |= 1 << i
		}
	}
	key := []byte{flags}
	for _, s := range []set{b.mapped, b.named, b.people, b.backed, b.joined, b.free, b.measured} {
		key = s.appendKey(key)
	}
	return string(key)
}

// tie applies the bonds, the strongest first: a mapping, labels, measurement.
func (g *ground) tie(b bonds) *tie {
	t := &tie{free: b.free, isMapped: b.isMapped, basis: BasisNone}
	if b.isNobodys {
		t.book = newBook(g.incidents, nil, newSet(len(g.incidents)))
		t.seen = newCover(nil)
		return t
	}
	units, losses := b.joined, BasisLabels
	switch {
	case b.isMapped:
		units, losses = b.mapped, BasisMapping
	case !b.measured.empty():
		units, losses = b.measured, BasisMeasured
	}
	t.book = g.book(b, units, losses)
	t.always = g.complete
	t.seen = g.seen(units)
	t.units = g.unitsOfTie(t.book, units)
	t.basis = g.basis(b, t, losses)
	return t
}

// basis is the strongest reason that the tie has.
func (g *ground) basis(b bonds, t *tie, losses Basis) Basis {
	best := BasisNone
	if b.isMapped || len(t.units) > 0 {
		best = losses
	}
	for _, o := range t.own {
		best = stronger(best, o.basis)
	}
	if g.complete {
		// Labels that speak against every incident judge an alert as well.
		complete := BasisOpen
		if b.shares {
			complete = BasisLabels
		}
		best = stronger(best, complete)
	}
	return best
}

func stronger(a, b Basis) Basis {
	strength := []Basis{BasisNone, BasisMeasured, BasisOpen, BasisLabels, BasisMapping}
	if slices.Index(strength, b) > slices.Index(strength, a) {
		return b
	}
	return a
}

// book lists the incidents: losses of the units, and declared ones.
func (g *ground) book(b bonds, units set, losses Basis) *book {
	has, backed, lost := newSet(len(g.incidents)), newSet(len(g.incidents)), newSet(len(g.incidents))
	b.people.each(func(p int32) {
		has.unite(g.peopleHas[p])
		if b.backed.has(p) {
			backed.unite(g.peopleHas[p])
		}
	})
	if b.isMapped {
		g.removeNamed(has)
		has.unite(b.named)
	}
	units.each(func(u int32) { lost.unite(g.units[u].losses) })
	has.unite(lost)
	var list []own
	has.each(func(i int32) {
		basis := BasisOpen
		switch {
		case lost.has(i):
			basis = losses
		case b.named.has(i) && b.isMapped:
			basis = BasisMapping
		case backed.has(i):
			basis = BasisLabels
		}
		list = append(list, own{i, basis})
	})
	return newBook(g.incidents, list, has)
}

// removeNamed drops the declared incidents that name an SLO: a mapping says of
// those whose they are.
func (g *ground) removeNamed(incidents set) {
	for i := range g.units {
		incidents.remove(g.units[i].named)
	}
}

// seen is when all of the units that were ever watched were watched.
func (g *ground) seen(units set) cover {
	var spans []span
	first := true
	units.each(func(u int32) {
		covered := g.units[u].covered
		switch {
		case len(covered) == 0:
		case first:
			spans, first = covered, false
		default:
			spans = both(spans, covered)
		}
	})
	return newCover(spans)
}

// unitsOfTie is the SLOs that an alert is tied to: its own, and those that its
// incidents name for a better reason than that nothing contradicts.
func (g *ground) unitsOfTie(b *book, units set) []int32 {
	all := slices.Clone(units)
	for _, o := range b.own {
		if o.basis == BasisOpen {
			continue
		}
		for _, u := range g.incidents[o.incident].units {
			all.add(u)
		}
	}
	var out []int32
	all.each(func(u int32) { out = append(out, u) })
	return out
}
