package simulate

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
)

//go:embed shop
var shopFiles embed.FS

// shop is the system that is simulated; see shop/shop.yml.
type shop struct {
	Services  []service `yaml:"services"`
	Nodes     []string  `yaml:"nodes"`
	Databases []string  `yaml:"databases"`
}

type service struct {
	Name     string             `yaml:"name"`
	Replicas int                `yaml:"replicas"`
	Rate     float64            `yaml:"rate"`
	Errors   float64            `yaml:"errors"`
	Missing  float64            `yaml:"missing"`
	Needs    map[string]float64 `yaml:"needs"`
	Median   float64            `yaml:"median_seconds"`
	Leaks    bool               `yaml:"leaks"`
	Batch    bool               `yaml:"batch"`
}

// story is what happens to the shop; see shop/story.yml.
type story struct {
	Incidents []incident `yaml:"incidents"`
	Deploys   []deploy   `yaml:"deploys"`
	Restart   spell      `yaml:"restart"`
	Failing   spell      `yaml:"failing"`
	Missing   spell      `yaml:"missing"`
	Planted   []Planted  `yaml:"planted"`
}

// incident is a trouble and what it does to the services.
type incident struct {
	ID       string            `yaml:"id"`
	At       offset            `yaml:"at"`
	Lasts    time.Duration     `yaml:"lasts"`
	SLO      string            `yaml:"slo"`
	Labels   map[string]string `yaml:"labels"`
	Note     string            `yaml:"note"`
	Provider string            `yaml:"provider"`
	Node     string            `yaml:"node"`
	Disk     *fillingDisk      `yaml:"disk"`
	Effects  []effect          `yaml:"effects"`
}

// minutes is the span of the incident in minutes of the simulation.
func (i incident) minutes() span {
	from := i.At.minutes()
	return span{from, from + int(i.Lasts/time.Minute)}
}

// effect is what an incident does to one service. Errors and Traffic are
// ratios, Slow is a factor; zero leaves things as they are.
type effect struct {
	On      string  `yaml:"on"`
	Errors  float64 `yaml:"errors"`
	Slow    float64 `yaml:"slow"`
	Traffic float64 `yaml:"traffic"`
	Ramp    bool    `yaml:"ramp"`
	From    int     `yaml:"from"`
	To      int     `yaml:"to"`
}

// fillingDisk is a disk that is full when its incident starts.
type fillingDisk struct {
	Node     string        `yaml:"node"`
	FillsFor time.Duration `yaml:"fills_for"`
}

type deploy struct {
	Service string `yaml:"service"`
	At      offset `yaml:"at"`
	Version string `yaml:"version"`
}

// spell is a time in which Prometheus was unwell. Group is the rule group that
// it struck; empty for all.
type spell struct {
	Group string        `yaml:"group"`
	At    offset        `yaml:"at"`
	Lasts time.Duration `yaml:"lasts"`
}

func (s spell) interval(from time.Time) slo.Interval {
	start := from.Add(time.Duration(s.At))
	return slo.Interval{From: start, To: start.Add(s.Lasts)}
}

// Planted is one thing that the simulation holds for the report to find.
type Planted struct {
	Kind     string   `yaml:"kind" json:"kind"`
	Rules    []string `yaml:"rules" json:"rules,omitempty"`
	Incident string   `yaml:"incident" json:"incident,omitempty"`
	Note     string   `yaml:"note" json:"note"`
}

// offset is a time from the start of the simulation, written 3d14:05.
type offset time.Duration

// UnmarshalYAML reads 3d14:05 as three days, fourteen hours and five minutes.
func (o *offset) UnmarshalYAML(node *yaml.Node) error {
	var days, hours, minutes int
	if _, err := fmt.Sscanf(node.Value, "%dd%d:%d", &days, &hours, &minutes); err != nil {
		return fmt.Errorf("line %d: read %q as days, hours and minutes: %w", node.Line, node.Value, err)
	}
	*o = offset(time.Duration(days)*24*time.Hour + time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute)
	return nil
}

func (o offset) minutes() int { return int(time.Duration(o) / time.Minute) }

// span is a half-open range of minutes of the simulation.
type span struct{ from, to int }

func (s span) contains(minute int) bool { return minute >= s.from && minute < s.to }

// clamp is the part of the span that lies within the first n minutes.
func (s span) clamp(n int) span {
	return span{min(max(0, s.from), n), min(max(0, s.to), n)}
}

// readShop reads the system and its story, and leaves out what starts on or
// after the given day.
func readShop(days int) (shop, story, error) {
	var (
		sh shop
		st story
	)
	if err := decode("shop/shop.yml", &sh); err != nil {
		return sh, st, err
	}
	if err := decode("shop/story.yml", &st); err != nil {
		return sh, st, err
	}
	end := days * 24 * 60
	var incidents []incident
	for _, i := range st.Incidents {
		if i.minutes().to <= end {
			incidents = append(incidents, i)
		}
	}
	st.Incidents = incidents
	return sh, st, nil
}

func decode(name string, into any) error {
	text, err := fs.ReadFile(shopFiles, name)
	if err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("read %s: %w", name, err)
	}
	return nil
}
