package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/alertmanager"
	"github.com/burnish-sre/burnish/collector/promapi"
	"github.com/burnish-sre/burnish/config"
	"github.com/burnish-sre/burnish/noise/route"
)

// maxRouteFile bounds what is read as an Alertmanager's configuration, in bytes.
const maxRouteFile = 16 << 20

// judgeFlags say what alerts are judged by, besides what a configuration says.
type judgeFlags struct {
	incidents, paging             []string
	amURL, amConfig, silencesFile string
}

func (f *judgeFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.incidents, "incidents", nil, "Glob of files with declared incidents, JSON or CSV; may be repeated.")
	flags.StringVar(&f.amURL, "alertmanager.url", "", "Alertmanager to ask for its configuration and silences, so that notifications can be replayed.")
	flags.StringVar(&f.amConfig, "alertmanager.config", "", "Alertmanager's configuration file, instead of asking it.")
	flags.StringVar(&f.silencesFile, "alertmanager.silences", "", "Silences as JSON, as the API and amtool give them, instead of asking.")
	flags.StringArrayVar(&f.paging, "paging", nil, "Receiver that wakes people, by name or regular expression; may be repeated.")
}

// overlay lays the flags over the settings.
func (f *judgeFlags) overlay(c *config.Config) {
	if len(f.incidents) > 0 {
		c.Incidents.Files = f.incidents
	}
	if len(f.paging) > 0 {
		c.Alertmanager.Paging = f.paging
	}
	am := &c.Alertmanager
	am.URL, am.ConfigFile = cmp.Or(f.amURL, am.URL), cmp.Or(f.amConfig, am.ConfigFile)
	am.SilencesFile = cmp.Or(f.silencesFile, am.SilencesFile)
}

// judgeOptions reads what the settings say that alerts are judged by.
func judgeOptions(ctx context.Context, c *config.Config, log *slog.Logger) (o pipeline.JudgeOptions, err error) {
	if o.Truth, err = c.Truth.Options(); err != nil {
		return o, usageError{err}
	}
	if o.Hours, err = c.People.Hours(); err != nil {
		return o, usageError{err}
	}
	o.Detect, o.DeployQuery, o.DeployLasts = c.Findings, c.Deploys.Query, time.Duration(c.Deploys.Lasts)
	o.Lint.Disabled = c.Findings.Disabled
	if len(c.Incidents.Files) > 0 {
		o.Declared = true
		if o.Incidents, err = collector.ReadIncidents(c.Incidents.Files); err != nil {
			return o, usageError{err}
		}
	}
	return o, readAlertmanager(ctx, c.Alertmanager, &o, log)
}

// readAlertmanager reads an Alertmanager's configuration and silences, from files
// where they are given, else from the server. A server that does not answer is
// told and left out: the report must not fail with it.
func readAlertmanager(ctx context.Context, am config.Alertmanager, o *pipeline.JudgeOptions, log *slog.Logger) error {
	var err error
	if len(am.Paging) > 0 {
		if o.Paging, err = route.NewPaging(am.Paging); err != nil {
			return usageError{fmt.Errorf("read the names of paging receivers: %w", err)}
		}
	}
	if am.ConfigFile != "" {
		if o.Alertmanager, err = readRoutes(am.ConfigFile); err != nil {
			return usageError{err}
		}
	}
	if am.SilencesFile != "" {
		if o.Silences, err = alertmanager.ReadSilences(am.SilencesFile); err != nil {
			return usageError{err}
		}
	}
	if am.URL == "" {
		return nil
	}
	client, err := alertmanager.New(alertmanager.Options{
		URL: am.URL, Username: am.Auth.Username, PasswordFile: am.Auth.PasswordFile, BearerTokenFile: am.Auth.BearerTokenFile,
		Headers: am.Headers, TLS: promapi.TLS(am.TLS), UserAgent: "burnish/" + version, Logger: log,
	})
	if err != nil {
		return usageError{err}
	}
	defer func() { _ = client.Close() }()
	if err := askAlertmanager(ctx, client, o); err != nil {
		log.Warn("Alertmanager was not asked to the end; notifications rest on what is known without it", "err", err)
	}
	return ctx.Err()
}

// askAlertmanager asks for what no file told.
func askAlertmanager(ctx context.Context, client *alertmanager.Client, o *pipeline.JudgeOptions) error {
	if o.Alertmanager == nil {
		status, err := client.Status(ctx)
		if err != nil {
			return err
		}
		if o.Alertmanager, err = route.NewConfig([]byte(status.Config)); err != nil {
			return fmt.Errorf("read the configuration of %s: %w", client.Name(), err)
		}
	}
	if o.Silences != nil {
		return nil
	}
	var err error
	o.Silences, err = client.Silences(ctx)
	return err
}

func readRoutes(path string) (*route.Config, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxRouteFile {
		err = fmt.Errorf("%s is over %d bytes, which no configuration needs", path, maxRouteFile)
	}
	if err != nil {
		return nil, fmt.Errorf("read Alertmanager's configuration: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read Alertmanager's configuration: %w", err)
	}
	cfg, err := route.NewConfig(text)
	if err != nil {
		return nil, fmt.Errorf("read Alertmanager's configuration %s: %w", path, err)
	}
	return cfg, nil
}
