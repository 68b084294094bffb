package config

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// History is where the daemon keeps what it saw.
type History struct {
	Path      string         `yaml:"path" doc:"A SQLite file that one burnish writes; made where it is not there."`
	URLFile   string         `yaml:"url_file" doc:"A file that holds the URL of a PostgreSQL database, postgres://user:password@host/database; it is used instead of path, and several replicas may share it."`
	Retention model.Duration `yaml:"retention" doc:"How long history is kept; at least 7d. Reports are kept."`
}

// Collect is how history is gathered.
type Collect struct {
	Interval model.Duration `yaml:"interval" doc:"How often sources are read; at least 10s."`
	Backfill model.Duration `yaml:"backfill" doc:"How far back a source is read at first, as far as it reaches; 0s begins with now."`
	Chunk    model.Duration `yaml:"chunk" doc:"How much history is read and stored at once when catching up; at least 1h."`
}

// Gate is the deploy gate's settings.
type Gate struct {
	PolicyFile string `yaml:"policy_file" doc:"The gate's policy, as burnish gate --policy takes it; the default policy where it is left out."`
}

// Ingest is what is told to the daemon by Alertmanagers of their own accord.
type Ingest struct {
	Username        string         `yaml:"username" doc:"User name that senders have to give by basic authentication; with password_file."`
	PasswordFile    string         `yaml:"password_file" doc:"File that holds the password of senders."`
	BearerTokenFile string         `yaml:"bearer_token_file" doc:"File that holds the bearer token that senders have to give, instead of a user name."`
	MaxBody         int            `yaml:"max_body_bytes" doc:"Largest delivery that is taken, in bytes; a larger one is answered with 413."`
	MaxMemory       int            `yaml:"max_memory_bytes" doc:"How many bytes deliveries may hold until they are stored; beyond, senders are told to come again."`
	MaxAlerts       int            `yaml:"max_alerts" doc:"Most alerts in one delivery."`
	MaxLabels       int            `yaml:"max_labels" doc:"Most labels of one alert."`
	BodyTimeout     model.Duration `yaml:"body_timeout" doc:"How long a sender may take to send one delivery."`
	StoreTimeout    model.Duration `yaml:"store_timeout" doc:"How long storing a group of deliveries may take before they are given back to their senders."`
	RecorderFiles   []string       `yaml:"recorder_files" doc:"Files that event recorders write on this machine, followed as they grow."`
}

func (h History) validate(d *decoder) {
	if h.Path == "" && h.URLFile == "" {
		d.fail("history", "give a path (a file) or a url_file (PostgreSQL)")
	}
	limits{low: 7 * 24 * time.Hour}.hold(d, "history.retention", h.Retention)
}

func (c Collect) validate(d *decoder) {
	limits{minRefresh, 24 * time.Hour}.hold(d, "collect.interval", c.Interval)
	limits{high: 5 * 365 * 24 * time.Hour}.hold(d, "collect.backfill", c.Backfill)
	limits{time.Hour, 31 * 24 * time.Hour}.hold(d, "collect.chunk", c.Chunk)
}

func (i Ingest) validate(d *decoder) {
	Auth{Username: i.Username, PasswordFile: i.PasswordFile, BearerTokenFile: i.BearerTokenFile}.validate("ingest", d)
	for _, n := range []struct {
		name string
		is   int
	}{{"max_body_bytes", i.MaxBody}, {"max_memory_bytes", i.MaxMemory}, {"max_alerts", i.MaxAlerts}, {"max_labels", i.MaxLabels}} {
		if n.is < 1 {
			d.fail("ingest."+n.name, "%d is not above zero", n.is)
		}
	}
	if i.MaxMemory < i.MaxBody {
		d.fail("ingest.max_memory_bytes", "less than max_body_bytes")
	}
	limits{time.Second, time.Hour}.hold(d, "ingest.body_timeout", i.BodyTimeout)
	limits{time.Second, time.Hour}.hold(d, "ingest.store_timeout", i.StoreTimeout)
}

func (w Web) validateUsers(d *decoder) {
	seen := map[string]bool{}
	for i, u := range w.AdminUsers {
		if u == "" || seen[u] {
			d.fail(fmt.Sprintf("web.admin_users[%d]", i), "a user's name, once")
		}
		seen[u] = true
	}
	if len(w.AdminUsers) > 0 && w.ConfigFile == "" {
		d.fail("web.admin_users", "users are told apart by basic authentication, which web.config_file sets up")
	}
}
