package config

import (
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
)

// The limits of settings that are numbers.
const (
	maxConcurrency = 64
	maxTimeout     = time.Hour
	minWindow      = time.Hour
	minRefresh     = 10 * time.Second
)

// headerName is what RFC 9110 admits as the name of a header.
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

// validate faults every setting whose value can't be used.
func validate(c *Config, d *decoder) {
	if len(c.Sources) == 0 {
		d.fail("sources", "name at least one source, by url or by tsdb_path")
	}
	names := map[string]int{}
	for i := range c.Sources {
		setting := fmt.Sprintf("sources[%d]", i)
		c.Sources[i].validate(setting, d)
		name := c.Sources[i].shownName()
		if first, ok := names[name]; ok && name != "" {
			d.fail(setting, "called %q as sources[%d] is; give it a name of its own", name, first)
		}
		names[name] = i
	}
	validateGlobs(c.Rules.Files, "rules.files", d)
	validateGlobs(c.SLOs.Files, "slos.files", d)
	validateGlobs(c.Incidents.Files, "incidents.files", d)
	c.Truth.validate(d)
	c.Alertmanager.validate(d)
	c.People.validate(d)
	for i, label := range c.ReplicaLabels {
		validateReplicaLabel(label, fmt.Sprintf("replica_labels[%d]", i), d)
	}
	c.Report.validate(d)
	c.History.validate(d)
	c.Collect.validate(d)
	c.Ingest.validate(d)
	c.Topology.validate(d)
	c.Web.validateUsers(d)
	c.Delivery.validate(d)
	validateSchedules(c.Schedules, d)
	if c.Web.ExternalURL != "" {
		validateURL(c.Web.ExternalURL, "web.external_url", d)
	}
	validateAddress(c.Web.ListenAddress, d)
	oneOf(d, "log.level", c.Log.Level, "debug", "info", "warn", "error")
	oneOf(d, "log.format", c.Log.Format, "logfmt", "json")
}

func validateGlobs(globs []string, setting string, d *decoder) {
	for i, glob := range globs {
		if _, err := filepath.Match(glob, ""); err != nil || glob == "" {
			d.fail(fmt.Sprintf("%s[%d]", setting, i), "%q is no glob", glob)
		}
	}
}

func oneOf(d *decoder, setting, value string, choices ...string) {
	if !slices.Contains(choices, value) {
		d.fail(setting, "%q is none of %s", value, strings.Join(choices, ", "))
	}
}

func (s *Source) validate(setting string, d *decoder) {
	switch {
	case s.URL == "" && s.TSDBPath == "":
		d.fail(setting, "give a url (a server) or a tsdb_path (a data directory)")
	case s.URL != "" && s.TSDBPath != "":
		d.fail(setting, "give either url or tsdb_path; two places are two sources")
	case s.TSDBPath != "":
		s.validateDirectory(setting, d)
	default:
		validateURL(s.URL, setting+".url", d)
	}
	s.Auth.validate(setting+".auth", d)
	if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
		d.fail(setting+".tls", "cert_file and key_file go together")
	}
	for name, value := range s.Headers {
		validateHeader(name, value, setting+".headers."+name, d)
	}
	limits{time.Millisecond, maxTimeout}.hold(d, setting+".timeout", s.Timeout)
	if s.Concurrency < 1 || s.Concurrency > maxConcurrency {
		d.fail(setting+".concurrency", "%d is not between 1 and %d", s.Concurrency, maxConcurrency)
	}
	oneOf(d, setting+".remote_read", string(s.RemoteRead), "auto", "on", "off")
}

// validateDirectory faults what only makes sense for a server.
func (s *Source) validateDirectory(setting string, d *decoder) {
	for _, c := range []struct {
		name  string
		given bool
	}{
		{"auth", s.Auth != Auth{}},
		{"tls", s.TLS != TLS{}},
		{"headers", len(s.Headers) > 0},
	} {
		if c.given {
			d.fail(setting+"."+c.name, "a data directory has no use for it; it goes with url")
		}
	}
}

// validateURL never repeats the text, which may hold a password or a token.
func validateURL(text, setting string, d *decoder) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		d.fail(setting, "not a URL; write it like https://prometheus.example.org/prefix")
	case u.User != nil:
		d.fail(setting, "holds credentials; put them into auth.username and auth.password_file")
	case u.Scheme != "http" && u.Scheme != "https", u.Host == "":
		d.fail(setting, "no http or https URL; write it like https://prometheus.example.org/prefix")
	case u.RawQuery != "" || u.Fragment != "":
		d.fail(setting, "ends in a query or fragment; give the address up to the path prefix")
	}
}

func (a Auth) validate(setting string, d *decoder) {
	if a.BearerTokenFile != "" && (a.Username != "" || a.PasswordFile != "") {
		d.fail(setting, "either a user name or a bearer token, not both")
		return
	}
	if (a.Username == "") != (a.PasswordFile == "") {
		d.fail(setting, "username and password_file go together")
	}
}

func validateHeader(name, value, setting string, d *decoder) {
	switch {
	case !headerName.MatchString(name):
		d.fail(setting, "no name for a header")
	case strings.EqualFold(name, "Authorization"):
		d.fail(setting, "log on with auth.password_file or auth.bearer_token_file instead")
	case strings.EqualFold(name, "Host"), strings.EqualFold(name, "Content-Length"):
		d.fail(setting, "this header follows from the request and can't be set")
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
		d.fail(setting, "the value has a line break or another control character")
	}
}

func validateReplicaLabel(label, setting string, d *decoder) {
	switch label {
	case "":
		d.fail(setting, "empty")
	case "alertname", "alertstate", "__name__":
		d.fail(setting, "%s tells alerts apart and can't be dropped", label)
	default:
		if !utf8.ValidString(label) {
			d.fail(setting, "not UTF-8")
		}
	}
}

func (r Report) validate(d *decoder) {
	limits{low: minWindow}.hold(d, "report.window", r.Window)
	limits{low: minRefresh}.hold(d, "report.refresh", r.Refresh)
	limits{time.Second, maxTimeout}.hold(d, "report.timeout", r.Timeout)
}

// limits are the shortest and longest that a duration may be; high 0 is none.
type limits struct{ low, high time.Duration }

// hold faults a duration outside the limits.
func (l limits) hold(d *decoder, setting string, v model.Duration) {
	switch {
	case time.Duration(v) < l.low:
		d.fail(setting, "%s is too short; at least %s", v, model.Duration(l.low))
	case l.high > 0 && time.Duration(v) > l.high:
		d.fail(setting, "%s is too long; at most %s", v, model.Duration(l.high))
	}
}

func validateAddress(address string, d *decoder) {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		d.fail("web.listen_address", "%q is no host and port; write it like %s or :2876", address, DefaultListenAddress)
	}
}
