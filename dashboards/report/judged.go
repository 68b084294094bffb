package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/overlap"
	"github.com/burnish-sre/burnish/noise/route"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// Judged is what the alerts of the window are worth. Nil pointers are what
// nobody looked at.
type Judged struct {
	// Findings are what is wrong, in the order of expected effect.
	Findings []noise.Finding
	// Decisions are what to do, one for each rule, in the order of the verbs.
	Decisions []decide.Decision
	Judgement truth.Judgement
	Overlap   *overlap.Result
	Route     *route.Result
	Responses []truth.Response
	// Answers are the first answers to incidents, by their place in the
	// judgement; nil where no silences are known.
	Answers map[int]truth.Ack
	// Part tells that this is one team's part, of which is not known what
	// Alertmanager held back.
	Part bool
	// Woken is when episodes began and, where Alertmanager was replayed, when
	// notifications came, by the hours of the people; nil where nobody asked.
	Woken, WokenBy *truth.Woken
}

// TruthDocument is what is known of what really happened, and how well alerts
// told of it.
type TruthDocument struct {
	LeadSeconds float64      `json:"lead_seconds"`
	SLOs        []WatchedSLO `json:"slos"`
	BlindSpots  []string     `json:"blind_spots"`
	Unjudged    int          `json:"unjudged_episodes"`
	Actions     Actions      `json:"control_actions"`
}

// WatchedSLO is how well an SLO is watched by alerts.
type WatchedSLO struct {
	SLO       string            `json:"slo"`
	Labels    map[string]string `json:"labels"`
	Recall    slo.Proportion    `json:"recall"`
	Onset     slo.Proportion    `json:"onset_recall"`
	Burned    float64           `json:"budget_burned_ratio"`
	Caught    float64           `json:"budget_burned_while_told_ratio"`
	Detection *Spread           `json:"detection_seconds"`
	TellsUs   *string           `json:"told_by"`
	Rules     []string          `json:"rules"`
	Missed    []string          `json:"missed"`
	Actions   Actions           `json:"control_actions"`
}

// Actions counts the four unsafe control actions.
type Actions struct {
	NotGiven        int `json:"not_given"`
	GivenNeedlessly int `json:"given_needlessly"`
	WrongTime       int `json:"too_early_or_late"`
	WrongDuration   int `json:"stopped_too_soon_or_held_too_long"`
}

// Signal is an alert that fired about an incident, in order of onset.
type Signal struct {
	Rule       string            `json:"rule"`
	Group      *string           `json:"group"`
	Severity   *string           `json:"severity"`
	Labels     map[string]string `json:"labels"`
	FiredAt    time.Time         `json:"fired_at"`
	ResolvedAt *time.Time        `json:"resolved_at"`
	Onset      bool              `json:"onset"`
	Basis      truth.Basis       `json:"basis"`
}

// Redundancy is which rules say the same.
type Redundancy struct {
	Compared int            `json:"compared_pairs"`
	Pairs    []OverlapPair  `json:"pairs"`
	Clusters []RedundantSet `json:"clusters"`
}

// OverlapPair is a rule beside another.
type OverlapPair struct {
	Rule        string           `json:"rule"`
	Group       *string          `json:"group"`
	File        *string          `json:"file"`
	Severity    *string          `json:"severity"`
	Other       noise.RuleRef    `json:"other"`
	Relation    overlap.Relation `json:"relation"`
	On          []string         `json:"on"`
	Containment float64          `json:"containment_ratio"`
	Jaccard     float64          `json:"jaccard_ratio"`
	Lift        float64          `json:"lift"`
	Q           float64          `json:"false_discovery_ratio"`
	Starts      int              `json:"clusters_of_starts"`
	After       slo.Proportion   `json:"starts_after_other"`
	Lag         float64          `json:"median_lag_seconds"`
	First       int              `json:"first"`
	Alone       int              `json:"alone"`
}

// RedundantSet is a set of rules that say the same, and the one to keep.
type RedundantSet struct {
	Keep    noise.RuleRef   `json:"keep"`
	Members []noise.RuleRef `json:"members"`
}

// Receiver is how much a receiver was sent.
type Receiver struct {
	Name          string `json:"name"`
	Paging        bool   `json:"paging"`
	Notifications int    `json:"notifications"`
	Pages         int    `json:"pages"`
}

// newTruth is nil where no truth is known.
func newTruth(in Input) *TruthDocument {
	if in.Judged == nil || !in.Judged.Judgement.Known {
		return nil
	}
	j := &in.Judged.Judgement
	out := &TruthDocument{
		LeadSeconds: seconds(j.Options.Lead), SLOs: []WatchedSLO{}, BlindSpots: []string{},
		Unjudged: j.Unjudged, Actions: Actions(j.Actions),
	}
	for _, s := range j.SLOs {
		row := WatchedSLO{
			SLO: s.SLO, Labels: s.Labels.Map(), Recall: s.Recall, Onset: s.Onset,
			Burned: millionths(s.Burned), Caught: millionths(s.Caught), Detection: newSpread(s.Detection),
			Rules: []string{}, Missed: append([]string{}, s.Missed...), Actions: Actions(s.Actions),
		}
		for _, r := range s.Rules {
			row.Rules = append(row.Rules, r.Name)
		}
		if s.TellsUs != nil {
			row.TellsUs = &s.TellsUs.Name
		}
		out.SLOs = append(out.SLOs, row)
	}
	for i := range j.Incidents {
		if !j.Incidents[i].Told() {
			out.BlindSpots = append(out.BlindSpots, j.Incidents[i].ID)
		}
	}
	return out
}

// judgedIncidents are the incidents of the judgement, each with what told of it.
func judgedIncidents(in Input) []Incident {
	peaks := map[string]float64{}
	for _, g := range in.SLOs {
		for _, l := range g.Losses {
			peaks[l.ID] = l.Peak
		}
	}
	out := make([]Incident, 0, len(in.Judged.Judgement.Incidents))
	for i := range in.Judged.Judgement.Incidents {
		v := &in.Judged.Judgement.Incidents[i]
		row := Incident{
			ID: v.ID, SLO: known(v.SLO), Group: v.Labels.Map(), From: v.From.UTC(), To: v.To.UTC(),
			Declared: v.Declared, Severity: known(v.Severity), Note: known(v.Note),
			Signals: newSignals(v.Signals), DetectedBy: detectedBy(v.Signals),
		}
		row.Told = new(v.Told())
		if a, ok := in.Judged.Answers[i]; ok {
			row.AcknowledgedAt = new(a.At.UTC())
		}
		if v.Burned != nil {
			row.Burned = new(millionths(*v.Burned))
		}
		if peak, ok := peaks[v.ID]; ok {
			row.Peak = new(millionths(peak))
		}
		if d, ok := v.Detection(); ok {
			row.DetectedAt, row.Detection = new(v.DetectedAt.UTC()), new(seconds(d))
		}
		out = append(out, row)
	}
	return out
}

// detectedBy names the rules whose alerts began with the incident, soonest
// first, and then those that fired already.
func detectedBy(signals []truth.Signal) *[]string {
	out := []string{}
	for _, onset := range []bool{true, false} {
		for _, s := range signals {
			if s.Onset == onset && !slices.Contains(out, s.Name) {
				out = append(out, s.Name)
			}
		}
	}
	return &out
}

// signalsListed is how many signals of an incident are listed; a flood has
// thousands.
const signalsListed = 50

func newSignals(in []truth.Signal) []Signal {
	out := make([]Signal, 0, min(len(in), signalsListed))
	for _, s := range in[:min(len(in), signalsListed)] {
		row := Signal{
			Rule: s.Name, Group: known(s.Group), Severity: known(s.Severity), Labels: s.Labels.Map(),
			FiredAt: s.FiredAt.UTC(), Onset: s.Onset, Basis: s.Basis,
		}
		if !s.ResolvedAt.IsZero() {
			row.ResolvedAt = new(s.ResolvedAt.UTC())
		}
		out = append(out, row)
	}
	return out
}

func newRedundancy(in Input) *Redundancy {
	if in.Judged == nil || in.Judged.Overlap == nil {
		return nil
	}
	o := in.Judged.Overlap
	out := &Redundancy{Compared: o.Compared, Pairs: []OverlapPair{}, Clusters: []RedundantSet{}}
	for _, p := range o.Pairs {
		out.Pairs = append(out.Pairs, OverlapPair{
			Rule: p.A.Name, Group: known(p.A.Group), File: known(p.A.File), Severity: known(p.A.Severity), Other: p.B, Relation: p.Relation, On: append([]string{}, p.On...),
			Containment: millionths(p.Containment), Jaccard: millionths(p.Jaccard), Lift: millionths(p.Lift), Q: millionths(p.Q),
			Starts: p.Starts.Of, After: p.After, Lag: seconds(p.Median), First: p.First, Alone: p.Alone,
		})
	}
	for _, c := range o.Clusters {
		out.Clusters = append(out.Clusters, RedundantSet{Keep: c.Name, Members: append([]noise.RuleRef{}, c.Members...)})
	}
	return out
}

func newReceivers(in Input) []Receiver {
	if in.Judged == nil || in.Judged.Route == nil {
		return nil
	}
	out := []Receiver{}
	for _, c := range in.Judged.Route.Receivers {
		out = append(out, Receiver{Name: c.Receiver, Paging: c.Paging, Notifications: c.Notifications, Pages: c.Pages})
	}
	return out
}

// scores are the rules' scores by key; empty without truth.
func scores(in Input) map[noise.RuleKey]*truth.Score {
	if in.Judged == nil || !in.Judged.Judgement.Known {
		return nil
	}
	out := make(map[noise.RuleKey]*truth.Score, len(in.Judged.Judgement.Rules))
	for i := range in.Judged.Judgement.Rules {
		s := &in.Judged.Judgement.Rules[i]
		out[s.RuleKey] = s
	}
	return out
}

// sent is how many notifications each rule had a part in.
func sent(in Input) map[noise.RuleKey]route.RuleCount {
	if in.Judged == nil || in.Judged.Route == nil {
		return nil
	}
	out := make(map[noise.RuleKey]route.RuleCount, len(in.Judged.Route.Rules))
	for _, r := range in.Judged.Route.Rules {
		out[r.RuleKey] = r
	}
	return out
}

// totalSent is all notifications and pages; nil where nobody replayed them.
func totalSent(in Input) (notifications, pages *int) {
	if in.Judged == nil || in.Judged.Route == nil {
		return nil, nil
	}
	n, p := 0, 0
	for _, c := range in.Judged.Route.Receivers {
		n, p = n+c.Notifications, p+c.Pages
	}
	return &n, &p
}

// byID orders incidents by start, then id.
func byID(a, b Incident) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) }
