package route

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/inhibit"
	"github.com/prometheus/alertmanager/timeinterval"
)

// The most that is read of a configuration, and how deep its routes may nest.
const (
	maxText  = 8 << 20
	maxDepth = 64
)

// ErrTooLarge says that a configuration is larger or deeper than anything that a
// person writes.
var ErrTooLarge = errors.New("it is too large")

// Config is an Alertmanager's configuration, ready to be replayed. It is made by
// [NewConfig] or [Default] and never changes; [Config.With] makes a changed one.
type Config struct {
	root      *node
	nodes     []*node // all routes, children before their parent
	receivers map[string]Receiver
	inhibit   []inhibitRule
	intervals map[string][]timeinterval.TimeInterval
	assumed   bool
	notes     []string
}

// Receiver is one that a configuration names.
type Receiver struct {
	Name         string
	Integrations []Integration // none: what is routed here is dropped
}

// Integration is one way in which a receiver is told.
type Integration struct {
	Kind         string // as in the configuration, without "_configs": "pagerduty"
	SendResolved bool
}

// inhibitRule is compiled by Alertmanager's own package.
type inhibitRule struct {
	*inhibit.InhibitRule
	equal []string // sorted
}

// NewConfig reads an Alertmanager configuration. Secrets may be masked, as the
// API shows them; files that it names are not opened. What the release of
// Alertmanager that burnish is built with rejects in a receiver (an integration
// that it does not know, a setting that other releases take) is left out and
// told of by [Config.Notes]; an error in the routes, the inhibition rules or the
// time intervals is an error, since nothing could be replayed.
func NewConfig(text []byte) (*Config, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w: %d bytes, at most %d are read", ErrTooLarge, len(text), maxText)
	}
	doc, err := readDocument(text)
	if err != nil {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w", err)
	}
	whole, err := load(text)
	if err == nil {
		return build(whole)
	}
	reduced, kinds, reduceErr := doc.reduce()
	if reduceErr != nil {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w", err)
	}
	part, partErr := load(reduced)
	if partErr != nil {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w", err)
	}
	c, buildErr := build(part)
	if buildErr != nil {
		return nil, buildErr
	}
	c.receivers = kinds
	c.notes = append(c.notes, fmt.Sprintf("only routes, inhibition rules and time intervals were read, and the kinds of the receivers: %v", err))
	return c, nil
}

// defaultText is what is assumed where there is no configuration: Alertmanager's
// own timers, and grouping by alertname as in the example that it ships.
const defaultText = `
route: {receiver: default, group_by: [alertname]}
receivers: [{name: default, webhook_configs: [{url: "http://localhost"}]}]
`

// Default is the configuration that is assumed where none is given: one receiver,
// grouped by alertname, with Alertmanager's default timers of 30s, 5m and 4h. Its
// results are marked as assumed.
func Default() *Config {
	c, err := NewConfig([]byte(defaultText))
	if err != nil { // the text is ours, and a test reads it
		panic(err)
	}
	c.assumed = true
	return c
}

// load reads a text with Alertmanager's own package, which is made for the
// operator's own file and so panics on some texts that make no sense.
func load(text []byte) (cfg *config.Config, err error) {
	defer func() {
		if r := recover(); r != nil {
			cfg, err = nil, errors.New("it makes no sense to Alertmanager's reader: look for an empty list entry")
		}
	}()
	return config.Load(string(text))
}

func build(cfg *config.Config) (*Config, error) {
	c := &Config{receivers: map[string]Receiver{}, intervals: map[string][]timeinterval.TimeInterval{}}
	for _, r := range cfg.Receivers {
		c.receivers[r.Name] = Receiver{Name: r.Name, Integrations: integrations(r)}
	}
	for _, ti := range cfg.TimeIntervals {
		c.intervals[ti.Name] = ti.TimeIntervals
	}
	for _, ti := range cfg.MuteTimeIntervals {
		c.intervals[ti.Name] = ti.TimeIntervals
	}
	for _, r := range cfg.InhibitRules {
		c.inhibit = append(c.inhibit, compileInhibit(inhibit.NewInhibitRule(r)))
	}
	if err := c.plant(cfg.Route); err != nil {
		return nil, fmt.Errorf("read the Alertmanager configuration: %w", err)
	}
	return c, nil
}

func compileInhibit(r *inhibit.InhibitRule) inhibitRule {
	out := inhibitRule{InhibitRule: r}
	for name := range r.Equal {
		out.equal = append(out.equal, string(name))
	}
	slices.Sort(out.equal)
	return out
}

// Receivers are the configuration's receivers, by name.
func (c *Config) Receivers() []Receiver {
	out := make([]Receiver, 0, len(c.receivers))
	for _, name := range slices.Sorted(maps.Keys(c.receivers)) {
		out = append(out, c.receivers[name])
	}
	return out
}

// Assumed tells whether this is [Default], or a change of it.
func (c *Config) Assumed() bool { return c.assumed }

// Notes says what was left out when the configuration was read, for people.
func (c *Config) Notes() []string { return slices.Clone(c.notes) }

// Routes are the configuration's routes, the root last.
func (c *Config) Routes() []Route {
	out := make([]Route, len(c.nodes))
	for i, n := range c.nodes {
		out[i] = Route{
			ID: n.id, Receiver: n.receiver, GroupBy: slices.Clone(n.groupBy), GroupByAll: n.groupByAll,
			GroupWait: n.wait, GroupInterval: n.interval, RepeatInterval: n.repeat,
		}
	}
	return out
}

// Route is one route of a configuration with what it inherits.
type Route struct {
	ID             string // Alertmanager's: the matchers from the root on, and places among siblings
	Receiver       string
	GroupBy        []string // sorted
	GroupByAll     bool
	GroupWait      time.Duration
	GroupInterval  time.Duration
	RepeatInterval time.Duration
}
