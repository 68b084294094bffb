package truth

import (
	"cmp"
	"slices"
	"time"
)

// glimpse is what one alert told of an incident: its first onset, else its first
// firing that met it.
type glimpse struct {
	alert   int32
	isOnset bool
	basis   Basis
	firing  *firing
}

// signals are the first few glimpses of an incident, in order once it is judged.
type signals struct {
	list   []glimpse
	hidden int
}

// glimpse notes a firing of the alert that is looked at. Firings come by start.
func (b *bench) glimpse(m meeting, f *firing, onset bool) {
	g := &b.best[m.incident]
	if g.firing == nil {
		b.glanced = append(b.glanced, m.incident)
	} else if g.isOnset || !onset {
		return
	}
	*g = glimpse{isOnset: onset, basis: m.basis, firing: f}
}

// keepSignals adds what the alert told to the incidents that it met.
func (b *bench) keepSignals(alert int32) {
	for _, i := range b.glanced {
		g := &b.best[i]
		g.alert = alert
		if b.g.incidents[i].inWindow {
			b.told[i].signals.add(*g, b.g.o.Signals)
		}
		*g = glimpse{}
	}
	b.glanced = b.glanced[:0]
}

// add keeps the first of the glimpses, and twice as many as are wanted until it
// is worth while to sort them.
func (s *signals) add(g glimpse, most int) {
	s.list = append(s.list, g)
	if len(s.list) >= 2*most {
		s.cut(most)
	}
}

// cut sorts the glimpses and drops what is beyond the most that are wanted.
func (s *signals) cut(most int) {
	slices.SortFunc(s.list, compareGlimpses)
	if len(s.list) > most {
		s.hidden += len(s.list) - most
		s.list = s.list[:most]
	}
}

// compareGlimpses puts onsets first, by when they fired.
func compareGlimpses(a, b glimpse) int {
	if a.isOnset != b.isOnset {
		if a.isOnset {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(a.firing.fired, b.firing.fired), cmp.Compare(a.alert, b.alert))
}

// verdict is what became known of an incident.
func (b *bench) verdict(i int32) Verdict {
	t := &b.told[i]
	t.signals.cut(b.g.o.Signals)
	v := Verdict{Incident: b.g.incidents[i].Incident, Hidden: t.signals.hidden}
	for _, u := range b.g.incidents[i].units {
		v.SLOs = append(v.SLOs, int(u))
	}
	if t.onsets > 0 {
		v.DetectedAt = instant(t.first)
	}
	for _, g := range t.signals.list {
		a := &b.cast.alerts[g.alert]
		v.Signals = append(v.Signals, Signal{
			RuleKey: b.cast.rows[a.row].RuleKey, Labels: a.labels,
			FiredAt: instant(g.firing.fired), ResolvedAt: resolved(g.firing),
			Onset: g.isOnset, Basis: g.basis,
		})
	}
	return v
}

func resolved(f *firing) time.Time {
	if f.Open() {
		return time.Time{}
	}
	return f.ResolvedAt.UTC()
}
