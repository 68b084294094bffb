package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
)

// historyFlags say which history store is read, and whose history in it.
type historyFlags struct {
	url, source string
}

// urlHelp says what a store's address looks like.
const urlHelp = "a SQLite file, or postgres://USER@HOST/DATABASE, or @FILE that holds either (passwords belong there, or into PGPASSFILE)"

func (f *historyFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "history.url", "", "Take alert history and SLO events from a history store: "+urlHelp+". A server named as well answers what the store does not hold.")
	flags.StringVar(&f.source, "history.source", "", "Whose history in the store, by the source's name. Default: all.")
}

// storeFlags name a store that a command works on.
type storeFlags struct{ url string }

func (f *storeFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.url, "history.url", "", "The history store: "+urlHelp+".")
}

// open opens the store.
func (f *storeFlags) open(ctx context.Context, log *slog.Logger, mustExist bool) (*history.Store, error) {
	if f.url == "" {
		return nil, badUsage("--history.url is needed: %s", urlHelp)
	}
	return openHistory(ctx, f.url, log, mustExist)
}

// openHistory opens a store by what --history.url says.
func openHistory(ctx context.Context, url string, log *slog.Logger, mustExist bool) (*history.Store, error) {
	if file, ok := strings.CutPrefix(url, "@"); ok {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, badUsage("--history.url: %w", err)
		}
		url = strings.TrimSpace(string(text))
	}
	return history.Open(ctx, url, history.Options{Now: time.Now, Logger: log, MustExist: mustExist})
}

// withoutServer is the settings of a command that reads a store alone.
func (f *sourceFlags) withoutServer() *config.Config {
	c := config.Default()
	c.Sources = nil
	c.Rules.Files = f.ruleFiles
	if len(f.replicaLabels) > 0 {
		c.ReplicaLabels = f.replicaLabels
	}
	return c
}

// open opens what the flags name: a server, a store, or a store with a server
// behind it.
func (f *sourceFlags) open(ctx context.Context, c *config.Config, log *slog.Logger) (collector.Source, error) {
	if f.history.url == "" {
		return openSource(c, log)
	}
	var behind collector.Source
	var err error
	if len(c.Sources) > 0 {
		if behind, err = openSource(c, log); err != nil {
			return nil, err
		}
	}
	store, err := openHistory(ctx, f.history.url, log, true)
	if err != nil {
		return nil, errors.Join(err, closeAll(behind))
	}
	src, err := history.NewSource(ctx, store, history.SourceOptions{Source: f.history.source, Behind: behind})
	if err != nil {
		return nil, errors.Join(err, store.Close(), closeAll(behind))
	}
	return &storedSource{src, store}, nil
}

func closeAll(src collector.Source) error {
	if src == nil {
		return nil
	}
	return src.Close()
}

// storedSource closes its store with itself.
type storedSource struct {
	*history.Source
	store *history.Store
}

// Close implements collector.Source.
func (s *storedSource) Close() error { return errors.Join(s.Source.Close(), s.store.Close()) }
