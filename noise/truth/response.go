package truth

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Mean is a mean duration and how many were averaged. With Count 0 it is not
// known.
type Mean struct {
	Mean  time.Duration
	Count int
}

// Known tells whether there was anything to average.
func (m Mean) Known() bool { return m.Count > 0 }

// Response is how often a service or an SLO was in trouble, and how fast people
// knew of it, answered and restored it. Incidents of one service that overlap or
// touch are one failure. An edge of a failure on or beyond the window's edge is
// not known, and what needs it is not measured.
type Response struct {
	// SLO is the SLO's id; empty for a service. Service is the label of that
	// name; where incidents have none, Labels are all that they have.
	SLO, Service string
	Labels       labels.Labels

	Incidents int // in the window
	Failures  int // after those that overlap were joined

	// MTBF is the mean time from the start of one failure to the start of the
	// next; MTTF from the end of one to the start of the next. With fewer than
	// two failures they are not known.
	MTBF, MTTF Mean
	// MTTR is the mean time from a failure's start to its end: to restore, and
	// detection is part of it.
	MTTR Mean
	// Detection is the mean time from an incident's start to the first onset of
	// an alert, never negative, of the incidents that have one.
	Detection Mean
	// MTTA is the mean time from that onset to the first silence made while an
	// alert about the incident fired, of the incidents that were so answered.
	// Acknowledged is the share of the incidents with an onset that were, and
	// Marked how many of them by a silence that calls itself one.
	MTTA         Mean
	Acknowledged slo.Proportion
	Marked       int
}

// Respond measures the response to the incidents of a judgement: services first,
// then SLOs, each by name. Without silences (nil) nobody can tell whether
// anything was acknowledged. Only the signals that a verdict lists are looked at.
// Source of the measures: docs/truth.md.
func Respond(c Case, j Judgement, silences []noise.Silence) []Response {
	if !j.Known {
		return nil
	}
	answers := answersTo(c, j, silences)
	gathered := map[string]*gathering{}
	for i := range j.Incidents {
		v := &j.Incidents[i]
		for _, r := range ownersOf(v, j.SLOs) {
			gather(gathered, r).add(v, answers[i])
		}
	}
	for _, w := range c.Watched {
		if service := w.Labels.Get("service"); service != "" {
			gather(gathered, Response{Service: service, Labels: labels.FromStrings("service", service)})
		}
	}
	for _, s := range j.SLOs {
		gather(gathered, Response{SLO: s.SLO, Service: s.Labels.Get("service"), Labels: s.Labels})
	}
	var out []Response
	for _, g := range gathered {
		out = append(out, g.finish(j.Window, silences != nil))
	}
	slices.SortFunc(out, func(a, b Response) int {
		return cmp.Or(cmp.Compare(a.SLO, b.SLO), cmp.Compare(a.Service, b.Service), labels.Compare(a.Labels, b.Labels))
	})
	return out
}

// ownersOf is whose incident it is: a service's, and that of each SLO that it is
// an incident of.
func ownersOf(v *Verdict, slos []SLOScore) []Response {
	owner := Response{Service: v.Labels.Get("service"), Labels: v.Labels}
	if owner.Service != "" {
		owner.Labels = labels.FromStrings("service", owner.Service)
	}
	owners := []Response{owner}
	for _, u := range v.SLOs {
		s := slos[u]
		owners = append(owners, Response{SLO: s.SLO, Service: s.Labels.Get("service"), Labels: s.Labels})
	}
	return owners
}

// gathering is what is known of one owner.
type gathering struct {
	Response
	incidents []slo.Interval
	detection []time.Duration
	answers   []time.Duration
}

func gather(all map[string]*gathering, r Response) *gathering {
	key := r.SLO + "\x00" + r.Labels.String()
	if all[key] == nil {
		all[key] = &gathering{Response: r}
	}
	return all[key]
}

func (g *gathering) add(v *Verdict, answer Ack) {
	g.Incidents++
	g.incidents = append(g.incidents, v.Interval)
	d, known := v.Detection()
	if !known {
		return
	}
	g.detection = append(g.detection, d)
	if answer.At.IsZero() {
		return
	}
	g.answers = append(g.answers, answer.At.Sub(v.DetectedAt))
	if answer.Marked {
		g.Marked++
	}
}

func (g *gathering) finish(window slo.Interval, asked bool) Response {
	r := g.Response
	r.Detection, r.MTTA = meanOf(g.detection), meanOf(g.answers)
	if asked {
		r.Acknowledged = slo.Proportion{Count: len(g.answers), Of: len(g.detection)}
	}
	var between, up, down []time.Duration
	failures := failuresOf(g.incidents, window)
	for i, f := range failures {
		starts, ends := f.From.After(window.From), f.To.Before(window.To)
		if starts && ends {
			down = append(down, f.Duration())
		}
		if i == 0 {
			continue
		}
		up = append(up, f.From.Sub(failures[i-1].To))
		if failures[i-1].From.After(window.From) {
			between = append(between, f.From.Sub(failures[i-1].From))
		}
	}
	r.Failures = len(failures)
	r.MTBF, r.MTTF, r.MTTR = meanOf(between), meanOf(up), meanOf(down)
	return r
}

// failuresOf joins incidents that overlap or touch; one without an end goes on
// beyond the window.
func failuresOf(incidents []slo.Interval, window slo.Interval) []slo.Interval {
	sorted := slices.SortedFunc(slices.Values(incidents), func(a, b slo.Interval) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To))
	})
	var out []slo.Interval
	for _, i := range sorted {
		if i.To.IsZero() && i.From.Before(window.To) {
			i.To = window.To
		}
		if n := len(out); n > 0 && !i.From.After(out[n-1].To) {
			if i.To.After(out[n-1].To) {
				out[n-1].To = i.To
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

func meanOf(all []time.Duration) Mean {
	if len(all) == 0 {
		return Mean{}
	}
	var sum float64
	for _, d := range all {
		sum += float64(d)
	}
	return Mean{time.Duration(sum / float64(len(all))), len(all)}
}
