package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/oklog/run"
	"github.com/prometheus/client_golang/prometheus"
	toolkit "github.com/prometheus/exporter-toolkit/web"

	"github.com/burnish-sre/burnish/dashboards/web"
)

// Report is what the daemon serves.
type Report interface {
	WriteHTML(w io.Writer) error
	WriteJSON(w io.Writer) error
	WriteMarkdown(w io.Writer) error
}

// ReportFunc makes the report as of now. It should return soon after ctx ends.
// Its error is shown to people, so it holds no credential.
type ReportFunc func(ctx context.Context, now time.Time) (Report, error)

// Options say what is served and how.
type Options struct {
	Report   ReportFunc    // required
	Source   string        // how pages and metrics call what the report is made from
	Interval time.Duration // between starts of refreshes; 5 minutes where zero
	Timeout  time.Duration // of one refresh; 2 minutes where zero
	// Listener is where to answer; Run closes it. Where it is nil, Run listens
	// on Address itself.
	Listener net.Listener
	Address  string
	// WebConfigFile is an exporter-toolkit file for TLS and basic
	// authentication; empty for neither.
	WebConfigFile string
	// Admins are the users who may change something; without any, everybody may.
	Admins []string
	// Web is what the pages show beside the report: Archive, Episodes and Declarer.
	Web web.Options
	// Standing lays newer figures of SLOs over the pages of a report; nil shows the
	// report's. It is called for each request.
	Standing func(*web.Snapshot) *web.Snapshot
	// Mount is further handlers by their patterns, as of http.ServeMux.
	Mount map[string]http.Handler
	// Trigger asks for a refresh out of turn; nil never does.
	Trigger <-chan struct{}
	// Made is told of every new report, before it is served; it may be nil.
	Made func(Report)
	// Kept carries the last report from one Run to the next; nil carries none.
	Kept     *Kept
	Version  string               // shown in burnish_build_info
	Registry *prometheus.Registry // takes the metrics; a new one where nil
	Logger   *slog.Logger         // nil discards
	Now      func() time.Time     // the clock; time.Now where nil
}

// stopGrace is how long connections and a refresh under way have to end.
const stopGrace = time.Second

// Run serves until ctx ends, which is no error, or until the listener or the
// web configuration fails.
func Run(ctx context.Context, o Options) error {
	if o.Report == nil {
		return errors.New("run daemon: no report function")
	}
	o = o.withDefaults()
	if err := toolkit.Validate(o.WebConfigFile); err != nil {
		return fmt.Errorf("read web configuration %s: %w", o.WebConfigFile, err)
	}
	listener, err := o.listen(ctx)
	if err != nil {
		return err
	}
	defer listener.Close()

	r := newRefresher(o)
	loopCtx, stopLoop := context.WithCancel(ctx)
	defer stopLoop()
	server := newServer(o, r)
	var g run.Group
	g.Add(func() error { <-loopCtx.Done(); return nil }, func(error) { stopLoop() })
	g.Add(func() error { r.loop(loopCtx); return nil }, func(error) { stopLoop() })
	g.Add(func() error { return serve(listener, server, o) }, func(error) { stop(server, listener) }) //nolint:contextcheck // ctx has ended by then
	o.Logger.InfoContext(ctx, "serving", "address", listener.Addr().String(), "source", o.Source, "interval", o.Interval)
	err = g.Run()
	o.Logger.InfoContext(ctx, "stopped")
	return err
}

// Kept is a report that was served last. The zero value holds none.
type Kept struct{ last atomic.Pointer[rendered] }

func (o Options) withDefaults() Options {
	if o.Kept == nil {
		o.Kept = &Kept{}
	}
	if o.Interval <= 0 {
		o.Interval = 5 * time.Minute
	}
	if o.Timeout <= 0 {
		o.Timeout = 2 * time.Minute
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

func (o Options) listen(ctx context.Context) (net.Listener, error) {
	if o.Listener != nil {
		return o.Listener, nil
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; choose another with --web.listen-address", o.Address, err)
	}
	return l, nil
}

func serve(l net.Listener, server *http.Server, o Options) error {
	quiet := slog.New(slog.DiscardHandler) // Run has said where it listens
	err := toolkit.Serve(l, server, &toolkit.FlagConfig{WebConfigFile: &o.WebConfigFile}, quiet)
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// acceptGrace is how long a connection that was just accepted has to be looked at:
// a server that is told to stop drops those that it has read nothing of.
const acceptGrace = 50 * time.Millisecond

// stop takes no more connections, lets answers under way finish within the grace,
// then cuts them off.
func stop(server *http.Server, l net.Listener) {
	_ = l.Close() // it is closed at most twice
	time.Sleep(acceptGrace)
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // the process ends; there is nobody left to tell
	}
}
