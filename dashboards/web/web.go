package web

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Options say where the page gets what it shows.
type Options struct {
	// Current is what there is to show now; required. It is called once for each
	// request.
	Current func() State
	// Archive keeps older reports; nil where nobody does.
	Archive Archive
	// Episodes reads alert history from a store; nil shows what the snapshot holds.
	Episodes EpisodeReader
	// Declarer keeps incidents that people declare; nil where nobody does.
	Declarer Declarer
	// Version of burnish, for the footer.
	Version string
	// Refresh is how often the script of the overview and of the timeline looks for
	// a newer snapshot; 30 seconds where zero.
	Refresh time.Duration
}

// State is what there is to show at a moment.
type State struct {
	// Snapshot is nil while there is none; Notice then says why.
	Snapshot *Snapshot
	// Notice is what people should know about the snapshot's age; empty while it
	// is fresh. StaleSince is when it began to be old.
	Notice     string
	StaleSince time.Time
}

// Archive keeps reports that were made before. Its methods are called by several
// requests at once.
type Archive interface {
	// Reports lists what is kept, the newest first.
	Reports(ctx context.Context) ([]ArchivedReport, error)
	// Report is one of them in a form: html, json or md. It is ErrNotFound where
	// there is none.
	Report(ctx context.Context, id, format string) ([]byte, error)
}

// ArchivedReport is a report that is kept.
type ArchivedReport struct {
	ID       string    `json:"id"` // letters, digits, dots, dashes
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	MadeAt   time.Time `json:"made_at"`
	Episodes int       `json:"episodes"`
	Findings int       `json:"findings"`
}

// The errors that a store may give.
var (
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("there is none of that id")
	// ErrForbidden: who asks may read but not write.
	ErrForbidden = errors.New("this needs the right to write")
	// ErrExists: there is one of that id, and it says something else.
	ErrExists = errors.New("there is another of that id")
)

// server answers requests.
type server struct {
	o      Options
	assets assets
}

// New gives the handler of all pages and of the API. The daemon mounts it at the
// root; /report and its other forms are the daemon's own.
func New(o Options) http.Handler {
	if o.Refresh <= 0 {
		o.Refresh = 30 * time.Second
	}
	s := &server{o: o, assets: newAssets()}
	mux := http.NewServeMux()
	for _, r := range append(pageRoutes(), apiRoutes()...) {
		mux.Handle(r.method+" "+r.pattern, s.handler(r))
	}
	mux.HandleFunc("GET /static/{name}", s.assets.serve)
	mux.Handle("/", s.handler(route{pattern: "/", early: true, answer: notThere}))
	mux.Handle("/api/", s.handler(route{pattern: "/api/", api: true, early: true, answer: notThere}))
	return mux
}

func notThere(_ *server, req *request) (answer, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return answer{}, problem{Status: http.StatusMethodNotAllowed, Detail: "This can only be read."}
	}
	return answer{}, problem{Status: http.StatusNotFound, Detail: "There is no such page."}
}

// contentPolicy allows the page's own style sheet, script and images, and
// requests to where it came from; nothing inline and nothing from elsewhere.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
}
