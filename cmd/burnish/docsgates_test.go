package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// pipelineYAML are the examples of docs/gates-in-pipelines.md by their markers.
func pipelineYAML(t *testing.T, w *docsWorld) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(w.repository, "docs", "gates-in-pipelines.md"))
	require.NoError(t, err)
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)<!-- pipeline: (\\S+) -->\n```yaml\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		out[m[1]] = m[2]
	}
	require.Len(t, out, 4)
	return out
}

// gatesInPipelines asks the daemon as each controller does that the page
// configures, and wants each to understand the same answer.
func gatesInPipelines(t *testing.T, w *docsWorld) {
	examples := pipelineYAML(t, w)
	verdict := argoVerdict(t, w, examples["argo"])
	require.Contains(t, []string{"allow", "deny", "unknown"}, verdict)
	for name, status := range flaggerStatus(t, w, examples["flagger"]) {
		want := verdict == "allow"
		if name == "rollback" {
			want = verdict == "deny"
		}
		assert.Equal(t, want, status == http.StatusOK, "Flagger's %s got %d, and the verdict is %s", name, status, verdict)
	}
	code, summary := githubGate(t, w, examples["github"])
	assert.Equal(t, verdict == "allow", code == exitFine)
	assert.Contains(t, []int{exitFine, exitUnwell}, code)
	assert.Contains(t, summary, "checkout/availability")
	var rollout map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(examples["argo-rollout"]), &rollout))
}

// ask is the body and status of a request to the daemon that stands for the one
// in the cluster.
func (w *docsWorld) ask(t *testing.T, method, url, body string) (int, []byte) {
	t.Helper()
	url = strings.Replace(url, "http://burnish.monitoring.svc:2876", w.page, 1)
	require.True(t, strings.HasPrefix(url, w.page), "the page asks the daemon: %s", url)
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return answer.StatusCode, text
}

func argoVerdict(t *testing.T, w *docsWorld, text string) string {
	t.Helper()
	var template struct {
		Spec struct {
			Metrics []struct {
				SuccessCondition, FailureCondition string
				Provider                           struct {
					Web struct{ Method, URL, JSONPath string }
				}
			}
		}
	}
	text = strings.NewReplacer("successCondition", "successcondition", "failureCondition", "failurecondition", "jsonPath", "jsonpath").Replace(text)
	require.NoError(t, yaml.Unmarshal([]byte(text), &template))
	m := template.Spec.Metrics[0]
	assert.Equal(t, `result == "allow" result == "deny" {$.verdict}`, m.SuccessCondition+" "+m.FailureCondition+" "+m.Provider.Web.JSONPath)
	status, body := w.ask(t, m.Provider.Web.Method, strings.ReplaceAll(m.Provider.Web.URL, "{{args.service}}", "checkout"), "")
	require.Equal(t, http.StatusOK, status, "%s", body)
	var answer struct{ Verdict string }
	require.NoError(t, json.Unmarshal(body, &answer))
	return answer.Verdict
}

// flaggerStatus is what each webhook gets, by its type.
func flaggerStatus(t *testing.T, w *docsWorld, text string) map[string]int {
	t.Helper()
	var canary struct {
		Analysis struct {
			Webhooks []struct {
				Type, URL string
				Metadata  map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &canary))
	out := map[string]int{}
	for _, h := range canary.Analysis.Webhooks {
		body, err := json.Marshal(map[string]any{
			"name": "checkout", "namespace": "shop", "phase": "Progressing", "checksum": "7d9c5b8f6c", "metadata": h.Metadata,
		})
		require.NoError(t, err)
		out[h.Type], _ = w.ask(t, http.MethodPost, h.URL, string(body))
	}
	require.Len(t, out, 3)
	return out
}

// githubGate runs the step of the workflow as a runner does.
func githubGate(t *testing.T, w *docsWorld, text string) (code int, summary string) {
	t.Helper()
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Shell, Run string }
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text), &workflow))
	step := workflow.Jobs["gate"].Steps[1]
	require.Equal(t, "bash", step.Shell)
	r, bin := w.reader(t), t.TempDir()
	require.NoError(t, os.Symlink(filepath.Join(w.bin, "burnish.real"), filepath.Join(bin, "burnish")))
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", w.rewrite(step.Run, r.dir))
	file := filepath.Join(r.dir, "summary.md")
	cmd.Dir, cmd.Env = r.dir, append(r.env, "PATH="+bin+":"+os.Getenv("PATH"), "GITHUB_STEP_SUMMARY="+file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil {
		require.NotNil(t, cmd.ProcessState, "%v", err)
	}
	told, err := os.ReadFile(file)
	require.NoError(t, err, "%s", &stderr)
	return cmd.ProcessState.ExitCode(), string(told)
}
