package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// written are the files below a folder, with forward slashes.
func written(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, path)
		}
		return err
	}))
	slices.Sort(out)
	return out
}

func TestDashboardsGenerateWritesWhatCheckWants(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs})
	for format, want := range map[string][]string{
		"json":             {"alert-hygiene.json", "self-monitoring.json", "slo-detail.json", "slo-overview.json"},
		"configmap":        {"alert-hygiene.yaml", "self-monitoring.yaml", "slo-detail.yaml", "slo-overview.yaml"},
		"grafana-operator": {"alert-hygiene.yaml", "self-monitoring.yaml", "slo-detail.yaml", "slo-overview.yaml"},
		"provisioning": {
			"dashboards/alert-hygiene.json", "dashboards/self-monitoring.json", "dashboards/slo-detail.json", "dashboards/slo-overview.json", "provider.yaml",
		},
	} {
		t.Run(format, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "dashboards")
			args := []string{"dashboards", "generate", filepath.Join(dir, "slos.yaml"), "--output-dir", out, "--output-format", format}
			code, shown, _ := burnish(append(args, "--check")...)
			assert.Equal(t, 3, code)
			assert.Contains(t, shown, "is not there")
			assert.NoDirExists(t, out, "check writes nothing")

			must(t, args...)
			assert.Equal(t, want, written(t, out))
			must(t, append(args, "--check")...)

			path := filepath.Join(out, want[0])
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(path, bytes.Replace(text, []byte("Pages"), []byte("Seiten\x1b[31m"), 1), 0o600))
			code, shown, stderr := burnish(append(args, "--check")...)
			assert.Equal(t, 3, code)
			assert.Contains(t, stderr, "1 file of ")
			assert.Contains(t, shown, "--- "+path+" (is)")
			assert.Contains(t, shown, "Seiten")
			assert.NotContains(t, shown, "\x1b", "nothing of a file reaches the terminal")
			assert.Less(t, strings.Count(shown, "\n"), 20)
		})
	}
}

func TestDashboardsOfOtherToolsAndOfEachSLO(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs})
	for _, compat := range []string{"sloth", "pyrra"} {
		out := t.TempDir()
		must(t, "dashboards", "generate", filepath.Join(dir, "slos.yaml"), "--output-dir", out, "--compat", compat, "--layout", "per-slo")
		assert.Len(t, written(t, out), 6)
		text, err := os.ReadFile(filepath.Join(out, "slo-overview.json"))
		require.NoError(t, err)
		assert.Contains(t, string(text), map[string]string{"sloth": "sloth_slo_info", "pyrra": "pyrra_objective"}[compat])
		assert.NotContains(t, string(text), "slo:budget_remaining:ratio")
	}
}

func TestKubernetesResourcesOfDashboards(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs})
	read := func(format, name string, into any) {
		out := t.TempDir()
		must(t, "dashboards", "generate", filepath.Join(dir, "slos.yaml"), "--output-dir", out, "--output-format", format,
			"--namespace", "monitoring", "--grafana.folder", "SLOs & alerts", "--provisioning-path", "/dashboards")
		text, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		require.NoError(t, yaml.UnmarshalStrict(text, into))
	}
	type metadata struct {
		Name, Namespace     string
		Labels, Annotations map[string]string
	}
	var cm struct {
		APIVersion, Kind string
		Metadata         metadata
		Data             map[string]string
	}
	read("configmap", "slo-overview.yaml", &cm)
	assert.Equal(t, metadata{
		"burnish-slo-overview", "monitoring", map[string]string{"app.kubernetes.io/managed-by": "burnish", "grafana_dashboard": "1"},
		map[string]string{"grafana_folder": "SLOs & alerts"},
	}, cm.Metadata)
	assert.True(t, json.Valid([]byte(cm.Data["slo-overview.json"])))

	var gd struct {
		APIVersion, Kind string
		Metadata         metadata
		Spec             struct {
			Folder, JSON     string
			InstanceSelector struct{ MatchLabels map[string]string }
		}
	}
	read("grafana-operator", "slo-detail.yaml", &gd)
	assert.Equal(t, "grafana.integreatly.org/v1beta1 GrafanaDashboard", gd.APIVersion+" "+gd.Kind)
	assert.Equal(t, "SLOs & alerts", gd.Spec.Folder)
	assert.Equal(t, map[string]string{"dashboards": "grafana"}, gd.Spec.InstanceSelector.MatchLabels)
	assert.True(t, json.Valid([]byte(gd.Spec.JSON)))

	var whole any
	for _, name := range []string{"slo-overview.yaml", "slo-detail.yaml", "alert-hygiene.yaml", "self-monitoring.yaml"} {
		read("grafana-operator", name, &whole)
		assert.NoError(t, operatorSchema(t).Validate(whole), name)
	}
	whole.(map[string]any)["spec"].(map[string]any)["folderUID"] = "x"
	assert.Error(t, operatorSchema(t).Validate(whole), "two folders are refused")

	var provider map[string]any
	read("provisioning", "provider.yaml", &provider)
	assert.Equal(t, map[string]any{"path": "/dashboards"}, provider["providers"].([]any)[0].(map[string]any)["options"])
}

// operatorSchema is what the Grafana operator takes.
func operatorSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(filepath.Join("testdata", "grafanadashboard.schema.json"))
	require.NoError(t, err)
	return s
}

func TestDashboardsArePushed(t *testing.T) {
	saved, seen := 0, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Authorization")
		switch {
		case r.Method == http.MethodPost:
			saved++
			_, _ = w.Write([]byte(`{"status":"success"}`))
		case r.URL.Path == "/api/folders":
			_, _ = w.Write([]byte(`[{"uid":"f","title":"burnish"}]`))
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"message":"Dashboard not found"}`))
		}
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte("secret\n"), 0o600))
	out := must(t, "dashboards", "generate", "--grafana.url", server.URL, "--grafana.token-file", file)
	assert.Equal(t, 2, saved)
	assert.Equal(t, "Bearer secret", seen)
	assert.Equal(t, "created    burnish-alert-hygiene  Alert hygiene\ncreated    burnish-self-monitoring  burnish itself\n", out)
}

func TestDashboardsGenerateRefuses(t *testing.T) {
	dir := sloFiles(t, map[string]string{"slos.yaml": twoSLOs, "empty.yaml": ""})
	slos := filepath.Join(dir, "slos.yaml")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nowhere to go":                {[]string{slos}, "say where dashboards go"},
		"an unknown format":            {[]string{slos, "--output-dir", dir, "--output-format", "jsonnet"}, `--output-format "jsonnet"`},
		"an unknown layout":            {[]string{slos, "--output-dir", dir, "--layout", "x"}, `--layout "x"`},
		"an unknown tool":              {[]string{slos, "--output-dir", dir, "--compat", "x"}, `--compat "x"`},
		"check without a folder":       {[]string{slos, "--grafana.url", "http://x", "--check"}, "--check holds files"},
		"a token for nobody":           {[]string{slos, "--output-dir", dir, "--grafana.token-file", "x"}, "needs --grafana.url"},
		"no token file":                {[]string{slos, "--grafana.url", "http://127.0.0.1:1", "--grafana.token-file", filepath.Join(dir, "none")}, "--grafana.token-file"},
		"a page that is no page":       {[]string{slos, "--output-dir", dir, "--page.url", "javascript:alert(1)"}, "--page.url"},
		"a Grafana that is none":       {[]string{slos, "--grafana.url", "grafana"}, "--grafana.url"},
		"an interval that is none":     {[]string{slos, "--output-dir", dir, "--interval", "soon"}, "--interval"},
		"a prefix that can't be":       {[]string{slos, "--output-dir", dir, "--uid-prefix", "a b"}, "uid prefix"},
		"a file that is not there":     {[]string{filepath.Join(dir, "none.yaml"), "--output-dir", dir}, "no file matches"},
		"a file without any objective": {[]string{filepath.Join(dir, "empty.yaml"), "--output-dir", dir}, "no SLO"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, stderr := burnish(append([]string{"dashboards", "generate"}, c.args...)...)
			assert.Equal(t, 2, code, stderr)
			assert.Contains(t, stderr, c.want)
			assert.Equal(t, 1, strings.Count(stderr, "\n"))
		})
	}
}
