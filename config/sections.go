package config

import (
	"log/slog"

	"github.com/prometheus/common/model"
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
