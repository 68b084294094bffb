package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/burnish-sre/burnish/noise"
)

// urls are the addresses that a list answers, by name.
func urls(t *testing.T, h http.Handler, list, query string) []string {
	t.Helper()
	w := get(h, "/"+list+".json"+query)
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	var doc map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
	var rows []struct{ URL string }
	require.NoError(t, json.Unmarshal(doc[list], &rows))
	var out []string
	for _, r := range rows {
		out = append(out, r.URL)
	}
	return out
}

// everyPage is every page that the fixture has.
func everyPage(t *testing.T, h http.Handler) []string {
	t.Helper()
	out := []string{"/", "/slos", "/rules", "/incidents", "/findings", "/decisions", "/timeline", "/reports", "/topology", "/topology/worksheet", "/topology/loops", "/timeline?slo=api%2Favailability&last=24h", "/rules/none"}
	for _, list := range []string{"slos", "rules", "incidents", "findings"} {
		out = append(out, urls(t, h, list, "")...)
	}
	for _, u := range urls(t, h, "rules", "") {
		out = append(out, u+"/episodes")
	}
	return out
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	h := site(t)
	elsewhere := []string{"/report", "/report.json", "/report.md"} // the daemon's own
	seen, todo := map[string]bool{}, []string{"/"}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		w := get(h, path)
		require.Equal(t, http.StatusOK, w.Code, path)
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		for _, to := range links(t, w.Body.String()) {
			to, _, _ = strings.Cut(to, "#")
			if to == "" || seen[to] || slices.Contains(elsewhere, to) {
				continue
			}
			assert.Truef(t, strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//"), "%s leads away to %s", path, to)
			seen[to] = true
			todo = append(todo, to)
		}
	}
	for _, page := range everyPage(t, h) {
		if page != "/rules/none" && !strings.Contains(page, "?") && !strings.HasSuffix(page, "/episodes") && page != "/" {
			assert.True(t, seen[page], "no link leads to %s", page)
		}
	}
}

// links are the addresses that a page links to or loads.
func links(t *testing.T, page string) []string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	require.NoError(t, err)
	var out []string
	for n := range doc.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "href" && n.Data != "use" || a.Key == "src" || a.Key == "action" {
				out = append(out, a.Val)
			}
		}
	}
	return out
}

func TestPagesHoldNoForeignMarkup(t *testing.T) {
	h := site(t)
	for _, path := range everyPage(t, h) {
		w := get(h, path)
		doc, err := html.Parse(w.Body)
		require.NoError(t, err)
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			assert.NotContains(t, []string{"img", "iframe", "style", "object", "base", "embed"}, n.Data, path)
			assert.False(t, n.Data == "b" && n.FirstChild != nil && strings.Contains(n.FirstChild.Data, "novel"), path)
			for _, a := range n.Attr {
				assert.False(t, strings.HasPrefix(a.Key, "on"), "%s has %s", path, a.Key)
				assert.NotEqual(t, "style", a.Key, "%s has an inline style, which its policy forbids", path)
			}
			if n.Data == "script" {
				assert.Nil(t, n.FirstChild, "%s has an inline script", path)
			}
		}
	}
}

func TestHostileTextIsShownAsText(t *testing.T) {
	h := site(t)
	evil := urls(t, h, "rules", "?q=cmd")
	require.Len(t, evil, 1)
	page := get(h, evil[0]).Body.String()
	assert.Contains(t, page, "&lt;script&gt;alert(3)", "the expression")
	assert.Contains(t, page, "path=&lt;script&gt;alert(1)&lt;/script&gt;", "the label of an episode")
	errors := urls(t, h, "rules", "?q=ApiErrors")
	assert.Contains(t, get(h, errors[0]).Body.String(), strings.Repeat("&lt;b&gt;reads like a novel&lt;/b&gt; &amp; ends nowhere. ", 200), "10 kB of annotation are all there")
	w := get(h, "/incidents")
	assert.Contains(t, w.Body.String(), "&lt;img src=")
	for _, u := range urls(t, h, "incidents", "") {
		assert.Regexp(t, `^/incidents/[A-Za-z0-9_-]+$`, u)
		assert.Equal(t, http.StatusOK, get(h, u).Code)
	}
}

func TestCSVIsSafeInASpreadsheet(t *testing.T) {
	h := site(t)
	for _, path := range []string{"/rules.csv", "/incidents.csv", "/findings.csv", "/decisions.csv", "/slos.csv", "/timeline.csv", "/reports.csv"} {
		w := get(h, path)
		require.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
		assert.Contains(t, w.Header().Get("Content-Disposition"), "attachment")
		rows, err := csv.NewReader(w.Body).ReadAll()
		require.NoError(t, err, path)
		require.Greater(t, len(rows), 1, path)
		for _, row := range rows[1:] {
			for i, field := range row {
				isNumber := regexp.MustCompile(`^-?[0-9.]+$`).MatchString(field)
				assert.Falsef(t, !isNumber && field != "" && strings.ContainsAny(field[:1], "=+-@\t\r"), "%s: %s is %q", path, rows[0][i], field)
			}
		}
	}
	assert.Contains(t, get(h, "/rules.csv").Body.String(), `'`+hostileName)
	for in, want := range map[string]string{
		"=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "  =1": "'  =1", "\t=1": "'\t=1", "plain": "plain", "a=1": "a=1", "": "", "＝1": "'＝1", "\xff": "\uFFFD",
	} {
		assert.Equal(t, want, csvSafe(in))
	}
}

func TestRulesAreFilteredSortedAndSearched(t *testing.T) {
	h := site(t)
	for _, c := range []struct {
		name, query string
		want        []string
	}{
		{"the noisiest first", "", []string{"DiskNoisy", "ApiErrors", hostileName, "Silent"}},
		{"by name", "?sort=rule", []string{hostileName, "ApiErrors", "DiskNoisy", "Silent"}},
		{"by name, backwards", "?sort=-rule", []string{"Silent", "DiskNoisy", "ApiErrors", hostileName}},
		{"by a share", "?sort=recall_ratio&team=api", []string{"Silent", "ApiErrors"}},
		{"by a share, backwards", "?sort=-recall_ratio&team=api", []string{"ApiErrors", "Silent"}},
		{"of a team", "?team=storage", []string{"DiskNoisy"}},
		{"of a team and a severity", "?team=api&severity=info", []string{"Silent"}},
		{"of a hostile team", "?team=%22%3E%3Cscript%3Ealert(4)%3C/script%3E", []string{hostileName}},
		{"of a finding", "?kind=repeating", []string{"DiskNoisy"}},
		{"found in the expression", "?q=requests_total", []string{"ApiErrors"}},
		{"found by two words", "?q=storage+NOISY", []string{"DiskNoisy"}},
		{"none", "?q=nothing+at+all", []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(h, "/rules.json"+c.query)
			require.Equal(t, http.StatusOK, w.Code)
			var doc struct {
				Count int
				Rules []struct{ Name string }
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
			got := []string{}
			for _, r := range doc.Rules {
				got = append(got, r.Name)
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, len(c.want), doc.Count)
			assert.Equal(t, http.StatusOK, get(h, "/rules"+c.query).Code)
		})
	}
}

func TestUnknownComesLastWhicheverWay(t *testing.T) {
	for _, reverse := range []bool{false, true} {
		assert.Positive(t, compareValues(nil, 1, reverse))
		assert.Negative(t, compareValues(1, nil, reverse))
		assert.Zero(t, compareValues(nil, nil, reverse))
	}
	assert.Negative(t, compareValues(1, 2, false))
	assert.Positive(t, compareValues(1, 2, true))
	assert.Negative(t, compareValues("a", "B", false))
	assert.Negative(t, compareValues(end.Add(-1), end, false))
	assert.Negative(t, compareValues(false, true, false))
	assert.Negative(t, compareValues(0.1, 0.2, false))
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	h := site(t)
	for _, path := range []string{"/", "/rules.json", "/rules.csv", "/nothing", "/api/v1/rules", "/api/v1/nothing", newAssets().url("page.css"), newAssets().url("page.js")} {
		w := get(h, path)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Content-Security-Policy": contentPolicy,
		} {
			assert.Equal(t, want, w.Header().Get(name), path)
		}
	}
	assert.NotContains(t, contentPolicy, "unsafe")
	assert.Contains(t, contentPolicy, "default-src 'none'")
	assert.Contains(t, contentPolicy, "frame-ancestors 'none'")
	assert.Equal(t, "public, max-age=31536000, immutable", get(h, newAssets().url("page.js")).Header().Get("Cache-Control"))
}

func TestAnUnchangedAnswerIsNotSentAgain(t *testing.T) {
	h := site(t)
	for _, path := range []string{"/", "/rules.json", "/api/v1/findings", "/timeline"} {
		tag := get(h, path).Header().Get("ETag")
		require.NotEmpty(t, tag, path)
		w := ask(h, "GET", path, "", "If-None-Match", tag)
		assert.Equal(t, http.StatusNotModified, w.Code)
		assert.Empty(t, w.Body.String())
	}
}

func TestProblems(t *testing.T) {
	h := site(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/nothing", 404},
		{"GET", "/rules/none", 404},
		{"GET", "/rules/none.json", 404},
		{"GET", "/slos/none/none", 404},
		{"GET", "/incidents/none", 404},
		{"GET", "/findings/none", 404},
		{"GET", "/reports/none", 404},
		{"GET", "/rules?sort=nothing", 400},
		{"GET", "/rules?page=0", 400},
		{"GET", "/rules?page=x", 400},
		{"GET", "/rules?q=" + strings.Repeat("x", 500), 400},
		{"GET", "/rules?format=xml", 400},
		{"GET", "/timeline?last=1y", 400},
		{"GET", "/timeline?from=yesterday", 400},
		{"GET", "/timeline?from=2026-11-05T00:00:00Z&to=2026-11-04T00:00:00Z", 400},
		{"DELETE", "/rules", 405},
		{"GET", "/api/v1/nothing", 404},
		{"PUT", "/api/v1/rules", 405},
		{"GET", "/api/v1/rules?tem=x", 400},
		{"GET", "/api/v1/rules?team=x&team=y", 400},
		{"GET", "/api/v1/rules?limit=0", 400},
		{"GET", "/api/v1/rules?limit=100000", 400},
		{"GET", "/api/v1/rules?cursor=%21", 400},
		{"GET", "/api/v1/episodes?cursor=eA", 400},
		{"GET", "/api/v1/episodes?rule=none", 400},
		{"GET", "/api/v1/episodes?from=x", 400},
		{"GET", "/api/v1/episodes?fired=maybe", 400},
		{"GET", "/api/v1/status?format=csv", 400},
		{"POST", "/api/v1/incidents", 501},
	} {
		t.Run(c.method+" "+c.path, func(t *testing.T) {
			w := ask(h, c.method, c.path, "")
			assert.Equal(t, c.status, w.Code)
			if !strings.HasPrefix(c.path, "/api/") && !strings.Contains(c.path, ".json") {
				assert.Contains(t, w.Header().Get("Content-Type"), "text/html")
				return
			}
			assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
			var p problem
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
			assert.Equal(t, c.status, p.Status)
			assert.Equal(t, http.StatusText(c.status), p.Title)
			assert.NotEmpty(t, p.Detail)
		})
	}
}

func TestBeforeTheFirstReport(t *testing.T) {
	h := New(Options{Current: func() State { return State{Notice: "The first report is being made."} }})
	for _, path := range []string{"/", "/rules", "/rules/x", "/timeline", "/reports"} {
		w := get(h, path)
		assert.Equal(t, http.StatusServiceUnavailable, w.Code, path)
		assert.Equal(t, "5", w.Header().Get("Retry-After"))
		assert.Contains(t, w.Body.String(), "The first report is being made.")
	}
	assert.Equal(t, "application/problem+json", get(h, "/api/v1/rules").Header().Get("Content-Type"))
	var status struct{ Ready bool }
	require.NoError(t, json.Unmarshal(get(h, "/api/v1/status").Body.Bytes(), &status))
	assert.False(t, status.Ready)
}

func TestAnOldSnapshotSaysSo(t *testing.T) {
	snap := NewSnapshot(input())
	h := New(Options{Current: func() State {
		return State{Snapshot: snap, Notice: "Source unreachable since <12:03>", StaleSince: end}
	}})
	w := get(h, "/rules")
	assert.Contains(t, w.Body.String(), "Source unreachable since &lt;12:03&gt;")
	assert.Equal(t, "2026-11-09T00:00:00Z", w.Header().Get("Burnish-Stale-Since"))
}

func TestNothingIsKnown(t *testing.T) {
	h := New(Options{Current: func() State { return State{Snapshot: NewSnapshot(Input{})} }})
	for _, path := range []string{"/", "/slos", "/rules", "/incidents", "/findings", "/decisions", "/reports"} {
		assert.Equal(t, http.StatusOK, get(h, path).Code, path)
	}
	assert.Contains(t, get(h, "/").Body.String(), "No promise is written down")
	assert.Equal(t, http.StatusBadRequest, get(h, "/timeline").Code, "an empty stretch")
}

func TestPagesOfALongTable(t *testing.T) {
	in := input()
	in.Report.Rules = nil
	for i := range 120 {
		r := input().Report.Rules[0]
		r.Name, r.Episodes = fmt.Sprintf("Rule%03d", i), 1000-i
		in.Report.Rules = append(in.Report.Rules, r)
	}
	snap := NewSnapshot(in)
	h := New(Options{Current: func() State { return State{Snapshot: snap} }})
	for page, want := range map[string]string{"": "1–50 of 120 rules", "?page=2": "51–100 of 120 rules", "?page=3": "101–120 of 120 rules"} {
		assert.Contains(t, get(h, "/rules"+page).Body.String(), want)
	}
	assert.Contains(t, get(h, "/rules?page=4").Body.String(), "beyond the end of 120 rules")
	assert.Equal(t, 121, strings.Count(get(h, "/rules.csv").Body.String(), "\n"), "a file holds all pages")
	var names []string
	next := ""
	for range 10 {
		w := get(h, "/api/v1/rules?limit=50&cursor="+next)
		var doc struct {
			Next  *string `json:"next_cursor"`
			Count int
			Rules []struct{ Name string }
		}
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &doc))
		for _, r := range doc.Rules {
			names = append(names, r.Name)
		}
		if doc.Next == nil {
			break
		}
		next = *doc.Next
		assert.Contains(t, w.Header().Get("Link"), `rel="next"`)
	}
	assert.Len(t, names, 120)
	assert.True(t, slices.IsSorted(names))
}

func TestRuleIDsAreStable(t *testing.T) {
	key := noise.RuleKey{Name: "HighCpu", Group: "g", File: "/etc/prometheus/node.yml", Severity: "warning"}
	moved := key
	moved.File = "rules/node.yml"
	assert.Regexp(t, `^HighCpu-[0-9a-f]{10}$`, ruleID(key))
	assert.Equal(t, ruleID(key), ruleID(moved), "another folder is the same rule")
	for _, change := range []func(*noise.RuleKey){
		func(k *noise.RuleKey) { k.Name = "HighCPU" }, func(k *noise.RuleKey) { k.Group = "h" },
		func(k *noise.RuleKey) { k.File = "x.yml" }, func(k *noise.RuleKey) { k.Severity = "critical" },
	} {
		other := key
		change(&other)
		assert.NotEqual(t, ruleID(key), ruleID(other))
	}
	in := input()
	twin := in.Report.Rules[0]
	twin.File = new("other/" + base(*twin.File))
	in.Report.Rules = append(in.Report.Rules, twin)
	assert.Len(t, NewSnapshot(in).ruleByID, len(in.Report.Rules), "rules that differ in the folder alone have ids of their own")
}

// shelf is an archive.
type shelf map[string]string

func (s shelf) Reports(context.Context) ([]ArchivedReport, error) {
	return []ArchivedReport{{ID: "2026-W44", From: window.Before().From, To: window.From, MadeAt: window.From}}, nil
}

func (s shelf) Report(_ context.Context, id, format string) ([]byte, error) {
	if body, ok := s[id+"."+format]; ok {
		return []byte(body), nil
	}
	return nil, ErrNotFound
}

// broken is an archive that can't be read.
type broken struct{ shelf }

func (broken) Reports(context.Context) ([]ArchivedReport, error) { return nil, errors.New("disk full") }

func TestArchive(t *testing.T) {
	h := site(t, func(o *Options) {
		o.Archive = shelf{"2026-W44.html": "<!doctype html><style>a{}</style>old", "2026-W44.json": "{}", "2026-W44.md": "# old"}
	})
	page := get(h, "/reports").Body.String()
	assert.Contains(t, page, `href="/reports/2026-W44"`)
	assert.Contains(t, page, `href="/report"`)
	w := get(h, "/reports/2026-W44")
	assert.Contains(t, w.Body.String(), "old")
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "style-src 'unsafe-inline'")
	assert.NotContains(t, w.Header().Get("Content-Security-Policy"), "script-src", "a report has no script")
	assert.Equal(t, "application/json", get(h, "/reports/2026-W44.json").Header().Get("Content-Type"))
	assert.Equal(t, "# old", get(h, "/reports/2026-W44.md").Body.String())
	for _, id := range []string{"none", "2026-W44.csv", "..%2f..%2fetc%2fpasswd", strings.Repeat("x", 200)} {
		assert.Equal(t, http.StatusNotFound, get(h, "/reports/"+id).Code, id)
	}
	h = site(t, func(o *Options) { o.Archive = broken{} })
	assert.Equal(t, http.StatusInternalServerError, get(h, "/reports").Code)
	assert.Contains(t, get(h, "/api/v1/reports").Body.String(), "disk full")
}

// diary keeps what is declared.
type diary struct {
	kept map[string]noise.Incident
	err  error
}

func (d *diary) Declare(_ context.Context, in noise.Incident) (noise.Incident, error) {
	if d.err != nil {
		return in, d.err
	}
	if old, ok := d.kept[in.ID]; ok && old.Note != in.Note {
		return old, ErrExists
	}
	d.kept[in.ID] = in
	return in, nil
}

func TestDeclareAnIncident(t *testing.T) {
	const good = `{"id":"INC-1","from":"2026-11-05T14:05:00+01:00","to":"2026-11-05T14:47:00+01:00","labels":{"service":"api"},"slo":"api/availability","severity":"major","note":"x"}`
	d := &diary{kept: map[string]noise.Incident{}}
	h := site(t, func(o *Options) { o.Declarer = d })
	declare := func(body string, headers ...string) (int, string) {
		if headers == nil {
			headers = []string{"Content-Type", "application/json"}
		}
		w := ask(h, "POST", "/api/v1/incidents", body, headers...)
		return w.Code, w.Body.String()
	}
	w := ask(h, "POST", "/api/v1/incidents", good, "Content-Type", "application/json; charset=utf-8")
	assert.Equal(t, http.StatusCreated, w.Code, w.Body.String())
	assert.Equal(t, "/api/v1/incidents/INC-1", w.Header().Get("Location"))
	assert.Equal(t, time.Date(2026, 11, 5, 13, 5, 0, 0, time.UTC), d.kept["INC-1"].From, "kept in UTC")
	assert.True(t, d.kept["INC-1"].Declared)
	code, _ := declare(good)
	assert.Equal(t, http.StatusCreated, code, "the same twice is no error")
	code, _ = declare(strings.Replace(good, `"note":"x"`, `"note":"y"`, 1))
	assert.Equal(t, http.StatusConflict, code)
	code, _ = declare(`{"from":"2026-11-05T14:05:00Z","to":"2026-11-05T14:06:00Z"}`)
	assert.Equal(t, http.StatusCreated, code)
	assert.Contains(t, d.kept, "declared@2026-11-05T14:05:00Z", "an id is made from the start")

	for name, c := range map[string]struct {
		body   string
		status int
	}{
		"no end":           {`{"from":"2026-11-05T14:05:00Z"}`, 400},
		"backwards":        {`{"from":"2026-11-05T14:05:00Z","to":"2026-11-05T14:04:00Z"}`, 400},
		"ten years":        {`{"from":"2016-11-05T14:05:00Z","to":"2026-11-05T14:04:00Z"}`, 400},
		"an unknown field": {`{"form":"2026-11-05T14:05:00Z"}`, 400},
		"no JSON":          {`id=1`, 400},
		"nothing":          {``, 400},
		"two":              {good + good, 400},
		"a bad label":      {`{"from":"2026-11-05T14:05:00Z","to":"2026-11-05T14:06:00Z","labels":{"a-b":"c"}}`, 400},
		"a long id":        {`{"id":"` + strings.Repeat("x", 300) + `","from":"2026-11-05T14:05:00Z","to":"2026-11-05T14:06:00Z"}`, 400},
		"too large":        {`{"note":"` + strings.Repeat("x", 100_000) + `"}`, 413},
	} {
		code, body := declare(c.body)
		assert.Equal(t, c.status, code, "%s: %s", name, body)
	}
	code, _ = declare(good, "Content-Type", "text/plain")
	assert.Equal(t, http.StatusUnsupportedMediaType, code, "what a form could send")
	code, _ = declare(good, "Content-Type", "application/json", "Sec-Fetch-Site", "cross-site")
	assert.Equal(t, http.StatusForbidden, code, "what another site made a browser send")
	d.err = fmt.Errorf("store: %w", ErrForbidden)
	code, _ = declare(good)
	assert.Equal(t, http.StatusForbidden, code)
}

func TestABudgetIsDrawnInItsStretchAlone(t *testing.T) {
	rows := input().Report.SLOs
	whole := axis{window}.burnDown(rows[0].BurnDown, 0)
	assert.Equal(t, len(rows[0].BurnDown.Remaining), strings.Count(whole.Line, "M"))
	late := window
	late.From = window.To.Add(-24 * time.Hour)
	last := axis{late}.burnDown(rows[0].BurnDown, 0)
	assert.Equal(t, 2, strings.Count(last.Line, "M"), "steps of half a day: %s", last.Line)
	assert.True(t, strings.HasPrefix(last.Line, "M0 "))
	assert.Contains(t, last.Line, "L1000 ")
	assert.NotEmpty(t, axis{window}.burnDown(rows[1].BurnDown, -0.25).Below, "overspent")
}
