package daemon

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/burnish-sre/burnish/dashboards/web"
)

// contentPolicy lets a page show its own text, its own style and inlined
// images, and nothing else: no script, no frame, no request to anywhere.
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func newServer(o Options, r *refresher) *http.Server {
	return &http.Server{
		Handler:           newHandler(o, r),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(o.Logger.With("component", "web").Handler(), slog.LevelDebug),
	}
}

func newHandler(o Options, r *refresher) http.Handler {
	mux := http.NewServeMux()
	answers := own(o, r)
	for pattern, h := range answers {
		mux.Handle(pattern, h)
	}
	for pattern, h := range o.Mount {
		mux.Handle(pattern, h)
	}
	pages := o.Web
	pages.Current, pages.Version = r.state, o.Version
	site := web.New(pages)
	mux.Handle("POST /api/", site)
	mux.HandleFunc("GET /", func(w http.ResponseWriter, req *http.Request) {
		p := r.current.Load()
		switch {
		case p.snapshot == nil && req.URL.Path == "/": // all there is, or why there is nothing
			answers["GET /report"](w, req)
		case p.snapshot == nil && p.ready:
			http.NotFound(w, req)
		default:
			site.ServeHTTP(w, req)
		}
	})
	return guard(rights(o.Admins, o.Logger.With("component", "web"), mux))
}

// state is what the pages show now.
func (r *refresher) state() web.State {
	p := r.current.Load()
	snapshot := p.snapshot
	if snapshot != nil && r.o.Standing != nil {
		snapshot = r.o.Standing(snapshot)
	}
	return web.State{Snapshot: snapshot, Notice: p.notice, StaleSince: p.staleSince}
}

// guard sets the headers that every answer carries.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, req)
	})
}

// serve answers with one form of the latest report, or 503 while there is none.
func (r *refresher) serve(form func(*pages) page) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		p := r.current.Load()
		if !p.staleSince.IsZero() {
			w.Header().Set("Burnish-Stale-Since", p.staleSince.Format(time.RFC3339))
		}
		if !p.ready {
			serveWaiting(w, req, p.notice)
			return
		}
		body := form(p)
		if body.packed != nil {
			body.packed.serve(w, req, body.contentType)
			return
		}
		w.Header().Set("Content-Type", body.contentType)
		w.Header().Set("ETag", body.etag)
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(body.body))
	}
}

func serveWaiting(w http.ResponseWriter, req *http.Request, notice string) {
	w.Header().Set("Retry-After", "5")
	if req.URL.Path != "/" && req.URL.Path != "/report" {
		say(w, http.StatusServiceUnavailable, notice)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = waiting.Execute(w, notice) // the reader may have gone
}

func (r *refresher) serveReady(w http.ResponseWriter, _ *http.Request) {
	p := r.current.Load()
	switch {
	case !p.ready:
		say(w, http.StatusServiceUnavailable, "Not ready. "+p.notice)
	case p.notice != "":
		say(w, http.StatusOK, "Ready, with an old report. "+p.notice)
	default:
		say(w, http.StatusOK, "Ready.")
	}
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the reader may have gone
}
