package gateapi

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// described is a shape of docs/openapi.yaml.
func described(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("../../../../docs/openapi.yaml")
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, yaml.Unmarshal(text, &doc))
	raw, err := json.Marshal(doc)
	require.NoError(t, err)
	plain, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	require.NoError(t, c.AddResource("openapi.json", plain))
	s, err := c.Compile("openapi.json#/components/schemas/" + name)
	require.NoError(t, err)
	return s
}

func assertShape(t *testing.T, s *jsonschema.Schema, text string) {
	t.Helper()
	got, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	assert.NoError(t, s.Validate(got), text)
}

func TestAnswersAreAsOpenAPISays(t *testing.T) {
	known := slo.Figure{Value: 0.1, Known: true}
	full := answerOf(gate.VerdictDeny)
	full.Change, full.OpensAt = "feature", full.At.Add(time.Hour)
	full.Passed = []gate.Reason{{Check: gate.CheckFreeze, Effect: gate.EffectPass, Text: "Nothing is frozen."}}
	full.Duties = []gate.Duty{{Below: 0.1, Who: "the team", Does: "stops"}}
	for _, v := range []gate.CanaryVerdict{gate.CanaryWorse, gate.CanaryBetter, gate.CanaryNoEvidence, gate.CanaryTooLittle, gate.CanaryUnknown} {
		full.Comparisons = append(full.Comparisons, gate.Comparison{SLO: "a/b", Verdict: v, Worse: known, Alpha: 0.05})
	}
	full.Rollouts = []gate.Rollout{{SLO: "a/b", Possible: true, Phases: []gate.Bake{
		{Share: 0.1, Method: gate.MethodConcurrent, Possible: true, Limit: 3}, {Share: 1, Method: gate.MethodKnown},
	}}}
	shape := described(t, "gate")
	for _, a := range []gate.Answer{full, answerOf(gate.VerdictAllow), answerOf(gate.VerdictUnknown), {Verdict: gate.VerdictAllow}} {
		w := serve(t, &decider{answer: a}, recorded(t, "argo-get"))
		assertShape(t, shape, w.Body.String())
	}
	w := serve(t, &decider{err: ErrNoSuchSLO}, recorded(t, "argo-get"))
	assertShape(t, described(t, "gate_fault"), w.Body.String())
	assert.Error(t, shape.Validate(map[string]any{"schema": Schema}), "the check can fail")
}

func TestQuestionsAreAsOpenAPISays(t *testing.T) {
	for file, name := range map[string]string{
		"argo-post": "gate_question", "argo-put": "gate_question", "flagger-confirm-rollout": "flagger_webhook", "flagger-old": "flagger_webhook",
	} {
		r := recorded(t, file)
		var body bytes.Buffer
		_, err := body.ReadFrom(r.Body)
		require.NoError(t, err)
		assertShape(t, described(t, name), body.String())
	}
}
