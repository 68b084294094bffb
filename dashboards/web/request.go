package web

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// route is one path and what answers it.
type route struct {
	method, pattern string
	api             bool // answers JSON and CSV, and problems as JSON
	early           bool // answers before there is a snapshot
	answer          func(*server, *request) (answer, error)
}

// The forms of an answer.
const (
	formatHTML     = "html"
	formatJSON     = "json"
	formatCSV      = "csv"
	formatMarkdown = "md"
)

// request is a request with what is looked up for all of them.
type request struct {
	*http.Request
	state  State
	snap   *Snapshot
	format string
	api    bool
}

// answer is what is sent; its status is 200 where it says none.
type answer struct {
	status      int
	contentType string
	body        []byte
	location    string
	name        string // of the file that a browser saves; empty shows it
	inlineStyle bool   // a report brings its own style
	volatile    bool   // no entity tag
	next        *string
}

// problem is an error that whoever asks should see, as RFC 9457 has it.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
}

func (p problem) Error() string { return p.Detail }

// handler looks up the state of affairs, asks the route and writes its answer.
func (s *server) handler(r route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
		setHeaders(w.Header())
		state := s.o.Current()
		req := &request{Request: hr, state: state, snap: state.Snapshot, api: r.api}
		if !state.StaleSince.IsZero() {
			w.Header().Set("Burnish-Stale-Since", state.StaleSince.UTC().Format(time.RFC3339))
		}
		a, err := s.ask(r, req)
		if err != nil {
			a = s.problemAnswer(w, req, err)
		}
		send(w, hr, a)
	})
}

func (s *server) ask(r route, req *request) (answer, error) {
	var err error
	if req.format, err = formatOf(req); err != nil {
		return answer{}, err
	}
	if req.snap == nil && !r.early {
		return answer{}, problem{Status: http.StatusServiceUnavailable, Detail: req.state.Notice}
	}
	return r.answer(s, req)
}

// formatOf is the form that is asked for: by the parameter, by the path's ending,
// or on the API by what the client accepts.
func formatOf(req *request) (string, error) {
	if f := req.URL.Query().Get("format"); f != "" {
		switch {
		case f == formatJSON, f == formatCSV, f == formatHTML && !req.api:
			return f, nil
		}
		return "", problem{Status: http.StatusBadRequest, Detail: "The format may be json or csv."}
	}
	switch {
	case strings.HasSuffix(req.URL.Path, ".json"):
		return formatJSON, nil
	case strings.HasSuffix(req.URL.Path, ".csv"):
		return formatCSV, nil
	case strings.HasSuffix(req.URL.Path, ".md"):
		return formatMarkdown, nil
	case !req.api:
		return formatHTML, nil
	case strings.HasPrefix(req.Header.Get("Accept"), "text/csv"):
		return formatCSV, nil
	}
	return formatJSON, nil
}

// value is a part of the path without the ending that names a format.
func (r *request) value(name string) (exact, trimmed string) {
	exact = r.PathValue(name)
	trimmed = exact
	if r.format != formatHTML {
		trimmed = strings.TrimSuffix(exact, "."+r.format)
	}
	return exact, trimmed
}

// problemAnswer words an error in the form that was asked for.
func (s *server) problemAnswer(w http.ResponseWriter, req *request, err error) answer {
	p := asProblem(err)
	switch p.Status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "5")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", "GET, HEAD")
	}
	if req.api || req.format == formatJSON || req.format == formatCSV {
		a := jsonAnswer(p)
		a.status, a.contentType, a.volatile = p.Status, "application/problem+json", true
		return a
	}
	a := s.page(req, "problem", p.Title, p)
	a.status, a.volatile = p.Status, true
	return a
}

func asProblem(err error) problem {
	var p problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, ErrNotFound):
		p = problem{Status: http.StatusNotFound, Detail: "There is none of that id."}
	case errors.Is(err, ErrForbidden):
		p = problem{Status: http.StatusForbidden, Detail: "This needs the right to write."}
	case errors.Is(err, ErrExists):
		p = problem{Status: http.StatusConflict, Detail: "There is another of that id, and it says something else."}
	default:
		p = problem{Status: http.StatusInternalServerError, Detail: cleanLine(err.Error())}
	}
	if p.Type == "" {
		p.Type = "about:blank"
	}
	if p.Title == "" {
		p.Title = http.StatusText(p.Status)
	}
	return p
}

// send writes an answer; one that the reader has already costs only its tag.
func send(w http.ResponseWriter, req *http.Request, a answer) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	if a.inlineStyle {
		h.Set("Content-Security-Policy", strings.Replace(contentPolicy, "style-src 'self'; script-src 'self'", "style-src 'unsafe-inline'", 1))
	}
	if a.name != "" {
		h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", a.name))
	}
	if a.next != nil {
		v := req.URL.Query()
		v.Set("cursor", *a.next)
		h.Set("Link", "<"+req.URL.EscapedPath()+"?"+v.Encode()+`>; rel="next"`)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if a.status != 0 && a.status != http.StatusOK || a.volatile {
		w.WriteHeader(max(a.status, http.StatusOK))
		if req.Method != http.MethodHead {
			_, _ = w.Write(a.body) // the reader may have gone
		}
		return
	}
	sum := sha256.Sum256(a.body)
	h.Set("ETag", fmt.Sprintf(`"%x"`, sum[:12]))
	h.Add("Vary", "Accept")
	http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(a.body))
}
