package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/config"
)

// supervisor runs the daemon under one configuration after another. The listener
// and the last report outlive each of them.
type supervisor struct {
	*globals

	load    func() (*config.Config, error)
	log     *slog.Logger
	holding daemon.Holding
	kept    daemon.Kept
	asked   chan chan error // requests for a reload, each waiting for its answer
	loaded  struct {
		well, at prometheus.Gauge
	}
}

func (s *supervisor) run(ctx context.Context) error {
	c, err := s.load()
	if err != nil {
		return usageError{err}
	}
	s.logLevel, s.logFormat = c.Log.Level, c.Log.Format
	if s.log, err = s.logger(); err != nil {
		return err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", c.Web.ListenAddress)
	if err != nil {
		return fmt.Errorf("listen on %s: %w; choose another with --web.listen-address", c.Web.ListenAddress, err)
	}
	defer l.Close()
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return fmt.Errorf("listen on %s: not TCP", c.Web.ListenAddress)
	}
	s.holding, s.asked = daemon.Holding{TCPListener: tcp}, make(chan chan error)
	s.loaded.well = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "burnish_config_last_reload_successful", Help: "1 where the configuration in force is the newest that was asked for, 0 where that was bad.",
	})
	s.loaded.at = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "burnish_config_last_reload_success_timestamp_seconds", Help: "When the configuration in force was read, in unix seconds.",
	})
	return s.follow(ctx, c)
}

// follow runs one configuration after another until ctx ends or one fails that has
// no older one to go back to.
func (s *supervisor) follow(ctx context.Context, c *config.Config) error {
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	var before *config.Config
	for {
		s.note(nil)
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- s.keepServing(running, c) }()
		next, err := s.wait(ctx, hup, ended)
		stop()
		switch {
		case next != nil:
			if err := <-ended; err != nil {
				s.log.Warn("the daemon under the configuration before did not end well", "err", err)
			}
			before, c = c, next
		case err != nil && before != nil && ctx.Err() == nil:
			s.log.Error("the new configuration can't be run; the one before is in force again", "err", err)
			c, before = before, nil
			s.note(err)
		default:
			return err
		}
	}
}

// wait waits for the end, or for a configuration that can be read.
func (s *supervisor) wait(ctx context.Context, hup <-chan os.Signal, ended <-chan error) (*config.Config, error) {
	for {
		var answer chan error
		select {
		case err := <-ended:
			return nil, err
		case <-hup:
		case answer = <-s.asked:
		}
		if ctx.Err() != nil {
			return nil, <-ended
		}
		next, err := s.reload()
		s.note(err)
		if answer != nil {
			answer <- err
		}
		if err == nil {
			return next, nil
		}
		s.log.Error("the configuration can't be used; the old one stays in force", "err", err)
	}
}

// reload reads the configuration anew, and what it names.
func (s *supervisor) reload() (*config.Config, error) {
	c, err := s.load()
	if err != nil {
		return nil, err
	}
	slos, err := readSpecs(c.SLOs.Files, s.log)
	if err != nil {
		return nil, err
	}
	return c, checkFiles(c, slos)
}

func (s *supervisor) note(err error) {
	if err != nil {
		s.loaded.well.Set(0)
		return
	}
	s.loaded.well.Set(1)
	s.loaded.at.Set(float64(time.Now().Unix()))
}

// serveReload answers POST /-/reload: 200 once the new configuration was read, 400
// with its faults where it was not.
func (s *supervisor) serveReload(w http.ResponseWriter, req *http.Request) {
	answer := make(chan error, 1)
	var err error
	select {
	case s.asked <- answer:
		err = <-answer
	case <-req.Context().Done():
		return
	case <-time.After(10 * time.Second):
		err = errors.New("a reload is under way")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintln(w, "The configuration was read.") // the reader may have gone
}
