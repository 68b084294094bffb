package simulate

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const minutesPerDay = 24 * 60

// state is the shop minute by minute, before anybody measures it.
type state struct {
	from    time.Time
	minutes int
	seed    uint64
	load    []float64 // traffic as a ratio of its mean
	flows   map[string]*flow
	deploys []deploy // ordered by time
	calm    []bool   // minutes in which chance does nothing
}

// flow is what a service did: requests per second, the ratio that failed, and
// latency as a factor of the usual.
type flow struct {
	rate, errors, slow []float64
}

func newState(sh shop, st story, o Options) *state {
	s := &state{from: o.from(), minutes: o.Days * minutesPerDay, seed: o.Seed, flows: map[string]*flow{}}
	s.calm = s.calmMinutes(st)
	s.load = s.traffic(st)
	for _, svc := range sh.Services {
		s.flows[svc.Name] = s.flow(svc, st)
	}
	s.deploys = s.planDeploys(sh, st)
	return s
}

// calmMinutes are those around an incident that no rule looks for, so that
// nothing else draws an eye to it.
func (s *state) calmMinutes(st story) []bool {
	calm := make([]bool, s.minutes)
	for _, p := range st.Planted {
		for _, i := range st.Incidents {
			if p.Kind == "incident nobody was told of" && p.Incident == i.ID {
				at := i.minutes()
				fill(calm, span{at.from - 20, at.to + 10}, true)
			}
		}
	}
	return calm
}

func fill[T any](values []T, at span, v T) {
	at = at.clamp(len(values))
	for m := at.from; m < at.to; m++ {
		values[m] = v
	}
}

// traffic follows the day (least at four in the morning, most in the evening)
// and the week (busiest at the weekend), and is one on average.
func (s *state) traffic(st story) []float64 {
	noise := newDrift(draw(s.seed, "traffic"), 0.04, 45)
	out := make([]float64, s.minutes)
	for m := range out {
		t := s.from.Add(time.Duration(m) * time.Minute)
		hour := float64(t.Hour()) + float64(t.Minute())/60
		day := 1 - math.Cos(2*math.Pi*(hour-4)/24)
		evening := math.Exp(-math.Pow((hour-20)/2.2, 2))
		week := 0.95
		if d := t.Weekday(); d == time.Saturday || d == time.Sunday {
			week = 1.15
		}
		out[m] = week * (0.12 + 0.75*day + 0.6*evening) * (1 + noise.next())
	}
	for _, i := range st.Incidents {
		for _, e := range i.Effects {
			if e.Traffic > 0 {
				s.each(i, e, func(m int, size float64) { out[m] *= 1 - e.Traffic*size })
			}
		}
	}
	return out
}

// each visits the minutes in which an effect of an incident is felt, with its
// size at that minute: one, or on a ramp a growing part of it.
func (s *state) each(i incident, e effect, visit func(minute int, size float64)) {
	whole := i.minutes()
	at := span{whole.from + e.From, whole.to}
	if e.To > 0 {
		at.to = whole.from + e.To
	}
	for m := max(0, at.from); m < min(at.to, s.minutes); m++ {
		size := 1.0
		if e.Ramp {
			size = float64(m-at.from+1) / float64(at.to-at.from)
		}
		visit(m, size)
	}
}

// flow computes a service from its own troubles and from those of the services
// that it needs, which are computed before it.
func (s *state) flow(svc service, st story) *flow {
	f := &flow{
		rate: make([]float64, s.minutes), errors: make([]float64, s.minutes), slow: make([]float64, s.minutes),
	}
	own := newDrift(draw(s.seed, "rate "+svc.Name), 0.03, 20)
	latency := newDrift(draw(s.seed, "latency "+svc.Name), 0.05, 8)
	for m := range s.minutes {
		f.rate[m] = svc.Rate * s.load[m] * (1 + own.next())
		f.errors[m] = svc.Errors
		f.slow[m] = math.Exp(latency.next()) * (1 + 0.06*math.Pow(s.load[m], 2))
	}
	s.spikes(svc, f)
	for _, i := range st.Incidents {
		for _, e := range i.Effects {
			if e.On == svc.Name {
				s.each(i, e, f.apply(e))
			}
		}
	}
	for _, need := range sortedKeys(svc.Needs) {
		s.cascade(f, s.flows[need], svc.Needs[need])
	}
	return f
}

func (f *flow) apply(e effect) func(int, float64) {
	return func(m int, size float64) {
		f.errors[m] = 1 - (1-f.errors[m])*(1-e.Errors*size)
		if e.Slow > 0 {
			f.slow[m] *= 1 + (e.Slow-1)*size
		}
	}
}

// cascade lets the errors and the slowness of a needed service through, as far
// as requests go that way. What fails on a good day is retried and not felt.
func (s *state) cascade(f, needed *flow, share float64) {
	for m := range s.minutes {
		if e := needed.errors[m]; e > 0.002 {
			f.errors[m] = 1 - (1-f.errors[m])*(1-share*e)
		}
		f.slow[m] *= 1 + share*max(0, needed.slow[m]-1.3)
	}
}

// spikes are slow minutes without any consequence, for services that have a
// nightly batch as well: caches that run cold, collections of garbage.
func (s *state) spikes(svc service, f *flow) {
	if !svc.Batch {
		return
	}
	rng := draw(s.seed, "spikes "+svc.Name)
	for m := 0; m < s.minutes; m++ {
		chance, factor, lasts := rng.Float64(), 2.2+2*rng.Float64(), 1+rng.IntN(3)
		if chance > 0.013*s.load[m] || s.calm[m] {
			continue
		}
		for k := m; k < min(m+lasts, s.minutes); k++ {
			f.slow[k] *= factor
		}
		m += 20
	}
}

// planDeploys adds to the story's deploys those of ordinary working days, away
// from every incident.
func (s *state) planDeploys(sh shop, st story) []deploy {
	rng := draw(s.seed, "deploys")
	var out []deploy
	for _, d := range st.Deploys {
		if d.At.minutes() < s.minutes {
			out = append(out, d)
		}
	}
	for day := range s.minutes / minutesPerDay {
		weekday := s.from.AddDate(0, 0, day).Weekday()
		for range 2 + rng.IntN(2) {
			svc := sh.Services[rng.IntN(len(sh.Services))].Name
			m := day*minutesPerDay + 9*60 + rng.IntN(8*60)
			if weekday == time.Saturday || weekday == time.Sunday || s.troubled(st, svc, m) {
				continue
			}
			version := fmt.Sprintf("v%d", 300+day*4+rng.IntN(4))
			out = append(out, deploy{Service: svc, At: offset(time.Duration(m) * time.Minute), Version: version})
		}
	}
	slices.SortStableFunc(out, func(a, b deploy) int { return int(a.At - b.At) })
	return out
}

// troubled tells whether a minute is near an incident, near the restart of
// Prometheus, or on a day on which the story itself deploys the service.
func (s *state) troubled(st story, svc string, minute int) bool {
	near := span{minute - 60, minute + 60}
	if near.contains(st.Restart.At.minutes()) {
		return true
	}
	for _, i := range st.Incidents {
		if at := i.minutes(); at.from < near.to && near.from < at.to {
			return true
		}
	}
	return slices.ContainsFunc(st.Deploys, func(d deploy) bool {
		return d.Service == svc && d.At.minutes()/minutesPerDay == minute/minutesPerDay
	})
}
