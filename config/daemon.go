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

// Push is how Alertmanager and people tell burnish of things.
type Push struct {
	TokenFile string `yaml:"token_file" doc:"A file that holds the token that senders of notifications and events show as Authorization: Bearer; anybody may send where it is left out and no user is asked for."`
	QueueSize int    `yaml:"queue" doc:"How many alerts may wait to be stored; further ones are asked to come again. 100 to 1000000."`
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

func (p Push) validate(d *decoder) {
	if p.QueueSize < 100 || p.QueueSize > 1_000_000 {
		d.fail("push.queue", "%d is not between 100 and 1000000", p.QueueSize)
	}
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
