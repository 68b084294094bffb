package promapi

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
)

const twoPages = `{"status":"success","data":{"groups":[{"name":"g","file":"f.yml","interval":15.5,"rules":[
	{"type":"alerting","name":"A","query":"up == 0","duration":300,"keepFiringFor":60.001,"labels":{"severity":"page"},"annotations":{"summary":"{{ $value }}"},"alerts":[]},
	{"type":"recording","name":"r","query":"up"}]}],"groupNextToken":"abc"}}`

func TestRules(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.MethodGet, r.Method)
		assert.Equal(t, "alert", r.FormValue("type"))
		switch r.FormValue("group_next_token") {
		case "":
			says(200, twoPages)(w, r)
		case "abc":
			assert.Equal(t, "1", r.FormValue("group_limit"))
			says(200, `{"status":"success","data":{"groups":[{"name":"h","rules":[{"type":"alerting","name":"B","duration":1e300}]}]}}`)(w, r)
		}
	})
	got, err := c.Rules(context.Background())
	require.NoError(t, err)
	require.Equal(t, []noise.Rule{
		{
			Name: "A", Group: "g", File: "f.yml", Expr: "up == 0",
			For: 5 * time.Minute, KeepFiringFor: 60001 * time.Millisecond, Interval: 15500 * time.Millisecond,
			Labels:      labels.FromStrings("severity", "page"),
			Annotations: labels.FromStrings("summary", "{{ $value }}"),
		},
		{Name: "B", Group: "h", Labels: labels.EmptyLabels(), Annotations: labels.EmptyLabels()},
	}, got)
}

func TestAServerWithoutRulesIsNotOneThatDoesNotKnow(t *testing.T) {
	t.Parallel()
	got, err := serve(t, says(200, `{"status":"success","data":{"groups":[]}}`)).Rules(context.Background())
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestRulesUnknown(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"not found":       says(404, ""),
		"not implemented": says(501, ""),
		"unsupported":     says(400, `unsupported path requested: "/api/v1/rules"`),
		"VictoriaMetrics": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Server-Hostname", "vm")
			says(200, `{"status":"success","data":{"groups":[]}}`)(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, h).Rules(context.Background())
			require.ErrorIs(t, err, collector.ErrRulesUnknown)
			require.ErrorContains(t, err, "give the rule files")
		})
	}
	for name, h := range map[string]http.HandlerFunc{
		"unauthorized": says(401, ""), "a web page": says(200, "<html>"), "rubbish": says(200, "{"),
		"the wrong shape": says(200, `{"status":"success","data":[1]}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := serve(t, h).Rules(context.Background())
			require.ErrorContains(t, err, "list the rules from http://")
			require.NotErrorIs(t, err, collector.ErrRulesUnknown)
		})
	}
}
