package truth

import (
	"cmp"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// answersTo is the first answer to each incident, by its place: a silence that
// was made, no earlier than the first onset, on an alert about the incident
// while an episode of it fired that met the incident.
func answersTo(c Case, j Judgement, silences []noise.Silence) map[int]Ack {
	byAlert := map[string][]Ack{}
	for _, a := range Acknowledged(c.History.Episodes, silences, j.Window.To) {
		key := alertName(a.Rule, a.Labels)
		byAlert[key] = append(byAlert[key], a)
	}
	out := map[int]Ack{}
	if len(byAlert) == 0 {
		return out
	}
	for i := range j.Incidents {
		if a, ok := j.answer(&j.Incidents[i], byAlert); ok {
			out[i] = a
		}
	}
	return out
}

func alertName(name string, ls labels.Labels) string { return name + "\x00" + ls.String() }

func (j *Judgement) answer(v *Verdict, byAlert map[string][]Ack) (first Ack, ok bool) {
	if v.DetectedAt.IsZero() {
		return Ack{}, false
	}
	var all []Ack
	for _, s := range v.Signals {
		for _, a := range byAlert[alertName(s.Name, s.Labels)] {
			if !a.At.Before(v.DetectedAt) && j.meets(a.Episode, v) {
				all = append(all, a)
			}
		}
	}
	if len(all) == 0 {
		return Ack{}, false
	}
	return slices.MinFunc(all, func(a, b Ack) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(unmarked(a.Marked), unmarked(b.Marked)))
	}), true
}

// meets tells whether the episode fired during the incident, lead included.
func (j *Judgement) meets(e noise.Episode, v *Verdict) bool {
	ends := v.To
	if ends.IsZero() {
		ends = j.Window.To
	}
	return e.FiredAt.Before(ends) && !e.Firing(j.Window.To).To.Before(v.From.Add(-j.Options.Lead))
}
