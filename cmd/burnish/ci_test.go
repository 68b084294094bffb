package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/realserver"
)

// recipe runs the scripts of a CI recipe as they are written, in a folder that
// stands for a checkout, with the burnish of this test on the PATH.
type recipe struct {
	dir, bin string
	env      map[string]string
}

func newRecipe(t *testing.T) *recipe {
	t.Helper()
	realserver.Requires(t, "bash", "curl", "jq", "tar", "sha256sum")
	r := &recipe{dir: t.TempDir(), bin: t.TempDir(), env: map[string]string{}}
	r.program(t, "burnish", wrapper(t))
	r.program(t, "apk", "#!/bin/sh\n")
	return r
}

// wrapper is a script that is this test binary as burnish.
func wrapper(t *testing.T) string {
	self, err := os.Executable()
	require.NoError(t, err)
	return fmt.Sprintf("#!/bin/sh\n%s=burnish exec %q \"$@\"\n", asEnv, self)
}

func (r *recipe) program(t *testing.T, name, text string) {
	require.NoError(t, os.WriteFile(filepath.Join(r.bin, name), []byte(text), 0o700))
}

func (r *recipe) file(t *testing.T, name, text string) {
	path := filepath.Join(r.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func (r *recipe) read(t *testing.T, name string) string {
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	require.NoError(t, err)
	return string(text)
}

// run runs a script as the runner does and returns its exit code and output.
func (r *recipe) run(t *testing.T, script string, shell ...string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(shell[0], append(shell[1:], script)...)
	cmd.Dir = r.dir
	cmd.Env = []string{"PATH=" + r.bin + ":" + os.Getenv("PATH"), "HOME=" + r.dir}
	for k, v := range r.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	text, err := cmd.CombinedOutput()
	if err != nil {
		require.NotNil(t, cmd.ProcessState, "%v", err)
	}
	return cmd.ProcessState.ExitCode(), string(text)
}

const ciSLO = `version: burnish/v1
service: shop
slos:
  - name: checkout-availability
    objective: 99.9%
    window: 30d
    sli:
      events:
        good: http_requests_total{job="shop",code!~"5.."}
        total: http_requests_total{job="shop"}
`

// noteServer stands for the API of a forge: it keeps one comment.
type noteServer struct {
	*httptest.Server
	calls []string
	body  string
	token string
}

func newNoteServer(t *testing.T) *noteServer {
	s := &noteServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls = append(s.calls, r.Method+" "+r.URL.Path)
		s.token = r.Header.Get("Authorization") + r.Header.Get("Private-Token")
		if r.Method == http.MethodGet {
			notes := []map[string]any{{"id": 6, "body": "looks good"}}
			if s.body != "" {
				notes = append(notes, map[string]any{"id": 7, "body": s.body})
			}
			_ = json.NewEncoder(w).Encode(notes)
			return
		}
		var note struct{ Body string }
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &note); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.body = note.Body
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(s.Close)
	return s
}

// releaseNames are the names of the archive for Linux and of the checksums, as
// goreleaser makes them of .goreleaser.yaml.
func releaseNames(t *testing.T, version string) (archive, sums string) {
	t.Helper()
	var c struct {
		Archives []struct {
			Formats      []string
			NameTemplate string `yaml:"name_template"`
		}
		Checksum struct {
			NameTemplate string `yaml:"name_template"`
			Algorithm    string
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(mustRead(t, "../../.goreleaser.yaml")), &c))
	require.Equal(t, "sha256", c.Checksum.Algorithm)
	name := func(text string) string {
		parsed, err := template.New("name").Option("missingkey=error").Parse(text)
		require.NoError(t, err)
		var b strings.Builder
		require.NoError(t, parsed.Execute(&b, map[string]string{"Version": version, "Os": "linux", "Arch": runtime.GOARCH, "ProjectName": "burnish"}))
		return b.String()
	}
	return name(c.Archives[0].NameTemplate) + "." + c.Archives[0].Formats[0], name(c.Checksum.NameTemplate)
}

// newReleases serves a release with this test's burnish in it. As in a real one there
// are lists of contents beside the archives, whose names begin with the archives'.
func newReleases(t *testing.T, version string) *httptest.Server {
	t.Helper()
	var archive bytes.Buffer
	z := gzip.NewWriter(&archive)
	w := tar.NewWriter(z)
	text := wrapper(t)
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "burnish", Mode: 0o755, Size: int64(len(text))}))
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, z.Close())
	name, sums := releaseNames(t, version)
	none := sha256.Sum256(nil)
	files := map[string][]byte{
		"/v" + version + "/" + name: archive.Bytes(),
		"/v" + version + "/" + sums: fmt.Appendf(nil, "%x  %s.sbom.json\n%x  %s\n%x  other.tar.gz\n", none, name, sha256.Sum256(archive.Bytes()), name, none),
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(s.Close)
	return s
}

// backtestSource are the flags of a backtest over the test data, which hold no space.
func backtestSource(t *testing.T, r *recipe) string {
	t.Helper()
	args, truth := backtestArgs(t)
	text, err := os.ReadFile(currentRules(t))
	require.NoError(t, err)
	r.file(t, "rules/nezha.yml", string(text))
	r.file(t, "incidents.json", mustRead(t, declareAll(t, truth)))
	out := strings.Join(args[2:], " ")
	return regexp.MustCompile(`--incidents \S+`).ReplaceAllString(out, "--incidents incidents.json")
}

func mustRead(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

// action is deploy/github/action.yml.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Using string
		Steps []actionStep
	}
}

type actionStep struct {
	ID, Name, If, Shell, Run string
	Env                      map[string]string
}

func readAction(t *testing.T) action {
	var a action
	dec := yaml.NewDecoder(strings.NewReader(mustRead(t, "../../deploy/github/action.yml")))
	require.NoError(t, dec.Decode(&a))
	return a
}

// step runs one step with the expressions of its environment filled in.
func (a action) step(t *testing.T, r *recipe, id string, values map[string]string) (code int, out string) {
	t.Helper()
	for _, s := range a.Runs.Steps {
		if s.ID != id {
			continue
		}
		for name, v := range s.Env {
			r.env[name] = regexp.MustCompile(`\$\{\{ (.*?) \}\}`).ReplaceAllStringFunc(v, func(e string) string {
				e = strings.TrimSuffix(strings.TrimPrefix(e, "${{ "), " }}")
				if given, ok := values[e]; ok {
					return given
				}
				in, ok := a.Inputs[strings.TrimPrefix(e, "inputs.")]
				require.True(t, ok, "%s of step %s", e, id)
				return in.Default
			})
		}
		return r.run(t, s.Run, "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c")
	}
	require.Fail(t, "no such step", id)
	return 0, ""
}

func TestActionKeepsExpressionsOutOfScripts(t *testing.T) {
	a := readAction(t)
	assert.Equal(t, "composite", a.Runs.Using)
	seen := map[string]bool{}
	for _, s := range a.Runs.Steps {
		assert.NotContains(t, s.Run, "${{", s.Name)
		assert.Equal(t, "bash", s.Shell, s.Name)
		assert.False(t, seen[s.ID], s.ID)
		seen[s.ID] = true
		for _, use := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(s.If+fmt.Sprint(s.Env), -1) {
			assert.Contains(t, a.Inputs, use[1], s.Name)
		}
	}
}

// TestActionSteps runs the steps of the composite action as written.
func TestActionSteps(t *testing.T) {
	a, r := readAction(t), newRecipe(t)
	forge := newNoteServer(t)
	r.env = map[string]string{
		"RUNNER_TEMP": r.dir, "GITHUB_PATH": filepath.Join(r.dir, "path"), "GITHUB_OUTPUT": filepath.Join(r.dir, "output"),
		"GITHUB_STEP_SUMMARY": filepath.Join(r.dir, "summary"), "GITHUB_API_URL": forge.URL, "GITHUB_REPOSITORY": "team/rules",
	}
	values := map[string]string{
		"inputs.version": "v9.9.9", "inputs.download-url": newReleases(t, "9.9.9").URL,
		"inputs.rules": "rules/*.yml", "inputs.slos": "slos/*.yaml", "inputs.generated-rules": "generated", "inputs.dashboards": "dashboards",
		"inputs.backtest-args": backtestSource(t, r), "inputs.token": "secret", "github.event.pull_request.number": "12",
		"steps.backtest.outputs.file": filepath.Join(r.dir, "burnish-backtest.md"), "inputs.lint-fail-on": "dead",
	}
	do := func(id string, want int) string {
		t.Helper()
		code, out := a.step(t, r, id, values)
		require.Equal(t, want, code, "%s: %s", id, out)
		return out
	}
	do("install", exitFine)
	assert.FileExists(t, filepath.Join(strings.TrimSpace(r.read(t, "path")), "burnish"))
	r.file(t, "slos/shop.yaml", ciSLO)
	do("generated-rules", exitUnwell)
	do("dashboards", exitUnwell)
	for _, s := range []string{"burnish rules generate slos/*.yaml --output generated", "burnish dashboards generate slos/*.yaml --output-dir dashboards"} {
		code, out := r.run(t, s, "bash", "-c")
		require.Equal(t, exitFine, code, out)
	}
	do("generated-rules", exitFine)
	do("dashboards", exitFine)
	assert.Contains(t, do("lint", exitFine), "::warning file=rules/nezha.yml,line=")
	assert.Contains(t, r.read(t, "burnish.sarif"), `"version": "2.1.0"`)
	values["inputs.lint-fail-on"] = "value_in_label"
	do("lint", exitUnwell)
	do("backtest", exitFine)
	assert.Equal(t, r.read(t, "burnish-backtest.md"), r.read(t, "summary"))
	do("comment", exitFine)
	assert.Equal(t, []string{"GET /repos/team/rules/issues/12/comments", "POST /repos/team/rules/issues/12/comments"}, forge.calls)
	r.file(t, "rules/nezha.yml", "groups:\n- name: nezha-app\n  rules:\n  - {alert: Never, expr: vector(1) > 2}\n")
	do("backtest", exitFine)
	do("comment", exitFine)
	assert.Equal(t, "PATCH /repos/team/rules/issues/comments/7", forge.calls[3])
	assert.Contains(t, forge.body, "52 of 52 caught incidents would be lost")
	assert.Equal(t, "Bearer secret", forge.token)
	assert.Contains(t, r.read(t, "output"), "code=3\n")
	values["steps.backtest.outputs.code"] = "3"
	do("judge", exitUnwell)
	values["inputs.backtest-args"] = "--nope"
	do("backtest", exitUsage)
}

// gitlabJob is a job of deploy/gitlab/burnish.gitlab-ci.yml.
type gitlabJob struct {
	Extends      string
	BeforeScript []string `yaml:"before_script"`
	Script       []string
}

// TestGitLabJobs runs the jobs of the GitLab recipe as written.
func TestGitLabJobs(t *testing.T) {
	var jobs map[string]yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(mustRead(t, "../../deploy/gitlab/burnish.gitlab-ci.yml")), &jobs))
	variables := jobs["variables"]
	r, forge := newRecipe(t), newNoteServer(t)
	require.NoError(t, variables.Decode(&r.env))
	r.env["BURNISH_VERSION"], r.env["BURNISH_DOWNLOAD_URL"] = "9.9.9", newReleases(t, "9.9.9").URL
	r.env["BURNISH_RULES"], r.env["BURNISH_SLOS"] = "rules/*.yml", "slos/*.yaml"
	r.env["BURNISH_GENERATED_RULES"], r.env["BURNISH_DASHBOARDS"] = "generated", "dashboards"
	r.env["BURNISH_BACKTEST_ARGS"], r.env["BURNISH_LINT_FAIL_ON"] = backtestSource(t, r), "dead"
	r.env["BURNISH_TOKEN"], r.env["CI_API_V4_URL"], r.env["CI_PROJECT_ID"], r.env["CI_MERGE_REQUEST_IID"] = "secret", forge.URL, "5", "12"
	r.file(t, "slos/shop.yaml", ciSLO)
	var base gitlabJob
	hidden := jobs[".burnish"]
	require.NoError(t, hidden.Decode(&base))
	do := func(name string, want int) {
		t.Helper()
		var job gitlabJob
		node := jobs[name]
		require.NoError(t, node.Decode(&job))
		require.Equal(t, ".burnish", job.Extends)
		script := strings.Join(append(append([]string{}, base.BeforeScript...), job.Script...), "\n")
		code, out := r.run(t, script, "sh", "-ec")
		require.Equal(t, want, code, "%s: %s", name, out)
	}
	do("burnish generated rules", exitUnwell)
	do("burnish generated dashboards", exitUnwell)
	for _, s := range []string{"burnish rules generate slos/*.yaml --output generated", "burnish dashboards generate slos/*.yaml --output-dir dashboards"} {
		code, out := r.run(t, s, "bash", "-c")
		require.Equal(t, exitFine, code, out)
	}
	do("burnish generated rules", exitFine)
	do("burnish generated dashboards", exitFine)
	do("burnish lint", exitFine)
	do("burnish backtest", exitFine)
	assert.Equal(t, []string{"GET /projects/5/merge_requests/12/notes", "POST /projects/5/merge_requests/12/notes"}, forge.calls)
	r.file(t, "rules/nezha.yml", "groups:\n- name: nezha-app\n  rules:\n  - {alert: Never, expr: vector(1) > 2}\n")
	do("burnish backtest", exitUnwell)
	assert.Equal(t, "PUT /projects/5/merge_requests/12/notes/7", forge.calls[3])
	assert.Contains(t, forge.body, "52 of 52 caught incidents would be lost")
	assert.Equal(t, "secret", forge.token)
}

// TestExitCodesInAPipeline runs the script of docs/ci.md against a burnish that ends in
// each way, in every shell that there is.
func TestExitCodesInAPipeline(t *testing.T) {
	_, rest, found := strings.Cut(mustRead(t, "../../docs/ci.md"), "<!-- exit codes: tested -->\n```sh\n")
	require.True(t, found)
	script, _, _ := strings.Cut(rest, "```")
	for _, shell := range [][]string{{"sh", "-euc"}, {"bash", "-euo", "pipefail", "-c"}} {
		for ends, want := range map[int]struct {
			code int
			says string
		}{
			exitFine: {0, ""}, exitUnwell: {1, "there are findings"}, exitUsage: {2, "could not be looked at"}, exitError: {1, "could not be looked at"},
		} {
			r := newRecipe(t)
			r.program(t, "burnish", fmt.Sprintf("#!/bin/sh\necho what it found\nexit %d\n", ends))
			code, out := r.run(t, script, shell...)
			assert.Equal(t, want.code, code, "%v after %d", shell, ends)
			assert.Contains(t, out, "what it found", "%v after %d: the answer is shown in any case", shell, ends)
			assert.Contains(t, out, want.says)
			assert.Equal(t, want.says == "", strings.TrimSpace(out) == "what it found")
		}
	}
}
