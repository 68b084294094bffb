package truth

import "github.com/burnish-sre/burnish/slo"

// bench judges one rule after the other and keeps what concerns them all.
type bench struct {
	g     *ground
	cast  *cast
	ties  []*tie  // by alert
	told  []told  // by incident
	units []tally // by unit

	met     []meeting // of the firing that is looked at
	places  []int32
	now     []sight // by incident: of the rule that is judged
	stamp   int32   // tells the rule's sights from older ones
	touched []int32 // incidents that the rule has sights of
	late    []lateness
	best    []glimpse // by incident: of the alert that is looked at
	glanced []int32   // incidents that the alert met

	hits   [][]hit // by rule
	missed []set   // by rule: incidents of its own in which it did not fire
}

// told is what all rules together told of an incident.
type told struct {
	ok      bool
	isFresh bool  // by an alert that had not stood for a day by then
	onsets  int   // rules with an onset
	first   int64 // the earliest onset, where onsets > 0
	signals signals
}

// hit is an onset of a rule in an incident.
type hit struct {
	incident int32
	fired    int64
}

// sight is what the rule that is judged told of an incident.
type sight struct {
	stamp    int32
	isOnset  bool
	isFresh  bool  // of a firing that had not stood for a day by then
	onset    int64 // the earliest onset
	earliest int64 // the earliest start of any episode that met it
	by       *firing
}

// meeting is an incident that a firing meets.
type meeting struct {
	incident int32
	basis    Basis
}

// lateness is a firing that began late in an incident.
type lateness struct {
	firing   *firing
	incident int32
}

func newBench(g *ground, c *cast, of []*tie) *bench {
	return &bench{
		g: g, cast: c, ties: of,
		told: make([]told, len(g.incidents)), units: make([]tally, len(g.units)),
		now: make([]sight, len(g.incidents)), best: make([]glimpse, len(g.incidents)),
		hits: make([][]hit, len(c.rows)), missed: make([]set, len(c.rows)),
	}
}

// judge scores one rule.
func (b *bench) judge(r int32, texts []*tie) Score {
	row := &b.cast.rows[r]
	s := scoring{Score: Score{RuleKey: row.RuleKey, Line: row.line, Basis: BasisNone}}
	b.stamp++
	b.touched, b.late = b.touched[:0], b.late[:0]
	for _, a := range row.alerts {
		for i := range b.cast.alerts[a].fired {
			b.see(&s, a, &b.cast.alerts[a].fired[i])
		}
		b.keepSignals(a)
	}
	b.countLate(&s)
	b.recall(&s, r, b.deciding(row, texts))
	b.missed[r] = s.missed
	return s.finish()
}

// deciding is the ties that say which incidents are the rule's: those of the
// alerts that fired, else of those that were pending, else of the rule's text.
func (b *bench) deciding(row *row, texts []*tie) []*tie {
	var fired, pending []*tie
	for _, a := range row.alerts {
		if len(b.cast.alerts[a].fired) > 0 {
			fired = append(fired, b.ties[a])
		} else {
			pending = append(pending, b.ties[a])
		}
	}
	switch {
	case len(fired) > 0:
		return fired
	case len(pending) > 0:
		return pending
	}
	return texts
}

// see takes one firing of the rule.
func (b *bench) see(s *scoring, a int32, f *firing) {
	t := b.ties[a]
	b.places = t.meet(b.places[:0], f.span, b.g.lead)
	b.met = b.met[:0]
	counted := false
	for _, p := range b.places {
		o := t.own[p]
		b.met = append(b.met, meeting{o.incident, o.basis})
		counted = counted || b.g.incidents[o.incident].isLoss()
	}
	switch {
	case !t.always && !counted && !b.wasSeen(t, f):
		s.Unjudged++
	case len(b.met) == 0:
		s.Precision.Of++
		s.needless(f)
		for _, u := range t.units {
			b.units[u].actions.GivenNeedlessly++
		}
	default:
		s.Precision.Of++
		s.Precision.Count++
	}
	if len(b.met) > 0 {
		b.meet(s, f)
	}
}

// wasSeen tells whether the SLOs of the alert were watched for long enough while
// it fired.
func (b *bench) wasSeen(t *tie, f *firing) bool {
	if f.length() == 0 {
		return t.seen.contains(f.from)
	}
	return t.seen.total() > 0 && float64(t.seen.within(f.span)) >= b.g.o.Seen*float64(f.length())
}

// meet takes a firing that met incidents.
func (b *bench) meet(s *scoring, f *firing) {
	for _, m := range b.met {
		b.sight(m, f)
	}
	b.takeTiming(s, f)
	b.takeDuration(s, f)
}

// isOnset tells whether a firing began with the incident.
func (b *bench) isOnset(f *firing, in *incident) bool {
	return f.began >= in.from-b.g.lead && f.fired < in.to
}

// sight notes the firing against the incident.
func (b *bench) sight(m meeting, f *firing) {
	n, in := &b.now[m.incident], &b.g.incidents[m.incident]
	if n.stamp != b.stamp {
		*n = sight{stamp: b.stamp, earliest: f.fired, by: f}
		b.touched = append(b.touched, m.incident)
	}
	if f.fired < n.earliest {
		n.earliest, n.by = f.fired, f
	}
	n.isFresh = n.isFresh || f.fired >= in.from-standing.Milliseconds()
	onset := b.isOnset(f, in)
	if onset && (!n.isOnset || f.fired < n.onset) {
		n.isOnset, n.onset = true, f.fired
	}
	b.glimpse(m, f, onset)
}

// recall counts what the rule told of the incidents that are its own.
func (b *bench) recall(s *scoring, r int32, by []*tie) {
	all, units := newSet(len(b.g.incidents)), newSet(len(b.g.units))
	s.missed = newSet(len(b.g.incidents))
	var last *book
	for _, t := range by {
		s.Basis = stronger(s.Basis, t.basis)
		for _, u := range t.units {
			units.add(u)
		}
		if t.book != last {
			all.unite(t.has)
			last = t.book
		}
	}
	units.each(func(u int32) {
		s.addSLO(b.g.units[u].slo)
		b.units[u].rules = append(b.units[u].rules, s.RuleKey)
	})
	all.each(func(i int32) {
		if in := &b.g.incidents[i]; in.inWindow {
			b.recallOne(s, r, i, in)
		}
	})
	s.Recall = slo.Proportion{Count: s.caught, Of: s.own}
	s.Onset = slo.Proportion{Count: s.onsets, Of: s.own}
}

func (b *bench) recallOne(s *scoring, r, i int32, in *incident) {
	s.own++
	n := &b.now[i]
	fired := n.stamp == b.stamp
	if in.Burned != nil {
		s.Burned += *in.Burned
		if fired {
			s.Caught += *in.Burned
		}
	}
	if !fired {
		s.missed.add(i)
		return
	}
	s.caught++
	told := &b.told[i]
	told.ok, told.isFresh = true, told.isFresh || n.isFresh
	if !n.isOnset {
		return
	}
	s.onsets++
	s.takeOnset(n.onset, in)
	b.hits[r] = append(b.hits[r], hit{i, n.onset})
	if told.onsets == 0 || n.onset < told.first {
		told.first = n.onset
	}
	told.onsets++
}
