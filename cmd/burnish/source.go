package main

import (
	"cmp"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/pflag"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/promapi"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/slo"
)

// sourceFlags say where to read from.
type sourceFlags struct {
	configFile    string
	server        config.Source
	timeout       time.Duration
	remoteRead    string
	headers       []string
	ruleFiles     []string
	replicaLabels []string
	history       historyFlags
}

func (f *sourceFlags) register(flags *pflag.FlagSet) {
	d := config.DefaultSource()
	flags.StringVar(&f.configFile, "config.file", "", "Take the source and the rules from a configuration file.")
	flags.StringVar(&f.server.URL, "prometheus.url", "", "URL of a server with the Prometheus HTTP API.")
	flags.StringVar(&f.server.Auth.Username, "prometheus.username", "", "User name of basic authentication.")
	flags.StringVar(&f.server.Auth.PasswordFile, "prometheus.password-file", "", "File that holds the password.")
	flags.StringVar(&f.server.Auth.BearerTokenFile, "prometheus.bearer-token-file", "", "File that holds a bearer token.")
	flags.StringArrayVar(&f.headers, "prometheus.header", nil, "Header to send, as Name=Value; may be repeated (tenant).")
	flags.StringVar(&f.server.TLS.CAFile, "prometheus.tls-ca-file", "", "Certificates to trust, PEM.")
	flags.StringVar(&f.server.TLS.CertFile, "prometheus.tls-cert-file", "", "Client certificate, PEM.")
	flags.StringVar(&f.server.TLS.KeyFile, "prometheus.tls-key-file", "", "Key of the client certificate, PEM.")
	flags.StringVar(&f.server.TLS.ServerName, "prometheus.tls-server-name", "", "Name that the server's certificate has to carry.")
	flags.BoolVar(&f.server.TLS.InsecureSkipVerify, "prometheus.tls-insecure-skip-verify", false, "Trust any certificate; for trials only.")
	flags.DurationVar(&f.timeout, "prometheus.timeout", time.Duration(d.Timeout), "How long one request may take.")
	flags.IntVar(&f.server.Concurrency, "prometheus.concurrency", d.Concurrency, "How many requests run at once.")
	flags.StringVar(&f.remoteRead, "prometheus.remote-read", string(d.RemoteRead), "Read alert history over remote read: auto, on, off.")
	flags.StringVar(&f.server.TSDBPath, "tsdb.path", "", "Prometheus data directory to read, offline or live.")
	f.history.register(flags)
	flags.StringArrayVar(&f.ruleFiles, "rules.files", nil, "Glob of rule files that are in force; may be repeated. Default: ask the server.")
	flags.StringArrayVar(&f.replicaLabels, "replica-label", nil, "Label that tells the members of an HA pair apart; may be repeated. Default: "+strings.Join(config.Default().ReplicaLabels, ", ")+".")
}

// settings is the flags, or the configuration file that they name, as one.
func (f *sourceFlags) settings() (*config.Config, error) {
	given := 0
	for _, s := range []string{f.configFile, f.server.URL, f.server.TSDBPath} {
		if s != "" {
			given++
		}
	}
	if given == 0 && f.history.url != "" {
		return f.withoutServer(), nil
	}
	if given != 1 {
		return nil, badUsage("say where to read from: exactly one of --prometheus.url, --tsdb.path and --config.file, or --history.url")
	}
	if f.configFile != "" {
		c, err := config.Load(f.configFile, nil)
		if err != nil {
			return nil, usageError{err}
		}
		return c, f.overlay(c)
	}
	c := config.Default()
	s := f.server
	s.Timeout, s.RemoteRead = model.Duration(f.timeout), config.RemoteRead(f.remoteRead)
	s.Headers = config.Headers{}
	for _, h := range f.headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok || name == "" {
			return nil, badUsage("--prometheus.header: want Name=Value")
		}
		s.Headers[name] = value
	}
	c.Sources = []config.Source{s}
	return c, f.overlay(c)
}

// overlay lays the flags that go with any source over the settings.
func (f *sourceFlags) overlay(c *config.Config) error {
	if len(f.ruleFiles) > 0 {
		c.Rules.Files = f.ruleFiles
	}
	if len(f.replicaLabels) > 0 {
		c.ReplicaLabels = f.replicaLabels
	}
	if len(c.Sources) != 1 {
		return badUsage("%d sources are configured; burnish reads one at a time as yet: leave one", len(c.Sources))
	}
	return nil
}

// openSource opens the one source of the settings.
func openSource(c *config.Config, log *slog.Logger) (collector.Source, error) {
	return openOne(c.Sources[0], log)
}

// openOne opens a source.
func openOne(s config.Source, log *slog.Logger) (collector.Source, error) {
	if s.TSDBPath != "" {
		return tsdbdir.Open(tsdbdir.Options{Path: s.TSDBPath, Logger: log.With("component", "tsdbdir")})
	}
	client, err := promapi.New(promapi.Options{
		URL: s.URL, Username: s.Auth.Username, PasswordFile: s.Auth.PasswordFile, BearerTokenFile: s.Auth.BearerTokenFile,
		Headers: s.Headers, Timeout: time.Duration(s.Timeout), Concurrency: s.Concurrency,
		TLS: promapi.TLS{
			CAFile: s.TLS.CAFile, CertFile: s.TLS.CertFile, KeyFile: s.TLS.KeyFile,
			ServerName: s.TLS.ServerName, InsecureSkipVerify: s.TLS.InsecureSkipVerify,
		},
		RemoteRead: promapi.RemoteRead(cmp.Or(s.RemoteRead, config.RemoteReadAuto)),
		UserAgent:  "burnish/" + version, Logger: log,
	})
	if err != nil {
		return nil, usageError{err}
	}
	return client, nil
}

// windowFlags say which stretch of time to read.
type windowFlags struct {
	flags          *pflag.FlagSet
	last, from, to string
}

func (f *windowFlags) register(flags *pflag.FlagSet, last, otherwise string) {
	f.flags = flags
	flags.StringVar(&f.last, "last", last, "How far back to look from the newest data, such as 7d. Default: "+otherwise+".")
	flags.StringVar(&f.from, "from", "", "Start of the window, RFC 3339, instead of --last.")
	flags.StringVar(&f.to, "to", "", "End of the window, RFC 3339. Default: the newest data.")
}

// apply puts the window into the options of a reading.
func (f *windowFlags) apply(o *pipeline.Options) error {
	var err error
	if f.from != "" && f.flags.Changed("last") {
		return badUsage("--from and --last both say where the window begins; give one of them")
	}
	if f.last != "" {
		d, err := model.ParseDuration(f.last)
		if err != nil || d <= 0 {
			return badUsage("--last %q: want a duration above zero, such as 7d or 12h", f.last)
		}
		o.Last = time.Duration(d)
	}
	var w slo.Interval
	if w.From, err = instant("--from", f.from); err != nil {
		return err
	}
	if w.To, err = instant("--to", f.to); err != nil {
		return err
	}
	if !w.From.IsZero() && !w.To.IsZero() && w.Empty() {
		return badUsage("--from %s is not before --to %s", f.from, f.to)
	}
	o.Window = w
	return nil
}

func instant(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, badUsage("%s %q: want a time as in 2026-11-01T00:00:00Z", flag, text)
	}
	return t.UTC(), nil
}
