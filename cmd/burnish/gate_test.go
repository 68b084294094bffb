package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gateapi"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/gatecase"
	"github.com/burnish-sre/burnish/collector/tsdbdir"
	"github.com/burnish-sre/burnish/slo/gate"
)

// gateAnswer runs the command over the small shop at noon.
func gateAnswer(t *testing.T, args ...string) (code int, doc gateapi.Document, told string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{
		"gate", "--slo.files", "slos.yaml", "--tsdb.path", "data", "--at", noon.Format(time.RFC3339), "--format", "json",
	}, args...), &stdout, &stderr)
	if stdout.Len() > 0 {
		require.NoError(t, json.Unmarshal(stdout.Bytes(), &doc))
	}
	return code, doc, stderr.String()
}

func TestGateOfASmallShop(t *testing.T) {
	testdata, err := filepath.Abs("testdata")
	require.NoError(t, err)
	inSmallShop(t)
	policy := func(text string) string {
		require.NoError(t, os.WriteFile("gate.yml", []byte("version: burnish/gate-policy/v1\n"+text), 0o600))
		return "gate.yml"
	}
	for name, c := range map[string]struct {
		args    []string
		code    int
		verdict string
	}{
		"18% of the budget is left":       {[]string{"shop/availability"}, exitFine, "allow"},
		"by pattern":                      {[]string{"*/availability"}, exitFine, "allow"},
		"30% are wanted":                  {[]string{"shop/availability", "--policy", policy("budget: {min_remaining: 30%}")}, exitUnwell, "deny"},
		"a probe overspent":               {[]string{"shop/up"}, exitUnwell, "deny"},
		"no events at all":                {[]string{"shop/ghost"}, exitUnwell, "unknown"},
		"no events, and a rollback":       {[]string{"shop/ghost", "--change", "rollback"}, exitFine, "allow"},
		"all of the service":              {[]string{"shop"}, exitUnwell, "deny"},
		"a canary as good":                {[]string{"shop/availability", "--canary", "12/2000", "--baseline", "100/20000"}, exitFine, "allow"},
		"a worse one":                     {[]string{"shop/availability", "--canary", "80/2000", "--baseline", "100/20000"}, exitUnwell, "deny"},
		"a canary that served nothing":    {[]string{"shop/availability", "--canary", `version="v2"`, "--baseline", `version=""`}, exitUnwell, "unknown"},
		"an hour later, with stale data":  {[]string{"shop/availability", "--at", noon.Add(time.Hour).Format(time.RFC3339)}, exitUnwell, "unknown"},
		"a phase that risks too much":     {[]string{"shop/availability", "--bake", "--bake.phases", "10%,100%"}, exitUnwell, "deny"},
		"no phase is left":                {[]string{"shop/availability", "--bake.share", "100%"}, exitFine, "allow"},
		"a baseline told by its own code": {[]string{"shop/availability", "--canary", `code="500"`, "--baseline", `code="200"`}, exitUnwell, "deny"},
	} {
		t.Run(name, func(t *testing.T) {
			if len(c.args) > 2 && c.args[1] == "--policy" {
				policy("budget: {min_remaining: 30%}")
			}
			code, doc, told := gateAnswer(t, c.args...)
			assert.Equal(t, c.code, code, told)
			assert.Equal(t, c.verdict, string(doc.Verdict))
			assert.Equal(t, code == exitFine, doc.Result)
		})
	}
	for form, file := range map[string]string{"text": "gate.txt", "json": "gate.json"} {
		code, stdout, _ := burnish("gate", "shop/availability", "--slo.files", "slos.yaml", "--tsdb.path", "data",
			"--at", noon.Format(time.RFC3339), "--bake", "--bake.share", "5%", "--format", form)
		assert.Equal(t, exitUnwell, code)
		golden(t, filepath.Join(testdata, file), stdout)
	}
}

func TestGateRefusesNonsense(t *testing.T) {
	inSmallShop(t)
	require.NoError(t, os.WriteFile("bad.yml", []byte("version: burnish/gate-policy/v1\nbugdet: {}\nunknown: maybe\n"), 0o600))
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"an SLO that is not there": {[]string{"shap"}, "did you mean shop?"},
		"a bad pattern":            {[]string{"[["}, "is no pattern"},
		"a bad policy":             {[]string{"--policy", "bad.yml"}, `bad.yml:2:1: policy: unknown key "bugdet"; did you mean budget?`},
		"all faults of it":         {[]string{"--policy", "bad.yml"}, `bad.yml:3:10: policy: unknown:`},
		"no policy":                {[]string{"--policy", "none.yml"}, "none.yml"},
		"half a canary":            {[]string{"--canary", "1/2"}, "go together"},
		"counts and matchers":      {[]string{"--canary", "1/2", "--baseline", `a="b"`}, "counts for both"},
		"no matchers":              {[]string{"--canary", "x=", "--baseline", `a="b"`}, "label matchers"},
		"a bad window":             {[]string{"--canary", `a="b"`, "--baseline", `a="b"`, "--canary.window", "soon"}, "--canary.window"},
		"a bad share":              {[]string{"--bake.share", "200%"}, "--bake.share"},
		"phases that shrink":       {[]string{"--bake.phases", "50%,5%"}, "have to grow"},
		"a bad form":               {[]string{"--format", "xml"}, "--format"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, told := gateAnswer(t, c.args...)
			assert.Equal(t, exitUsage, code)
			assert.Contains(t, told, c.want)
		})
	}
}

// TestRolloutControllersAskTheRealData: the requests of Flagger and Argo Rollouts go
// through the handler to the data of the small shop.
func TestRolloutControllersAskTheRealData(t *testing.T) {
	recorded, err := filepath.Abs(filepath.Join("internal", "gateapi", "testdata"))
	require.NoError(t, err)
	inSmallShop(t)
	log := slog.New(slog.DiscardHandler)
	slos, err := readSpecs([]string{"slos.yaml"}, log)
	require.NoError(t, err)
	src, err := tsdbdir.Open(tsdbdir.Options{Path: "data", Logger: log})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, src.Close()) })
	g := &gatecase.Gate{Source: src, SLOs: slos, Policy: gate.DefaultPolicy(), Now: func() time.Time { return noon }}
	h := gateapi.Handler(g, log)
	for name, c := range map[string]struct {
		ask    string // instead of the recorded checkout
		status int
		says   string
	}{
		"flagger-confirm-rollout":  {"shop", 200, "OPEN"},
		"flagger-rollback":         {"shop", 403, "OPEN"},
		"flagger-without-metadata": {"checkout", 404, "no such SLO"},
		"argo-get":                 {"shop", 200, `"verdict": "deny"`}, // the probe of b overspent
		"argo-post":                {"shop", 200, `"verdict": "deny"`}, // the next phase risks too much
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(recorded, name+".http"))
			require.NoError(t, err)
			head, body, _ := strings.Cut(strings.ReplaceAll(string(text), "checkout", c.ask), "\r\n\r\n")
			method, rest, _ := strings.Cut(head, " ")
			target, _, _ := strings.Cut(rest, " ")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body)))
			assert.Equal(t, c.status, w.Code, w.Body.String())
			assert.Contains(t, w.Body.String(), c.says)
		})
	}
}
