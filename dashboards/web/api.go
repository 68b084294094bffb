package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/dashboards/report"
)

// The bounds of a page of the API.
const (
	apiRows    = 100
	apiMaxRows = 1000
	// cursorLimit bounds a cursor; it holds the id of a row.
	cursorLimit = 2048
)

// apiRoutes are the addresses of the API; docs/openapi.yaml describes them, and a
// test holds one against the other.
func apiRoutes() []route {
	get := func(pattern string, answer func(*server, *request) (answer, error)) route {
		return route{method: http.MethodGet, pattern: "/api/v1" + pattern, api: true, answer: answer}
	}
	status := get("/status", (*server).apiStatus)
	status.early = true
	return []route{
		status,
		get("/slos", apiList((*Snapshot).sloList)),
		get("/slos/{service}/{name}", (*server).sloPage),
		get("/rules", apiList((*Snapshot).ruleList)),
		get("/rules/{id}", (*server).rulePage),
		get("/incidents", apiList((*Snapshot).incidentList)),
		{method: http.MethodPost, pattern: "/api/v1/incidents", api: true, early: true, answer: (*server).declare},
		get("/incidents/{id}", (*server).incidentPage),
		get("/findings", apiList((*Snapshot).findingList)),
		get("/findings/{id}", (*server).findingPage),
		get("/decisions", apiList((*Snapshot).decisionList)),
		get("/episodes", (*server).apiEpisodes),
		get("/reports", (*server).apiReports),
		get("/topology", (*server).apiTopology),
	}
}

// APIRoutes are the routes of the API that New serves, each as method and pattern,
// for who holds the description of the API against them.
func APIRoutes() []string {
	var out []string
	for _, r := range apiRoutes() {
		out = append(out, r.method+" "+r.pattern)
	}
	return out
}

// statusDocument is what is being served and how things stand, in a few figures.
type statusDocument struct {
	Schema     string     `json:"schema"`
	Ready      bool       `json:"ready"`
	Notice     *string    `json:"notice"`
	StaleSince *time.Time `json:"stale_since"`
	Version    *string    `json:"version"`
	MadeAt     *time.Time `json:"made_at"`
	*overview
}

func (s *server) apiStatus(req *request) (answer, error) {
	if err := onlyParameters(req.URL.Query(), "format"); err != nil {
		return answer{}, err
	}
	if req.format == formatCSV {
		return answer{}, badRequest("The status is JSON only.")
	}
	d := statusDocument{
		Schema: "burnish/status/v1", Ready: req.snap != nil, Notice: known(req.state.Notice), Version: known(s.o.Version),
		overview: &overview{},
	}
	if !req.state.StaleSince.IsZero() {
		d.StaleSince = new(req.state.StaleSince.UTC())
	}
	if req.snap != nil {
		d.MadeAt, d.overview = &req.snap.at, req.snap.overviewFigures()
	}
	return jsonAnswer(d), nil
}

// apiList answers a list page by page.
func apiList[T any](of func(*Snapshot) list[T]) func(*server, *request) (answer, error) {
	return func(_ *server, req *request) (answer, error) {
		l := of(req.snap)
		return l.api(req, l.rows(req.snap))
	}
}

// api is a page of the list in JSON or CSV.
func (l list[T]) api(req *request, all []T) (answer, error) {
	v := req.URL.Query()
	allowed := []string{"q", "sort", "limit", "cursor", "format"}
	for _, f := range l.facets {
		allowed = append(allowed, f.key)
	}
	if err := onlyParameters(v, allowed...); err != nil {
		return answer{}, err
	}
	sel, err := l.parse(v)
	if err != nil {
		return answer{}, err
	}
	limit, err := limitOf(v)
	if err != nil {
		return answer{}, err
	}
	rows := l.pick(all, sel)
	from, err := l.resume(rows, v.Get("cursor"))
	if err != nil {
		return answer{}, err
	}
	to := min(len(rows), from+limit)
	h := req.snap.head(l.name, len(rows))
	if to < len(rows) {
		h.Next = new(rowCursor(to, l.id(rows[to-1])))
	}
	if req.format == formatCSV {
		a := csvAnswer(l.name, l.columns, rows[from:to])
		a.next = h.Next
		return a, nil
	}
	a := listJSON(h, l.name, rows[from:to])
	a.next = h.Next
	return a, nil
}

// rowCursor is the place after a row: how many came before, and which was the
// last, so that the next page goes on after it though the report was made anew.
func rowCursor(after int, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(after) + "\x00" + id))
}

// resume is where to go on.
func (l list[T]) resume(rows []T, cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	none := badRequest("The cursor is none that this server gave.")
	if len(cursor) > cursorLimit {
		return 0, none
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, none
	}
	count, id, ok := strings.Cut(string(b), "\x00")
	n, err := strconv.Atoi(count)
	if !ok || err != nil || n < 0 {
		return 0, none
	}
	if i := slices.IndexFunc(rows, func(row T) bool { return l.id(row) == id }); i >= 0 {
		return i + 1, nil
	}
	return min(n, len(rows)), nil
}

func limitOf(v url.Values) (int, error) {
	text := v.Get("limit")
	if text == "" {
		return apiRows, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > apiMaxRows {
		return 0, badRequest(fmt.Sprintf("The limit is a number from 1 to %d.", apiMaxRows))
	}
	return n, nil
}

// onlyParameters refuses what is not known: a filter that is misspelt would
// answer everything.
func onlyParameters(v url.Values, allowed ...string) error {
	for name, values := range v {
		if !slices.Contains(allowed, name) {
			slices.Sort(allowed)
			return badRequest("The parameter " + cleanName(name) + " is not known; there are " + strings.Join(allowed, ", ") + ".")
		}
		if len(values) > 1 {
			return badRequest("The parameter " + name + " is there more than once.")
		}
	}
	return nil
}

// apiEpisodes answers alert history, the newest first.
func (s *server) apiEpisodes(req *request) (answer, error) {
	v := req.URL.Query()
	if err := onlyParameters(v, "rule", "from", "to", "fired", "limit", "cursor", "format"); err != nil {
		return answer{}, err
	}
	q, err := req.snap.episodeQuery(v)
	if err != nil {
		return answer{}, err
	}
	page, err := s.reader(req.snap).Episodes(req.Context(), q)
	if err != nil {
		return answer{}, err
	}
	if req.format == formatCSV {
		a := csvAnswer("episodes", episodeColumns(), page.Episodes)
		a.next = known(page.Next)
		return a, nil
	}
	a, err := episodesJSON(req.snap, page)
	a.next = known(page.Next)
	return a, err
}

func (s *Snapshot) episodeQuery(v url.Values) (EpisodeQuery, error) {
	var q EpisodeQuery
	var err error
	if id := v.Get("rule"); id != "" {
		at, ok := s.ruleByID[id]
		if !ok {
			return q, badRequest("There is no rule of that id in this report.")
		}
		q.Rule = &s.rules[at].key
	}
	if q.From, err = instant(v.Get("from")); err != nil {
		return q, err
	}
	if q.To, err = instant(v.Get("to")); err != nil {
		return q, err
	}
	switch v.Get("fired") {
	case "", "false":
	case "true":
		q.Fired = true
	default:
		return q, badRequest("Fired is true or false.")
	}
	if q.Limit, err = limitOf(v); err != nil {
		return q, err
	}
	if q.Cursor = v.Get("cursor"); len(q.Cursor) > cursorLimit {
		return q, badRequest("The cursor is none that this server gave.")
	}
	return q, nil
}

// instant reads a time; the zero time where there is none.
func instant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, badRequest("A time is RFC 3339, as 2026-11-01T12:00:00Z.")
	}
	return at.UTC(), nil
}

func (s *server) apiReports(req *request) (answer, error) {
	all, err := s.allReports(req)
	if err != nil {
		return answer{}, err
	}
	return reportList().api(req, all)
}

// overview is the figures of the overview and of the status.
type overview struct {
	From      *time.Time     `json:"from"`
	To        *time.Time     `json:"to"`
	Source    *string        `json:"source"`
	SLOs      map[string]int `json:"slos_by_state"`
	Rules     *int           `json:"rules"`
	Episodes  *int           `json:"episodes"`
	Incidents *int           `json:"incidents"`
	Untold    *int           `json:"incidents_nobody_was_told_of"`
	Findings  *int           `json:"findings"`
	Decisions *int           `json:"decisions"`
}

func (s *Snapshot) overviewFigures() *overview {
	out := &overview{
		From: &s.doc.From, To: &s.doc.To, Source: &s.doc.Source, SLOs: s.states(), Rules: new(len(s.rules)),
		Episodes: &s.doc.Summary.Episodes, Incidents: new(len(s.incidents)), Findings: new(len(s.findings)), Decisions: new(len(s.decisions)),
	}
	if s.judgement.Known {
		out.Untold = new(s.untold())
	}
	return out
}

// overviewDocument is the overview as JSON.
type overviewDocument struct {
	Schema string `json:"schema"`
	*overview

	Summary report.Totals `json:"summary"`
}
