package route

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// The defaults of [Options].
const (
	// DefaultResendEvery is how often Prometheus tells of an alert again with
	// its own resend delay of a minute and rules evaluated every 15 s: at the
	// first evaluation that is later than the delay.
	DefaultResendEvery = 75 * time.Second
	// DefaultResolvedFor is how long Prometheus goes on telling of an alert that
	// resolved (resolvedRetention in rules/alerting.go).
	DefaultResolvedFor = 15 * time.Minute
	// DefaultLostAfter is how long after the last word of an alert Alertmanager
	// takes it for resolved: Prometheus gives it four resend delays.
	DefaultLostAfter = 4 * time.Minute
	// DefaultMaxListed is how many alerts all notifications together list.
	DefaultMaxListed = 16_000_000
)

// warmUp bounds how long before the window a replay begins. An alert that has
// fired for longer is taken to have begun then.
const warmUp = 14 * 24 * time.Hour

// Options say what a replay is to assume. The zero value of each field means its
// default.
type Options struct {
	// Window is the time whose notifications are told; by default all that the
	// episodes reach. Episodes before it are replayed too, so that timers are
	// where they would be.
	Window slo.Interval
	// Silences are those that were in force.
	Silences []noise.Silence
	// ExternalLabels are added to each alert that does not carry them, as
	// Prometheus does on sending.
	ExternalLabels labels.Labels
	// Paging tells which receivers page; nil means the default of [Paging].
	Paging *Paging
	// ResendEvery is how often Prometheus sends an alert again;
	// DefaultResendEvery.
	ResendEvery time.Duration
	// ResolvedFor is how long it does so for a resolved one; DefaultResolvedFor,
	// negative for never.
	ResolvedFor time.Duration
	// LostAfter is how long an alert outlives a Prometheus that fell silent;
	// DefaultLostAfter.
	LostAfter time.Duration
	// MaxListed bounds how many alerts the notifications list together;
	// DefaultMaxListed. Beyond it notifications still count them all and list
	// none.
	MaxListed int

	// only restricts the replay to the groups that hold one of these rules'
	// alerts or belong to this route; for pricing a change.
	only *subset
	// table is what gather and silence made of the episodes; nil: it is made.
	table *alertTable
}

func (o Options) withDefaults() Options {
	if o.ResendEvery <= 0 {
		o.ResendEvery = DefaultResendEvery
	}
	if o.ResolvedFor == 0 {
		o.ResolvedFor = DefaultResolvedFor
	}
	if o.LostAfter <= 0 {
		o.LostAfter = DefaultLostAfter
	}
	if o.MaxListed <= 0 {
		o.MaxListed = DefaultMaxListed
	}
	return o
}

// Paging tells which receivers wake somebody. The nil Paging takes those that
// have an integration made for it (PagerDuty, Opsgenie, VictorOps, Pushover,
// incident.io, SNS does not count) or, where no receiver has one, those whose
// name says so: page, pager, oncall or critical.
type Paging struct {
	names []*regexp.Regexp
}

// NewPaging takes receivers' names, or regular expressions that match the whole
// of a name.
func NewPaging(patterns []string) (*Paging, error) {
	p := &Paging{}
	for _, pattern := range patterns {
		re, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return nil, fmt.Errorf("read the paging receiver %q: %w", pattern, err)
		}
		p.names = append(p.names, re, regexp.MustCompile("^"+regexp.QuoteMeta(pattern)+"$"))
	}
	return p, nil
}

// pagingKinds are the integrations that are made to wake people, and pagingName
// what receivers that do so through another are called.
const (
	pagingName = `(?i)page|on[-_ ]?call|critical`
)

func pagingKinds() []string {
	return []string{"pagerduty", "opsgenie", "victorops", "pushover", "incidentio"}
}

// receivers tells of each of a configuration's receivers whether it pages.
func (p *Paging) receivers(c *Config) map[string]bool {
	out := make(map[string]bool, len(c.receivers))
	if p != nil {
		for name := range c.receivers {
			out[name] = slices.ContainsFunc(p.names, func(re *regexp.Regexp) bool { return re.MatchString(name) })
		}
		return out
	}
	kinds, any := pagingKinds(), false
	for name, r := range c.receivers {
		out[name] = slices.ContainsFunc(r.Integrations, func(i Integration) bool { return slices.Contains(kinds, i.Kind) })
		any = any || out[name]
	}
	if any {
		return out
	}
	byName := regexp.MustCompile(pagingName)
	for name := range c.receivers {
		out[name] = byName.MatchString(name)
	}
	return out
}
