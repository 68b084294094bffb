package truth

import (
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// Case is what is judged: the alerts of a window and what is known of the truth.
type Case struct {
	History   noise.History
	Incidents []noise.Incident
	// Watched are the SLOs whose events were counted, so that no incident of
	// theirs means that there was none while they were seen.
	Watched []Watched
	// Declared tells that a list of declared incidents was given. It is taken as
	// complete: time in it without an incident was good.
	Declared bool
}

// Watched is one SLO, or one group of one, whose truth is known.
type Watched struct {
	SLO     string        // slo.SLO.ID
	Labels  labels.Labels // service, group labels: whose promise it is
	Covered []slo.Interval
}

// Options say how alerts are tied to incidents. The zero value of each field
// means its default.
type Options struct {
	// Window is what is judged; by default the history's own window.
	Window slo.Interval
	// Lead is how long before an incident an alert may have ended, or have
	// begun, and still be about it; 10 minutes.
	Lead time.Duration
	// Join are the labels by which a rule is tied to an SLO; by default
	// service, job, namespace, cluster.
	Join []string
	// Mappings tie rules to SLOs or incidents by hand. They win over labels.
	Mappings []Mapping

	// Seen is the least share of an episode's firing time in which the events of
	// its SLOs were counted, to say that it met no incident; in (0,1], 0.5. It
	// does not matter where a list of incidents was declared.
	Seen float64
	// Support, Lift and FDR guard a measured association: in how many separate
	// incidents the rule began to fire at least, 3; how many times more often
	// than chance, 2; the false-discovery rate over all pairs, 0.05.
	Support int
	Lift    float64
	FDR     float64

	// Late and LateShare bound when an alert is too late: after more than Late,
	// 5 minutes, and more than that share of the incident's length, 0.25.
	Late      time.Duration
	LateShare float64
	// Soon is the share of the incident that must be over before an alert may
	// end while it goes on; 0.5.
	Soon float64
	// Held and HeldShare bound when an alert is held too long: more than Held,
	// 15 minutes, and more than that share of the incident's length, 1, after
	// its end.
	Held      time.Duration
	HeldShare float64

	// Signals is how many signals a verdict lists at most; 500.
	Signals int
}

// Mapping ties the alerts that match to an SLO.
type Mapping struct {
	Alerts []*labels.Matcher // on the alert's labels with the alertname
	SLO    string            // slo.SLO.ID; empty says that the alerts belong to none
}

// Basis says why a rule's alerts are taken to be about incidents.
type Basis string

// The bases, from the strongest to none.
const (
	BasisMapping  Basis = "mapping"  // somebody said so
	BasisLabels   Basis = "labels"   // shared labels are equal
	BasisOpen     Basis = "open"     // no label speaks for or against; declared incidents only
	BasisMeasured Basis = "measured" // they come together more often than chance explains
	BasisNone     Basis = "none"     // nothing ties them: the rule is not judged
)

// Judgement is how the alerts of a window did.
type Judgement struct {
	Window  slo.Interval
	Options Options // as applied, defaults filled in
	// Known tells whether there is any truth. Without it nothing else is said.
	Known     bool
	Rules     []Score    // every rule of the summary's keys, ordered by key
	SLOs      []SLOScore // ordered by SLO and labels
	Incidents []Verdict  // ordered by start
	Actions   Actions    // of all rules and incidents together
	// Unjudged counts the firing episodes that no truth could judge.
	Unjudged int
}

// Score is how well one rule told of incidents.
type Score struct {
	noise.RuleKey
	Line  int
	Basis Basis
	SLOs  []string // those it is tied to, sorted
	// Lift is how many times more often it fired in the incidents than chance
	// explains, where the basis is measured; else 0.
	Lift float64

	// Precision is the share of its firing episodes, of those that can be
	// judged, that overlap an incident of its own, Lead included.
	Precision slo.Proportion
	// Recall is the share of its incidents in which it fired; Onset the share in
	// which an episode of it began between Lead before the start and the end.
	Recall, Onset slo.Proportion
	// Burned is the budget share of its incidents that is known, and Caught the
	// part of it in incidents in which it fired.
	Burned, Caught float64

	Detection noise.Spread // incident start to FiredAt, of onsets; never negative
	Lead      noise.Spread // FiredAt to incident start, of onsets that came before
	Reset     noise.Spread // incident end to ResolvedAt, of episodes that outlast it
	First     int          // incidents of whose onsets its was the first; ties count for each
	Alone     int          // incidents of which it alone had an onset
	Unjudged  int          // firing episodes that no truth could judge
	Actions   Actions
	// Needless are the first few episodes that met no incident, the longest
	// first; at most three.
	Needless []noise.Episode
}

// Actions counts unsafe control actions: by incident for those not given, by
// episode for the others.
type Actions struct {
	NotGiven, GivenNeedlessly, WrongTime, WrongDuration int
}

// SLOScore is how well an SLO was watched by alerts.
type SLOScore struct {
	SLO    string
	Labels labels.Labels
	Rules  []noise.RuleKey // the rules tied to it, by key
	// Recall is the share of its incidents of which at least one alert told.
	Recall, Onset slo.Proportion
	// Burned is the budget that its incidents cost, in shares of the window's
	// budget; Caught is the part in incidents that an alert told of.
	Burned, Caught float64
	Detection      noise.Spread // of the first alert of each incident
	// TellsUs is the rule that has an onset in most of its incidents, of several
	// the soonest; nil where none has: a blind spot.
	TellsUs *noise.RuleKey
	// Missed are the ids of the incidents that nobody was told of, as Verdict.Told
	// has it: an alert that had stood for a day counts for Recall and not here.
	Missed  []string
	Actions Actions
}

// Verdict is what became known of one incident.
type Verdict struct {
	noise.Incident
	// SLOs are the places in Judgement.SLOs of those that it is a loss of.
	SLOs []int
	// Signals are the alerts (label sets) that fired about it, each once: those
	// that began with it first, by when they fired, then those that fired
	// already. Hidden counts those beyond Options.Signals.
	Signals []Signal
	Hidden  int
	// DetectedAt is when the first onset fired; zero where none did.
	DetectedAt time.Time
}

// standing is how long before an incident an alert may have begun to fire and
// still tell of it: one that has stood for longer says nothing new (ISA-18.2 calls
// it stale after 24 hours).
const standing = 24 * time.Hour

// Told tells whether anybody was told of the incident: an alert began with it, or
// was firing about it and had not stood for a day.
func (v Verdict) Told() bool {
	return slices.ContainsFunc(v.Signals, func(s Signal) bool {
		return s.Onset || v.From.Sub(s.FiredAt) <= standing
	})
}

// Detection is the time from the incident's start to the first onset, never
// negative; known is false where there was none.
func (v Verdict) Detection() (d time.Duration, known bool) {
	if v.DetectedAt.IsZero() {
		return 0, false
	}
	return max(0, v.DetectedAt.Sub(v.From)), true
}

// Signal is one alert that fired about an incident: a contributing signal, not a
// cause. Its times are of its first onset, else of its first episode that met the
// incident.
type Signal struct {
	noise.RuleKey
	Labels     labels.Labels
	FiredAt    time.Time
	ResolvedAt time.Time // zero while open
	Onset      bool      // it began with the incident; else it fired already
	Basis      Basis
}
