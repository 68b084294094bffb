package web

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
)

// FuzzHighlight: the pieces of an expression together are the expression.
func FuzzHighlight(f *testing.F) {
	for _, r := range rules() {
		f.Add(r.Expr)
	}
	f.Add("sum by (a) (rate(x{b=~\"c\"}[5m:1m] offset 3d)) > bool 0x1F # comment\n  and on () vector(1)")
	f.Add("{{{{[[[[''''\"\"``\x00\xff")
	f.Fuzz(func(t *testing.T, expr string) {
		var b strings.Builder
		for _, tok := range highlight(expr) {
			b.WriteString(tok.Text)
		}
		assert.Equal(t, block(expr), b.String())
	})
}

// FuzzRequests: whatever is asked is answered, and never as an error of ours.
func FuzzRequests(f *testing.F) {
	h := site(f)
	for _, seed := range []struct{ path, query string }{
		{"/rules", "team=api&sort=-recall_ratio&page=2&q=x"}, {"/timeline", "from=2026-11-05T00:00:00Z&last=7d&slo=a"},
		{"/api/v1/episodes", "cursor=AAAA&limit=5&fired=true"}, {"/api/v1/rules", "cursor=MAB4&format=csv"}, {"/slos/api/availability.csv", ""},
		{"/incidents/../x", "%zz"}, {"/rules/\xff.json", "format=json"}, {"/reports/x.md", ""},
	} {
		f.Add(seed.path, seed.query)
	}
	f.Fuzz(func(t *testing.T, path, query string) {
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		req := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		req.URL = &url.URL{Path: path, RawQuery: query}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		assert.NotEqual(t, http.StatusInternalServerError, w.Code)
		assert.True(t, utf8.Valid(w.Body.Bytes()))
	})
}

// FuzzCSVSafe: what is written comes back as it was, or with an apostrophe before
// what begins like a formula.
func FuzzCSVSafe(f *testing.F) {
	for _, s := range []string{"=1+1", " @x", "a,b\n\"c\"", "\t-", "＝x", "\x00=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		safe := csvSafe(s)
		assert.NotContains(t, []string{"=", "+", "-", "@"}, strings.TrimLeft(safe, " ")[:min(1, len(strings.TrimLeft(safe, " ")))])
		a := csvAnswer("x", []column[string]{{key: "v", value: func(s string) any { return s }}}, []string{s})
		rows, err := csv.NewReader(strings.NewReader(string(a.body))).ReadAll()
		require.NoError(t, err)
		if safe != "" {
			require.Len(t, rows, 2)
			assert.Equal(t, strings.ReplaceAll(safe, "\r\n", "\n"), rows[1][0])
		}
	})
}

// FuzzSnapshot: no name, label or id of a rule or an incident breaks a page.
func FuzzSnapshot(f *testing.F) {
	f.Add(hostileName, hostileValue, hostileID)
	f.Add("", "", "")
	f.Add("\xff\xfe", "\u202e{{", "a/b.json")
	week := input()
	f.Fuzz(func(t *testing.T, name, value, id string) {
		in := week
		in.Report.Rules, in.Report.Incidents = slices.Clone(in.Report.Rules), slices.Clone(in.Report.Incidents)
		in.Report.Rules[0].Name, in.Report.Rules[0].Group = name, &value
		in.Report.Incidents[0].ID, in.Report.Incidents[0].Note = id, &value
		in.Report.Findings = append(slices.Clone(in.Report.Findings), noise.Finding{ID: id, Kind: noise.Kind(name), Title: value, SLO: name})
		snap := NewSnapshot(in)
		h := New(Options{Current: func() State { return State{Snapshot: snap} }})
		for _, u := range []string{"/", "/rules", snap.rules[0].URL, snap.incidents[len(snap.incidents)-1].URL, snap.findings[len(snap.findings)-1].URL, "/timeline"} {
			w := get(h, u)
			assert.Equal(t, http.StatusOK, w.Code, u)
			assert.NotContains(t, w.Body.String(), "<script>")
		}
	})
}
