package truth

import (
	"cmp"
	"slices"
)

// A measured association ties a rule that no label speaks for to an SLO. The
// rule's firing is cut into spells: what fires with no longer pause than the lead
// tolerance is one. Under chance a spell begins in the zone of the SLO's
// incidents (each from its lead to its end, joined where they meet) with the
// chance that is the zone's share of the watched time. Several spells in one zone
// count once, so that a storm proves no more than one alert.

// group is alerts of one rule that can be tied to the same SLOs.
type group struct {
	row    int32
	free   set
	alerts []int32
	spells []span
}

// zone is what is measured of an SLO.
type zone struct {
	cover           // of the zones of its incidents, as far as it was watched
	of      []int32 // by span of the cover: the zone that it is a piece of
	count   int     // of zones
	seen    cover   // when it was watched
	chance  float64
	isKnown bool
}

// pair is a group and an SLO with enough incidents in common to be tested.
type pair struct {
	group, unit int32
	lift        float64
	chance      float64
}

// associate ties alerts that nothing ties to an SLO by measurement, and is the
// lift of each rule that was so tied, by its place.
func associate(c *cast, t *ties, of []*tie) map[int32]float64 {
	zones := t.g.zones()
	groups := untied(c, t.g, of)
	pairs, all := test(groups, zones, t.g.o)
	chances := make([]float64, len(pairs))
	for i, p := range pairs {
		chances[i] = p.chance
	}
	lifts := map[int32]float64{}
	measured := map[int32]set{}
	for i, ok := range discoveries(chances, all, t.g.o.FDR) {
		p := pairs[i]
		if !ok || p.lift < t.g.o.Lift {
			continue
		}
		if measured[p.group] == nil {
			measured[p.group] = newSet(len(t.g.units))
		}
		measured[p.group].add(p.unit)
		row := groups[p.group].row
		lifts[row] = max(lifts[row], p.lift)
	}
	for i, units := range measured {
		for _, a := range groups[i].alerts {
			b := t.g.bondsOf(c.alerts[a].name, c.alerts[a].labels)
			b.measured = units
			of[a] = t.make(b)
		}
	}
	return lifts
}

// zones is the zone of each SLO. One that nobody watches is taken to have been
// watched throughout, or its incidents would not be known.
func (g *ground) zones() []zone {
	out := make([]zone, len(g.units))
	for u := range g.units {
		watched := g.units[u].covered
		if len(watched) == 0 {
			watched = []span{g.window}
		}
		var spans []span
		g.units[u].losses.each(func(i int32) {
			in := &g.incidents[i]
			spans = append(spans, span{in.from - g.lead, in.to})
		})
		whole := newCover(join(spans, 0))
		z := zone{cover: newCover(both(whole.spans, watched)), count: len(whole.spans), seen: newCover(watched)}
		for _, s := range z.spans {
			i, _ := whole.find(s.from)
			z.of = append(z.of, int32(i))
		}
		z.isKnown = z.total() > 0 && z.total() < z.seen.total()
		if z.isKnown {
			z.chance = float64(z.total()) / float64(z.seen.total())
		}
		out[u] = z
	}
	return out
}

// untied gathers the alerts that fired and that nothing ties to an SLO, by rule
// and by the SLOs that their labels allow.
func untied(c *cast, g *ground, of []*tie) []group {
	var groups []group
	place := map[string]int{}
	for i := range c.alerts {
		a := &c.alerts[i]
		if len(a.fired) == 0 || of[i].isMapped || len(of[i].units) > 0 || of[i].free.empty() {
			continue
		}
		key := string(of[i].free.appendKey([]byte{byte(a.row), byte(a.row >> 8), byte(a.row >> 16), byte(a.row >> 24)}))
		p, ok := place[key]
		if !ok {
			p = len(groups)
			place[key] = p
			groups = append(groups, group{row: a.row, free: of[i].free})
		}
		groups[p].alerts = append(groups[p].alerts, int32(i))
		for _, f := range a.fired {
			groups[p].spells = append(groups[p].spells, span{f.fired, max(f.to, f.fired+1)})
		}
	}
	for i := range groups {
		groups[i].spells = join(groups[i].spells, g.lead)
	}
	return groups
}

// test measures the pairs and leaves out those that can't be significant; all is
// how many there were.
func test(groups []group, zones []zone, o Options) (pairs []pair, all int) {
	m := newMeter(zones)
	for i := range groups {
		m.count(&groups[i])
		groups[i].free.each(func(u int32) {
			z := &zones[u]
			if !z.isKnown {
				return
			}
			all++
			if m.zones[u] < o.Support {
				return
			}
			n := m.starts(&groups[i], z) - m.inside[u] + m.zones[u]
			lift := float64(m.zones[u]) / float64(n) / z.chance
			if lift <= 1 {
				return
			}
			pairs = append(pairs, pair{int32(i), u, lift, atLeast(m.zones[u], n, z.chance)})
		})
	}
	return pairs, all
}

// meter counts the starts of a group in all zones at once: time is cut where any
// zone begins or ends, and each piece knows the zones that it lies in.
type meter struct {
	cuts   []int64
	in     [][]place // by piece; the piece i begins at cuts[i]
	last   [][]int32 // by unit and zone: the group that began in it last
	group  int32
	inside []int // by unit: starts in its zones
	zones  []int // by unit: zones with a start
}

type place struct{ unit, zone int32 }

func newMeter(all []zone) *meter {
	m := &meter{inside: make([]int, len(all)), zones: make([]int, len(all)), last: make([][]int32, len(all))}
	for u := range all {
		m.last[u] = make([]int32, all[u].count)
		for _, s := range all[u].spans {
			m.cuts = append(m.cuts, s.from, s.to)
		}
	}
	slices.Sort(m.cuts)
	m.cuts = slices.Compact(m.cuts)
	m.in = make([][]place, len(m.cuts))
	for u := range all {
		for i, s := range all[u].spans {
			at, _ := slices.BinarySearch(m.cuts, s.from)
			for ; m.cuts[at] < s.to; at++ {
				m.in[at] = append(m.in[at], place{int32(u), all[u].of[i]})
			}
		}
	}
	return m
}

func (m *meter) count(g *group) {
	m.group++
	clear(m.inside)
	clear(m.zones)
	for _, s := range g.spells {
		at, ok := slices.BinarySearch(m.cuts, s.from)
		if !ok {
			at--
		}
		if at < 0 {
			continue
		}
		for _, p := range m.in[at] {
			m.inside[p.unit]++
			if m.last[p.unit][p.zone] != m.group {
				m.last[p.unit][p.zone] = m.group
				m.zones[p.unit]++
			}
		}
	}
}

// starts is how many spells of the group began while the SLO was watched.
func (m *meter) starts(g *group, z *zone) int {
	n := 0
	for _, s := range z.seen.spans {
		n += before(g.spells, s.to) - before(g.spells, s.from)
	}
	return n
}

// before is how many of the sorted spans begin before t.
func before(spans []span, t int64) int {
	n, _ := slices.BinarySearchFunc(spans, t, func(s span, t int64) int { return cmp.Compare(s.from, t) })
	return n
}
