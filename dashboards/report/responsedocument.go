package report

import (
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// IncidentMetric is how often a service or an SLO was in trouble, and how fast
// people knew of it, answered and restored it.
type IncidentMetric struct {
	SLO          *string           `json:"slo"`
	Service      *string           `json:"service"`
	Labels       map[string]string `json:"labels"`
	Incidents    int               `json:"incidents"`
	Failures     int               `json:"failures"`
	MTBF         *Mean             `json:"mtbf_seconds"`
	MTTF         *Mean             `json:"mttf_seconds"`
	MTTR         *Mean             `json:"mttr_seconds"`
	MTTA         *Mean             `json:"mtta_seconds"`
	Detection    *Mean             `json:"detection_seconds"`
	Acknowledged slo.Proportion    `json:"acknowledged"`
	Marked       int               `json:"marked"`
}

// Mean is a mean duration in seconds and how many it was taken of.
type Mean struct {
	Mean  float64 `json:"mean"`
	Count int     `json:"count"`
}

// WokenDocument is when episodes began and when notifications came; the latter
// is nil where nobody replayed them.
type WokenDocument struct {
	Episodes      *Moments `json:"episodes"`
	Notifications *Moments `json:"notifications"`
}

// Moments counts by the hours of the people who are told.
type Moments struct {
	Asleep    int            `json:"asleep"`
	OffHours  int            `json:"off_hours"`
	AtWork    int            `json:"at_work"`
	Deploying slo.Proportion `json:"deploying"`
}

// Held counts the episodes that reached no receiver, by what held them back.
type Held struct {
	Inhibition int `json:"by_inhibition"`
	Silence    int `json:"by_silence"`
	Time       int `json:"by_time"`
}

// newIncidentMetrics is nil where no truth is known.
func newIncidentMetrics(in Input) []IncidentMetric {
	if in.Judged == nil || !in.Judged.Judgement.Known {
		return nil
	}
	out := make([]IncidentMetric, 0, len(in.Judged.Responses))
	for _, r := range in.Judged.Responses {
		out = append(out, IncidentMetric{
			SLO: known(r.SLO), Service: known(r.Service), Labels: r.Labels.Map(), Incidents: r.Incidents, Failures: r.Failures,
			MTBF: newMean(r.MTBF), MTTF: newMean(r.MTTF), MTTR: newMean(r.MTTR), MTTA: newMean(r.MTTA), Detection: newMean(r.Detection),
			Acknowledged: r.Acknowledged, Marked: r.Marked,
		})
	}
	return out
}

func newMean(m truth.Mean) *Mean {
	if !m.Known() {
		return nil
	}
	return &Mean{seconds(m.Mean), m.Count}
}

func newWoken(in Input) *WokenDocument {
	if in.Judged == nil || in.Judged.Woken == nil && in.Judged.WokenBy == nil {
		return nil
	}
	return &WokenDocument{Episodes: newMoments(in.Judged.Woken), Notifications: newMoments(in.Judged.WokenBy)}
}

func newMoments(w *truth.Woken) *Moments {
	if w == nil {
		return nil
	}
	return new(Moments(w.All))
}

func newHeld(in Input) *Held {
	if in.Judged == nil || in.Judged.Route == nil || in.Judged.Part {
		return nil
	}
	h := in.Judged.Route.Held
	return &Held{h.ByInhibition, h.BySilence, h.ByTime}
}

func routeAssumed(in Input) *bool {
	if in.Judged == nil || in.Judged.Route == nil {
		return nil
	}
	return &in.Judged.Route.Assumed
}
