package detect

import (
	"sort"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/truth"
)

// markAcks marks the episodes while which somebody made a silence that mutes
// them. A silence that names an alertname is held only against that name's
// alerts, so that many silences cost little.
func (m *measured) markAcks(silences []noise.Silence) {
	if len(silences) == 0 {
		return
	}
	byName := map[string][]int32{}
	for id := range m.alerts {
		name := m.rules[m.alerts[id].rule].ref.Name
		byName[name] = append(byName[name], int32(id))
	}
	made := map[int32][]int64{} // by alert
	for i := range silences {
		s := &silences[i]
		if at := s.From.UnixMilli(); at >= m.from && at < m.to {
			m.muted(s, byName, func(id int32) { made[id] = append(made[id], at) })
		}
	}
	if len(made) == 0 {
		return
	}
	for _, times := range made {
		sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	}
	for i := range m.rules {
		noteAcked(m.rules[i].starts, made)
	}
}

func noteAcked(starts []start, made map[int32][]int64) {
	for k := range starts {
		s := &starts[k]
		times := made[s.alert]
		if i := sort.Search(len(times), func(i int) bool { return times[i] >= s.from }); i < len(times) && times[i] < s.to {
			s.marks |= markAcked
		}
	}
}

// muted calls f for each alert that the silence mutes.
func (m *measured) muted(s *noise.Silence, byName map[string][]int32, f func(id int32)) {
	try := func(ids []int32) {
		for _, id := range ids {
			a := &m.alerts[id]
			b := labels.NewBuilder(a.labels)
			b.Set(labels.AlertName, m.rules[a.rule].ref.Name)
			if s.Mutes(b.Labels()) {
				f(id)
			}
		}
	}
	if names, ok := namesOf(s); ok {
		for name := range names {
			try(byName[name])
		}
		return
	}
	for _, ids := range byName {
		try(ids)
	}
}

// namesOf is the alertnames that the silence is about; ok is false where one of
// its sets does not name one.
func namesOf(s *noise.Silence) (names map[string]struct{}, ok bool) {
	names = map[string]struct{}{}
	for _, set := range s.Matchers {
		named := false
		for _, m := range set {
			if m.Name == labels.AlertName && m.Type == labels.MatchEqual {
				names[m.Value], named = struct{}{}, true
			}
		}
		if !named {
			return nil, false
		}
	}
	return names, true
}

// signal is an episode as a verdict names it.
type signal struct {
	rule int
	hash uint64
	at   int64
}

// markIncidents marks the episodes that fired about an incident.
func (m *measured) markIncidents(j *truth.Judgement) {
	if j == nil || !j.Known {
		return
	}
	about := map[signal]struct{}{}
	for _, v := range j.Incidents {
		for _, s := range v.Signals {
			if rule, ok := m.byKey[s.RuleKey]; ok {
				about[signal{rule, s.Labels.Hash(), s.FiredAt.UnixMilli()}] = struct{}{}
			}
		}
	}
	if len(about) == 0 {
		return
	}
	for i := range m.rules {
		for k := range m.rules[i].starts {
			s := &m.rules[i].starts[k]
			if _, ok := about[signal{i, m.alerts[s.alert].hash, s.from}]; ok {
				s.marks |= markIncident
			}
		}
	}
}
