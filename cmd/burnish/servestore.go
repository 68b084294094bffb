package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/config"
)

// storeEvery is how often a store is asked for that could not be opened.
const storeEvery = 2 * time.Second

// keepServing runs the daemon under a configuration until ctx ends. Where the store is
// only away as it begins (a full disk, a lock, a database that restarts) it waits for
// it: a process that is started at the wrong moment, or reads its configuration anew,
// need not die of it.
func (s *supervisor) keepServing(ctx context.Context, c *config.Config) error {
	for {
		err := s.serve(ctx, c)
		if err == nil || !passes(err) || ctx.Err() != nil {
			return err
		}
		s.log.Error("the history store can't be opened; waiting for it", "err", err)
		if s.standIn(ctx, c); ctx.Err() != nil {
			return nil
		}
		s.log.Info("the history store is there")
	}
}

// standIn answers in the daemon's place until the store can be opened, or fails
// otherwise, or ctx ends.
func (s *supervisor) standIn(ctx context.Context, c *config.Config) {
	server := &http.Server{
		Handler: waiting(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	lease, ended := s.holding.Lease(), make(chan error, 1)
	go func() {
		ended <- toolkit.Serve(lease, server, &toolkit.FlagConfig{WebConfigFile: &c.Web.ConfigFile}, slog.New(slog.DiscardHandler))
	}()
	defer func() {
		_, _ = lease.Close(), server.Close() // each ends the waiting for connections
		<-ended
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(storeEvery):
		}
		store, err := openStore(ctx, c.History, s.log)
		if err == nil {
			_ = store.Close() // the daemon opens it for itself
		}
		if err == nil || !passes(err) {
			return
		}
	}
}

// passes tells whether a store that can't be opened may be there soon, without
// anybody changing the configuration.
func passes(err error) bool {
	return errors.Is(err, history.ErrFull) || errors.Is(err, history.ErrBusy) || errors.Is(err, history.ErrUnreachable)
}

// waiting answers while there is no store: the process lives, and whoever has
// something to tell should come again.
func waiting() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /-/healthy", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "Healthy.\n") })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "2")
		http.Error(w, "The history store can't be opened yet; the log says why.", http.StatusServiceUnavailable)
	})
	return mux
}
