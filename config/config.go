package config

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/url"
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

// Source is one place to read from: a server (URL) or a data directory
// (TSDBPath), never both.
type Source struct {
	Name        string         `yaml:"name" doc:"How the source is called in reports and metrics; the host or the directory where it is left out. Unique."`
	URL         string         `yaml:"url" doc:"A server with the Prometheus HTTP API, with its path prefix where it has one. Without credentials."`
	TSDBPath    string         `yaml:"tsdb_path" doc:"A Prometheus data directory, opened read-only."`
	Auth        Auth           `yaml:"auth" doc:"How to log on to the server; either a user name or a bearer token."`
	Headers     Headers        `yaml:"headers" doc:"Headers sent with every request, such as the tenant: {X-Scope-OrgID: team-a}."`
	TLS         TLS            `yaml:"tls" doc:"How to trust the server, and a client certificate."`
	Timeout     model.Duration `yaml:"timeout" doc:"How long one request may take."`
	Concurrency int            `yaml:"concurrency" doc:"How many requests run at once, 1 to 64."`
	RemoteRead  RemoteRead     `yaml:"remote_read" doc:"Whether alert history is read over remote read: auto (where the server offers it), on, off."`
}

// Auth is how to log on to a server. Secrets stand in files, which are read
// again for every request and so may be rotated.
type Auth struct {
	Username        string `yaml:"username" doc:"User name of basic authentication."`
	PasswordFile    string `yaml:"password_file" doc:"File that holds the password."`
	BearerTokenFile string `yaml:"bearer_token_file" doc:"File that holds a bearer token."`
}

// TLS is how to trust a server and what to show it.
type TLS struct {
	CAFile             string `yaml:"ca_file" doc:"Certificates to trust instead of the system's, PEM."`
	CertFile           string `yaml:"cert_file" doc:"Client certificate, PEM."`
	KeyFile            string `yaml:"key_file" doc:"Key of the client certificate, PEM."`
	ServerName         string `yaml:"server_name" doc:"The name that the server's certificate has to carry, where it is not the URL's host."`
	InsecureSkipVerify bool   `yaml:"insecure_skip_verify" doc:"Trust any certificate. For trials only."`
}

// RemoteRead says whether alert history is read over remote read.
type RemoteRead string

// The choices of RemoteRead.
const (
	RemoteReadAuto RemoteRead = "auto" // where the server offers it
	RemoteReadOn   RemoteRead = "on"   // always; a server without it is an error
	RemoteReadOff  RemoteRead = "off"  // never; the query API is asked
)

// Rules says which rules are in force.
type Rules struct {
	Files []string `yaml:"files" doc:"Globs of Prometheus rule files, read where the source does not list its rules."`
}

// SLOs says which service-level objectives are watched.
type SLOs struct {
	Files []string `yaml:"files" doc:"Globs of files with SLOs, in burnish's own form or one that it reads; without any, reports say nothing of budgets."`
}

// Incidents says where declared incidents stand.
type Incidents struct {
	Files []string `yaml:"files" doc:"Globs of files with incidents, JSON or CSV. A list that is given is taken as complete."`
}

// Truth says how alerts are tied to incidents and SLOs.
type Truth struct {
	Lead model.Duration `yaml:"lead" doc:"How long before an incident an alert may come and still be about it."`
	Join []string       `yaml:"join" doc:"Labels that tie a rule to an SLO when both carry them with the same value."`
	Map  []Mapping      `yaml:"map" doc:"Alerts that are tied to an SLO by hand; this wins over labels."`
}

// Mapping ties alerts to an SLO by hand.
type Mapping struct {
	Alerts string `yaml:"alerts" doc:"Which alerts, as a selector: {alertname=\"CheckoutSlow\"}."`
	SLO    string `yaml:"slo" doc:"The SLO, as service/name; empty says that the alerts belong to none."`
}

// Alertmanager is what alerts are sent through. Its configuration is read from
// the file, else from the server.
type Alertmanager struct {
	URL          string   `yaml:"url" doc:"An Alertmanager, asked for its configuration and silences. Without credentials."`
	Auth         Auth     `yaml:"auth" doc:"How to log on to it."`
	TLS          TLS      `yaml:"tls" doc:"How to trust it, and a client certificate."`
	Headers      Headers  `yaml:"headers" doc:"Headers sent with every request."`
	ConfigFile   string   `yaml:"config_file" doc:"Its configuration file, instead of asking the server."`
	SilencesFile string   `yaml:"silences_file" doc:"Silences as JSON, as the API gives them, instead of asking the server."`
	Paging       []string `yaml:"paging" doc:"Names of the receivers that wake people, or regular expressions; by default those that page by their kind, else by their name."`
}

// Deploys says how deploys are known.
type Deploys struct {
	Query string         `yaml:"query" doc:"PromQL that has a series for each service while it is being deployed, such as increase(deploys_total[5m]) > 0."`
	Lasts model.Duration `yaml:"lasts" doc:"How long after it a deploy is still under way."`
}

// People is when people sleep and work.
type People struct {
	Zone     string   `yaml:"zone" doc:"Time zone, such as Europe/Berlin."`
	Work     string   `yaml:"work" doc:"Working hours on working days, as 09:00-17:00."`
	Days     []string `yaml:"days" doc:"Working days."`
	Sleep    string   `yaml:"sleep" doc:"Hours of sleep, as 22:00-07:00."`
	Holidays []string `yaml:"holidays" doc:"Days off, as 2026-12-25."`
}

// Report is what the daemon's report covers.
type Report struct {
	Window  model.Duration `yaml:"window" doc:"How far back the report looks; at least 1h."`
	Refresh model.Duration `yaml:"refresh" doc:"How often the report is made anew; at least 10s."`
	Timeout model.Duration `yaml:"timeout" doc:"How long making one report may take; then the last one stays."`
}

// Web is where the daemon answers.
type Web struct {
	ListenAddress string   `yaml:"listen_address" doc:"Host and port to listen on; leave out the host (\":2876\") to listen everywhere."`
	ConfigFile    string   `yaml:"config_file" doc:"A web configuration file of the Prometheus exporter toolkit, for TLS and basic authentication."`
	ExternalURL   string   `yaml:"external_url" doc:"Where people reach the pages, for the links in reports and alerts: https://burnish.example.org."`
	AdminUsers    []string `yaml:"admin_users" doc:"Users of basic authentication who may also declare incidents, push and reload; without any, everybody may who gets in."`
}

// Log is how burnish logs.
type Log struct {
	Level  string `yaml:"level" doc:"The least severe level that is logged: debug, info, warn, error."`
	Format string `yaml:"format" doc:"logfmt or json."`
}

// Slog is the level as log/slog knows it; info where Level is none.
func (l Log) Slog() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // Load admits known levels only
	return level
}

// Headers are HTTP headers by name. Values may be secrets, so every way of
// printing Headers hides them; range over the map to use them.
type Headers map[string]string

const hidden = "<hidden>"

func (h Headers) masked() map[string]string {
	out := make(map[string]string, len(h))
	for name := range h {
		out[name] = hidden
	}
	return out
}

// String shows the names only.
func (h Headers) String() string { return fmt.Sprint(h.masked()) }

// GoString shows the names only.
func (h Headers) GoString() string { return h.String() }

// MarshalJSON shows the names only.
func (h Headers) MarshalJSON() ([]byte, error) { return json.Marshal(h.masked()) }

// MarshalYAML shows the names only.
func (h Headers) MarshalYAML() (any, error) { return h.masked(), nil }

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

// DefaultSource is a source of which nothing is said.
func DefaultSource() Source {
	return Source{Timeout: model.Duration(2 * time.Minute), Concurrency: 4, RemoteRead: RemoteReadAuto}
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

// shownName is the name that the source was given, else its host and path
// prefix or its directory.
func (s Source) shownName() string {
	if s.Name != "" || s.URL == "" {
		return firstOf(s.Name, s.TSDBPath)
	}
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return u.Host + u.Path
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// String is the configuration as YAML, with the values of headers hidden.
func (c *Config) String() string {
	out, err := yaml.Marshal(c)
	if err != nil {
		return fmt.Sprintf("configuration that can't be shown: %v", err)
	}
	return string(out)
}
