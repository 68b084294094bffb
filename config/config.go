package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise/detect"
)

// DefaultListenAddress is where the web page is served unless something else is
// asked for. The port spells "burn" on a telephone's keys.
const DefaultListenAddress = "127.0.0.1:2876"

// maxFileSize bounds what is read as a configuration file, in bytes.
const maxFileSize = 1 << 20

// Config is a whole configuration. Get one from Load or Default; both are valid
// but for Default's lack of a source.
type Config struct {
	Sources       []Source       `yaml:"sources" doc:"Where metrics and alert history come from. At least one."`
	Rules         Rules          `yaml:"rules" doc:"Which rules are in force, where the source does not say."`
	SLOs          SLOs           `yaml:"slos" doc:"Which promises are watched."`
	Incidents     Incidents      `yaml:"incidents" doc:"Incidents that people declared."`
	Truth         Truth          `yaml:"truth" doc:"How alerts are tied to incidents and SLOs."`
	Findings      detect.Options `yaml:"findings" doc:"The limits of the detectors."`
	Alertmanager  Alertmanager   `yaml:"alertmanager" doc:"What alerts are sent through, so that notifications can be replayed."`
	Deploys       Deploys        `yaml:"deploys" doc:"How deploys are known, so that alerts that come with them can be told."`
	People        People         `yaml:"people" doc:"When people sleep and work, where they are."`
	History       History        `yaml:"history" doc:"Where the daemon keeps what it saw."`
	Collect       Collect        `yaml:"collect" doc:"How the daemon gathers history."`
	Ingest        Ingest         `yaml:"ingest" doc:"What Alertmanagers tell the daemon of their own accord: notifications and events."`
	Gate          Gate           `yaml:"gate" doc:"The deploy gate."`
	Topology      Topology       `yaml:"topology" doc:"What depends on what: the page of the topology."`
	Schedules     []Schedule     `yaml:"schedules" doc:"When reports are made and sent, each period once."`
	Delivery      Delivery       `yaml:"delivery" doc:"Where scheduled reports go, besides the archive."`
	ReplicaLabels []string       `yaml:"replica_labels" doc:"Labels that tell the members of a high-availability pair apart. They are dropped before episodes are built, so that a pair counts once; [] drops none."`
	Report        Report         `yaml:"report" doc:"What the report covers and how often it is made anew."`
	Web           Web            `yaml:"web" doc:"Where the daemon answers."`
	Log           Log            `yaml:"log" doc:"How burnish logs, always to standard error."`
}

// Default is what holds where nothing is said. It has no source.
func Default() *Config {
	return &Config{
		ReplicaLabels: []string{"prometheus_replica", "__replica__"},
		Truth:         Truth{Lead: model.Duration(10 * time.Minute), Join: []string{"service", "job", "namespace", "cluster"}},
		Findings:      detect.DefaultOptions(),
		Deploys:       Deploys{Lasts: model.Duration(30 * time.Minute)},
		People:        People{Zone: "UTC", Work: "09:00-17:00", Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, Sleep: "22:00-07:00"},
		History:       History{Path: "burnish.db", Retention: model.Duration(400 * 24 * time.Hour)},
		Collect: Collect{
			Interval: model.Duration(time.Minute), Backfill: model.Duration(90 * 24 * time.Hour), Chunk: model.Duration(24 * time.Hour),
		},
		Topology: defaultTopology(),
		Ingest: Ingest{
			MaxBody: 16 << 20, MaxMemory: 64 << 20, MaxAlerts: 20_000, MaxLabels: 128,
			BodyTimeout: model.Duration(15 * time.Second), StoreTimeout: model.Duration(10 * time.Second),
		},
		Delivery: DefaultDelivery(),
		Report: Report{
			Window:  model.Duration(7 * 24 * time.Hour),
			Refresh: model.Duration(5 * time.Minute),
			Timeout: model.Duration(2 * time.Minute),
		},
		Web: Web{ListenAddress: DefaultListenAddress},
		Log: Log{Level: "info", Format: "logfmt"},
	}
}

// Overrides are scalar settings by dotted key, such as "web.listen_address",
// that flags on the command line have set; they win over environment and file.
type Overrides map[string]string

// Load reads a configuration file and lays the environment and the overrides
// over it. Relative paths in the file are taken from the file's folder. Where
// anything is wrong the error is of type Errors and holds all of it, except
// where the file can't be read at all.
func Load(path string, over Overrides) (*Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if len(text) > maxFileSize {
		return nil, fmt.Errorf("read configuration %s: the file is over 1 MiB, which no configuration needs", path)
	}
	return Parse(path, text, over)
}

// Parse is Load for text that is at hand already. File is how errors call the
// text, and its folder is where relative paths start.
func Parse(file string, text []byte, over Overrides) (*Config, error) {
	d := newDecoder(file)
	cfg := Default()
	d.document(text, cfg)
	layer(cfg, over, d)
	if len(d.errs) == 0 {
		validate(cfg, d)
	}
	if len(d.errs) > 0 {
		return nil, d.errs.sorted()
	}
	cfg.complete(filepath.Dir(file))
	return cfg, nil
}

// Validate checks a configuration that was put together from flags, to the same
// rules as Load. Its error is of type Errors, without places.
func (c *Config) Validate() error {
	d := newDecoder("command line")
	validate(c, d)
	if len(d.errs) > 0 {
		return d.errs
	}
	return nil
}

// complete names the sources that have no name and anchors relative paths.
func (c *Config) complete(dir string) {
	for i := range c.Sources {
		s := &c.Sources[i]
		s.Name = s.shownName()
		anchor(dir, &s.TSDBPath, &s.Auth.PasswordFile, &s.Auth.BearerTokenFile,
			&s.TLS.CAFile, &s.TLS.CertFile, &s.TLS.KeyFile)
	}
	for i := range c.Rules.Files {
		anchor(dir, &c.Rules.Files[i])
	}
	for i := range c.SLOs.Files {
		anchor(dir, &c.SLOs.Files[i])
	}
	for i := range c.Incidents.Files {
		anchor(dir, &c.Incidents.Files[i])
	}
	for i := range c.Ingest.RecorderFiles {
		anchor(dir, &c.Ingest.RecorderFiles[i])
	}
	c.Delivery.anchor(dir)
	am := &c.Alertmanager
	anchor(dir, &c.History.Path, &c.History.URLFile, &c.Ingest.PasswordFile, &c.Ingest.BearerTokenFile, &c.Gate.PolicyFile, &c.Topology.File, &c.Topology.Worksheet)
	anchor(dir, &c.Web.ConfigFile, &am.ConfigFile, &am.SilencesFile,
		&am.Auth.PasswordFile, &am.Auth.BearerTokenFile, &am.TLS.CAFile, &am.TLS.CertFile, &am.TLS.KeyFile)
}

func anchor(dir string, paths ...*string) {
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// String is the configuration as YAML, with the values of headers hidden.
func (c *Config) String() string {
	out, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Sprintf("configuration that can't be shown: %v", err)
	}
	return string(out)
}
