package spec_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo/spec"
)

// expected is what becomes of a file of the corpus: how many SLOs it gives, and
// a part of the error or of the refusal where not all of it is read.
type expected struct {
	slos    int
	wrong   string // of the error
	refused string // of a note at LevelRefused
}

// corpusSpecial are the files that do not simply import. All other specs import
// at least one SLO, with no error and no refusal.
var corpusSpecial = map[string]expected{
	// Placeholders that stand for any service with metrics.
	"openslo/examples_budgeting-method_occurences-slo.yaml": {refused: `metric source of type "Any"`},
	"openslo/examples_budgeting-method_timeslices-slo.yaml": {refused: `metric source of type "Any"`},
	// Resources without an SLO.
	"openslo/go-sdk/openslo/v1/examples/alert_conditions.yaml":                                   {},
	"openslo/go-sdk/openslo/v1/examples/alert_notification_targets.yaml":                         {},
	"openslo/go-sdk/openslo/v1/examples/data_sources.yaml":                                       {},
	"openslo/go-sdk/openslo/v1/examples/slis.yaml":                                               {},
	"openslo/go-sdk/openslo/v1alpha/examples/services.yaml":                                      {},
	"openslo/go-sdk/openslosdk/test_data/decode/single_object.yaml":                              {},
	"openslo/go-sdk/openslosdk/test_data/inline/inputs/v1_alert_policies_keep_refs.yaml":         {},
	"openslo/go-sdk/openslosdk/test_data/inline/outputs/v1_alert_policies_keep_refs.yaml":        {},
	"openslo/go-sdk/openslosdk/test_data/inline/inputs/v1_alert_policies_invalid_condition.yaml": {refused: `no AlertCondition "cpu-usage-breach"`},
	"openslo/oslo/mix/1.yaml": {},
	"openslo/oslo/mix/2.yaml": {},
	"sloth/windows/7d.yaml":   {}, // alert windows only
	// References that lead out of the file: the SLO is read, its alerts are not.
	"openslo/go-sdk/openslosdk/test_data/export/inputs/v1_slo.yaml":  {slos: 1, refused: `no AlertCondition "cpu-usage-breach"`},
	"openslo/go-sdk/openslosdk/test_data/export/outputs/v1_slo.yaml": {slos: 1, refused: `no AlertCondition "cpu-usage-breach"`},
	// Meant to be refused.
	"openslo/go-sdk/openslosdk/test_data/inline/inputs/v1_slo_invalid_policy.yaml": {wrong: "objective: value is missing", refused: `no AlertPolicy "no-policy"`},
	"openslo/go-sdk/openslosdk/test_data/inline/inputs/v1_slo_invalid_target.yaml": {wrong: "objective: value is missing", refused: `no AlertNotificationTarget "devs-email-notification"`},
	"openslo/oslo/invalid-apiversion.yaml":                                         {wrong: `"foo" of kind "Service" is not a format`},
	"sloth/integration/validate/bad/bad-aa.yaml":                                   {slos: 1, wrong: `objective: "101"`},
	"sloth/integration/validate/bad/bad-ab.yaml":                                   {slos: 1, wrong: `objective: "101"`},
	"sloth/integration/validate/bad/bad-ba.yaml":                                   {slos: 1, wrong: `objective: "101"`},
	"sloth/integration/validate/bad/bad-k8s.yaml":                                  {wrong: "service is missing"},
	"sloth/integration/validate/bad/bad-multi-k8s.yaml":                            {slos: 3, wrong: "alerting: name is missing"},
	"sloth/integration/validate/bad/bad-multi.yaml":                                {slos: 3, wrong: "sli: needs exactly one of"},
	// Bad to Sloth, which has one window for all SLOs; burnish keeps 28 days.
	"sloth/integration/validate/bad/bad-openslo.yaml": {slos: 1},
	// Plugins that are programs of the example's own.
	"sloth/examples/plugin-getting-started.yml":     {refused: `SLI plugin "getting_started_availability"`},
	"sloth/examples/plugin-k8s-getting-started.yml": {refused: `SLI plugin "getting_started_availability"`},
	"sloth/integration/in-sli-plugin.yaml":          {refused: `SLI plugin "integration_test"`},
}

// outcome is what becomes of a file of the corpus.
func outcome(file, kind string) (expected, bool) {
	special, ok := corpusSpecial[file]
	backend, isGenerator := strings.CutPrefix(file, "slo-generator/")
	switch {
	case ok:
		return special, true
	case strings.Contains(kind, "expected rules"):
		return expected{wrong: "these are Prometheus rules, not SLOs"}, true
	case strings.Contains(file, "v2alpha"), file == "openslo/oslo/mix/3.yaml":
		return expected{wrong: "is a draft that burnish does not read"}, true
	case isGenerator && !strings.HasPrefix(backend, "prometheus/"):
		return expected{refused: "burnish reads Prometheus only"}, true
	}
	return expected{}, false
}

// corpus is the folder of real specs; the test is skipped where it is not there,
// unless this is CI.
func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BURNISH_TEST_DATA")
	if dir == "" {
		dir = "../../../shared/data"
	}
	dir = filepath.Join(dir, "slo-corpus")
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("the shared specs must be there in CI: %v", err)
		}
		t.Skipf("no shared specs: %v", err)
	}
	return dir
}

// TestRealSpecs reads every file of the shared corpus. What imports is written
// and read back.
func TestRealSpecs(t *testing.T) {
	dir := corpus(t)
	text, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	require.NoError(t, err)
	var manifest struct {
		Files []struct{ File, Kind string } `json:"files"`
	}
	require.NoError(t, json.Unmarshal(text, &manifest))
	require.NotEmpty(t, manifest.Files)
	imported := 0
	for _, f := range manifest.Files {
		t.Run(f.File, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(dir, f.File))
			require.NoError(t, err)
			parsed, err := spec.Parse(f.File, text)
			want, special := outcome(f.File, f.Kind)
			requireOutcome(t, parsed, err, want)
			if !special {
				assert.NotEmpty(t, parsed.SLOs)
			} else {
				assert.Len(t, parsed.SLOs, want.slos)
			}
			if len(parsed.SLOs) > 0 {
				imported++
				requireRoundTrip(t, parsed.SLOs)
			}
		})
	}
	assert.Greater(t, imported, 30, "of the files that have SLOs")
}

func requireOutcome(t *testing.T, parsed spec.Parsed, err error, want expected) {
	t.Helper()
	if want.wrong == "" {
		require.NoError(t, err)
	} else {
		require.ErrorContains(t, err, want.wrong)
	}
	var refused []string
	for _, n := range parsed.Notes {
		assert.Positive(t, n.Line, "every note has a place: %s", n)
		if n.Level == spec.LevelRefused {
			refused = append(refused, n.Message)
		}
	}
	if want.refused == "" {
		assert.Empty(t, refused)
	} else {
		assert.Contains(t, strings.Join(refused, "\n"), want.refused)
	}
}
