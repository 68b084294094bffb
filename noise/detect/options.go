package detect

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/burnish-sre/burnish/noise"
)

// Options are the limits of the detectors. The zero value of each field means
// its default, which is that of DefaultOptions. Shares are ratios in [0,1].
type Options struct {
	Disabled   []noise.Kind           `yaml:"disabled" doc:"Kinds of findings that are not looked for."`
	Standing   []string               `yaml:"standing" doc:"Alert names that fire by design, such as a dead man's switch. Rules with severity none or the expression vector(1) are taken as such without being named."`
	Severities map[string]noise.Level `yaml:"-"` // by default those of the summary

	FlapStarts      int            `yaml:"flap_starts" doc:"Starts of one alert that are flapping when they come within flap_within or flap_evaluations, whichever is longer."`
	FlapWithin      model.Duration `yaml:"flap_within" doc:"See flap_starts."`
	FlapEvaluations int            `yaml:"flap_evaluations" doc:"See flap_starts; evaluations of the rule's group."`
	FlapHigh        float64        `yaml:"flap_high" doc:"Weighted share of the last 20 evaluations in which an alert changed its state from which on it flaps, as in Nagios."`
	FlapLow         float64        `yaml:"flap_low" doc:"The share under which flapping ends."`

	Fleeting         model.Duration `yaml:"fleeting" doc:"Firing time up to which an episode is fleeting."`
	FleetingEpisodes int            `yaml:"fleeting_episodes" doc:"Fleeting episodes that a rule needs to be reported."`
	FleetingShare    float64        `yaml:"fleeting_share" doc:"Least share of a rule's ended episodes that are fleeting for it to be reported."`

	Stale       model.Duration `yaml:"stale" doc:"Firing time of one episode beyond which an alert is stale."`
	StaleShare  float64        `yaml:"stale_share" doc:"Share of the window that an alert fires, however often it blinks, from which on it is stale too."`
	StaleWindow model.Duration `yaml:"stale_window" doc:"Shortest window for which stale_share is looked at."`

	FloodStart int `yaml:"flood_start" doc:"Notifications to one receiver in ten minutes at which a flood starts."`
	FloodEnd   int `yaml:"flood_end" doc:"Notifications in ten minutes under which a flood ends."`

	RepeatPerWeek int     `yaml:"repeat_per_week" doc:"Episodes a week from which on a rule repeats itself."`
	RepeatShare   float64 `yaml:"repeat_share" doc:"Share of the episodes that must have had the same outcome."`

	BadActors        int     `yaml:"bad_actors" doc:"How many of the most frequent rules are bad actors."`
	BadActorShare    float64 `yaml:"bad_actor_share" doc:"Share of all starts that they must make together."`
	BadActorEpisodes int     `yaml:"bad_actor_episodes" doc:"Episodes that a bad actor needs to be reported."`

	NonActionableEpisodes int `yaml:"non_actionable_episodes" doc:"Episodes, none of them acknowledged and none near an incident, from which on a rule is non-actionable."`

	TightSamples int `yaml:"tight_samples" doc:"Samples of the left-hand side that are needed to speak of its 99.5th percentile."`

	MisleadingPrecision float64 `yaml:"misleading_precision" doc:"Share of a paging rule's episodes that met an incident under which its severity is misleading."`
	MisleadingEpisodes  int     `yaml:"misleading_episodes" doc:"Judged episodes that are needed to say so."`
	TicketIncidents     int     `yaml:"ticket_incidents" doc:"Incidents that a ticket must have told of for it to be compared with the pages of its SLO."`

	NearMissMargin float64 `yaml:"near_miss_margin" doc:"Largest change of a threshold or for, as a share of it, that still counts as a near miss."`

	DeadFactor float64 `yaml:"dead_factor" doc:"How many times the largest value ever seen the threshold of a silent rule must be to be mentioned."`

	ValueEpisodes int     `yaml:"value_episodes" doc:"Starts that are needed to say that a rule makes a new alert each time."`
	ValueShare    float64 `yaml:"value_share" doc:"Share of a rule's starts that brought a label set not seen before, from which on a label is taken to hold a value."`

	Refire model.Duration `yaml:"refire" doc:"Longest pause after which a start is taken to go on with the episode before."`

	StrongEpisodes int            `yaml:"strong_episodes" doc:"Episodes under which what was measured is called weak."`
	StrongWindow   model.Duration `yaml:"strong_window" doc:"Window under which what was measured is called weak."`

	// Suppressed tells whether a rule is excused from a kind; nil excuses none.
	Suppressed func(rule noise.RuleRef, kind noise.Kind) bool `yaml:"-" json:"-"`
}

// DefaultOptions are the limits of the standards and papers that each detector
// names as its source.
func DefaultOptions() Options {
	const day = model.Duration(24 * time.Hour)
	minutes := func(n int) model.Duration { return model.Duration(n) * model.Duration(time.Minute) }
	return Options{
		Standing:   []string{"Watchdog", "DeadMansSwitch", "InfoInhibitor"},
		FlapStarts: 3, FlapWithin: minutes(30), FlapEvaluations: 10, FlapHigh: 0.30, FlapLow: 0.25,
		Fleeting: minutes(5), FleetingEpisodes: 5, FleetingShare: 0.25,
		Stale: day, StaleShare: 0.9, StaleWindow: day / 2,
		FloodStart: 10, FloodEnd: 5,
		RepeatPerWeek: 5, RepeatShare: 0.9,
		BadActors: 10, BadActorShare: 0.05, BadActorEpisodes: 10,
		NonActionableEpisodes: 10,
		TightSamples:          1000,
		MisleadingPrecision:   0.10, MisleadingEpisodes: 10, TicketIncidents: 3,
		NearMissMargin: 0.2,
		DeadFactor:     1.2,
		ValueEpisodes:  5, ValueShare: 0.9,
		Refire:         minutes(30),
		StrongEpisodes: 10, StrongWindow: 7 * day,
	}
}

// withDefaults fills in what is not set.
func (o Options) withDefaults() Options {
	d := DefaultOptions()
	if o.Standing == nil {
		o.Standing = d.Standing
	}
	if o.Severities == nil {
		o.Severities = noise.DefaultSeverities()
	}
	for field, value := range map[*int]int{
		&o.FlapStarts: d.FlapStarts, &o.FlapEvaluations: d.FlapEvaluations,
		&o.FleetingEpisodes: d.FleetingEpisodes, &o.FloodStart: d.FloodStart, &o.FloodEnd: d.FloodEnd,
		&o.RepeatPerWeek: d.RepeatPerWeek, &o.BadActors: d.BadActors, &o.BadActorEpisodes: d.BadActorEpisodes,
		&o.NonActionableEpisodes: d.NonActionableEpisodes, &o.TightSamples: d.TightSamples,
		&o.MisleadingEpisodes: d.MisleadingEpisodes, &o.TicketIncidents: d.TicketIncidents,
		&o.ValueEpisodes: d.ValueEpisodes, &o.StrongEpisodes: d.StrongEpisodes,
	} {
		orDefault(field, value)
	}
	for field, value := range map[*float64]float64{
		&o.FlapHigh: d.FlapHigh, &o.FlapLow: d.FlapLow, &o.FleetingShare: d.FleetingShare, &o.StaleShare: d.StaleShare,
		&o.RepeatShare: d.RepeatShare, &o.BadActorShare: d.BadActorShare, &o.MisleadingPrecision: d.MisleadingPrecision,
		&o.NearMissMargin: d.NearMissMargin, &o.DeadFactor: d.DeadFactor, &o.ValueShare: d.ValueShare,
	} {
		orDefault(field, value)
	}
	for field, value := range map[*model.Duration]model.Duration{
		&o.FlapWithin: d.FlapWithin, &o.Fleeting: d.Fleeting, &o.Stale: d.Stale, &o.StaleWindow: d.StaleWindow,
		&o.Refire: d.Refire, &o.StrongWindow: d.StrongWindow,
	} {
		orDefault(field, value)
	}
	return o
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// level is the priority that a severity label stands for.
func (o *Options) level(severity string) noise.Level {
	if l, ok := o.Severities[lower(severity)]; ok {
		return l
	}
	return noise.LevelUnclassified
}
