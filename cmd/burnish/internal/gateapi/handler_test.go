package gateapi

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// decider gives one answer and remembers what it was asked.
type decider struct {
	answer gate.Answer
	err    error
	asked  []Question
}

func (d *decider) Decide(_ context.Context, q Question) (gate.Answer, error) {
	d.asked = append(d.asked, q)
	return d.answer, d.err
}

// answerOf is an answer of each verdict.
func answerOf(v gate.Verdict) gate.Answer {
	a := gate.Answer{At: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC), Verdict: v, Allowed: v == gate.VerdictAllow, SLOs: []string{"checkout/availability"}}
	r := gate.Reason{
		Check: gate.CheckBudget, SLO: "checkout/availability", Unit: gate.UnitRatio,
		Limit: slo.Figure{Known: true}, Effect: gate.EffectDeny, Text: "-20% of the budget is left; over 0% is wanted.",
	}
	switch v {
	case gate.VerdictDeny:
		r.Figure = slo.Figure{Value: -0.2, Known: true}
		a.Reasons = []gate.Reason{r}
	case gate.VerdictUnknown:
		r.Text = "How much of the budget is left is not known."
		a.Unknowns = []gate.Reason{r}
	case gate.VerdictAllow:
	}
	return a
}

// recorded is a request of a file of testdata.
func recorded(t *testing.T, name string) *http.Request {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".http"))
	require.NoError(t, err)
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	require.NoError(t, err)
	return r.WithContext(t.Context())
}

func serve(t *testing.T, d Decider, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	Handler(d, nil).ServeHTTP(w, r)
	return w
}

func TestRecordedRequests(t *testing.T) {
	const one = "checkout/availability"
	for name, c := range map[string]struct {
		question         Question
		asks             bool
		yes, no, unknown int
	}{
		"flagger-confirm-rollout":          {Question{SLOs: []string{one}}, true, 200, 403, 403},
		"flagger-confirm-traffic-increase": {Question{Services: []string{"checkout", "cart"}, Change: "rollback", Share: 0.05}, true, 200, 403, 403},
		"flagger-without-metadata":         {Question{Services: []string{"checkout"}}, true, 200, 403, 403},
		"flagger-old":                      {Question{SLOs: []string{"checkout/*"}}, true, 200, 403, 403},
		"flagger-rollback":                 {Question{SLOs: []string{one}}, true, 403, 200, 403},
		"flagger-event":                    {Question{}, false, 200, 200, 200},
		"argo-get":                         {Question{Services: []string{"checkout"}}, true, 200, 200, 200},
		"argo-post":                        {Question{SLOs: []string{one}, Share: 0.1}, true, 200, 200, 200},
		"argo-put":                         {Question{SLOs: []string{one, "checkout/latency"}, Change: "feature"}, true, 200, 200, 200},
		"argo-post-query":                  {Question{Services: []string{"checkout"}}, true, 200, 200, 200},
	} {
		t.Run(name, func(t *testing.T) {
			for verdict, status := range map[gate.Verdict]int{gate.VerdictAllow: c.yes, gate.VerdictDeny: c.no, gate.VerdictUnknown: c.unknown} {
				d := &decider{answer: answerOf(verdict)}
				w := serve(t, d, recorded(t, name))
				assert.Equal(t, status, w.Code, "%s", verdict)
				if c.asks {
					require.Len(t, d.asked, 1)
					assert.Equal(t, c.question, d.asked[0])
				} else {
					assert.Empty(t, d.asked)
				}
				if strings.HasPrefix(name, "argo") {
					assertMetric(t, w, verdict)
				}
			}
		})
	}
}

// assertMetric: a web metric reads {$.result} or {$.verdict}.
func assertMetric(t *testing.T, w *httptest.ResponseRecorder, v gate.Verdict) {
	t.Helper()
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var got struct {
		Schema  string
		Result  *bool
		Verdict gate.Verdict
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	assert.Equal(t, Schema, got.Schema)
	require.NotNil(t, got.Result)
	assert.Equal(t, v == gate.VerdictAllow, *got.Result)
	assert.Equal(t, v, got.Verdict)
}

func TestFlaggerIsToldWhyInOneEvent(t *testing.T) {
	w := serve(t, &decider{answer: answerOf(gate.VerdictDeny)}, recorded(t, "flagger-confirm-rollout"))
	assert.Equal(t, "CLOSED: no change now. checkout/availability: -20% of the budget is left; over 0% is wanted.", w.Body.String())

	long := answerOf(gate.VerdictDeny)
	for range 100 {
		long.Reasons = append(long.Reasons, gate.Reason{Text: "é\x1b[31m\n</pre>", Effect: gate.EffectDeny})
	}
	w = serve(t, &decider{answer: long}, recorded(t, "flagger-confirm-rollout"))
	assert.Less(t, w.Body.Len(), 1024)
	assert.NotContains(t, w.Body.String(), "\x1b")
	assert.NotContains(t, w.Body.String(), "\n")
	assert.True(t, strings.HasSuffix(w.Body.String(), "..."))
}

func TestFaultyRequests(t *testing.T) {
	for name, c := range map[string]struct {
		method, path, body string
		status             int
	}{
		"another method":          {"DELETE", "/", "", 405},
		"no JSON":                 {"POST", "/", "{", 400},
		"a list":                  {"POST", "/", "[]", 400},
		"an unknown key":          {"POST", "/", `{"sloo":"a/b"}`, 400},
		"an unknown parameter":    {"GET", "/?sloo=a/b", "", 400},
		"an empty name":           {"GET", "/?service=", "", 400},
		"a bad share":             {"GET", "/?share=200%25", "", 400},
		"a bad query":             {"GET", "/?%zz", "", 400},
		"an unknown hook":         {"POST", "/?hook=x", `{"name":"a","namespace":"b","phase":"c"}`, 400},
		"a canary without a name": {"POST", "/", `{"namespace":"b","phase":"c"}`, 400},
		"metadata of numbers":     {"POST", "/", `{"name":"a","namespace":"b","phase":"c","metadata":{"slo":1}}`, 400},
		"too long a name":         {"GET", "/?slo=" + strings.Repeat("x", 400), "", 400},
		"too many names":          {"GET", "/?slo=" + strings.Repeat("x,", 200), "", 400},
		"too large":               {"POST", "/", `{"slo":"` + strings.Repeat("x", 1<<20) + `"}`, 413},
	} {
		t.Run(name, func(t *testing.T) {
			d := &decider{answer: answerOf(gate.VerdictAllow)}
			w := serve(t, d, httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body)))
			assert.Equal(t, c.status, w.Code)
			assert.Empty(t, d.asked, "nothing is decided")
			assert.True(t, json.Valid(w.Body.Bytes()))
			assert.Less(t, w.Body.Len(), 1000)
		})
	}
}

func TestErrorsAreNotAnswers(t *testing.T) {
	w := serve(t, &decider{err: ErrNoSuchSLO}, recorded(t, "argo-get"))
	assert.Equal(t, 404, w.Code)
	w = serve(t, &decider{err: errors.New("dial tcp 10.0.0.1: secret")}, recorded(t, "flagger-confirm-rollout"))
	assert.Equal(t, 500, w.Code)
	assert.NotContains(t, w.Body.String(), "secret")
}

func FuzzRead(f *testing.F) {
	f.Add("POST", "slo=a/b", `{"name":"a","namespace":"b","phase":"c","metadata":{"share":"5%"}}`)
	f.Add("PUT", "hook=rollback", `{"slos":["a","b"]}`)
	f.Fuzz(func(t *testing.T, method, query, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		d := &decider{answer: answerOf(gate.VerdictDeny)}
		w := httptest.NewRecorder()
		Handler(d, nil).ServeHTTP(w, r)
		for _, q := range d.asked {
			assert.LessOrEqual(t, len(q.SLOs)+len(q.Services), maxNames)
			assert.True(t, q.Share >= 0 && q.Share <= 1)
		}
		if w.Code == http.StatusOK && strings.Contains(w.Header().Get("Content-Type"), "json") {
			assert.Contains(t, w.Body.String(), `"result": false`)
		}
	})
}
