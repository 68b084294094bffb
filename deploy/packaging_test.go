package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/burnish-sre/burnish/config"
)

// releaseConfig is what .goreleaser.yaml may say here: a key that is not in it
// is refused.
type releaseConfig struct {
	Version     int    `yaml:"version"`
	ProjectName string `yaml:"project_name"`
	Before      struct {
		Hooks []string `yaml:"hooks"`
	} `yaml:"before"`
	Builds []struct {
		ID, Main, Binary string
		Env, Flags       []string
		Ldflags          []string
		ModTimestamp     string `yaml:"mod_timestamp"`
		Goos, Goarch     []string
	} `yaml:"builds"`
	Archives []struct {
		ID              string
		IDs             []string `yaml:"ids"`
		Formats         []string
		FormatOverrides []map[string]any `yaml:"format_overrides"`
		NameTemplate    string           `yaml:"name_template"`
		Files           []any
	} `yaml:"archives"`
	Nfpms []struct {
		ID                                         string
		IDs                                        []string `yaml:"ids"`
		PackageName                                string   `yaml:"package_name"`
		Formats                                    []string
		Homepage, Maintainer, Description, License string
		Bindir                                     string
		Contents                                   []struct{ Src, Dst, Type string }
	} `yaml:"nfpms"`
	Dockers []struct {
		ID                      string
		IDs                     []string `yaml:"ids"`
		Dockerfile              string
		Images, Tags, Platforms []string
		SBOM                    bool `yaml:"sbom"`
		Labels                  map[string]string
	} `yaml:"dockers_v2"`
	SBOMs    []struct{ ID, Artifacts string } `yaml:"sboms"`
	Checksum struct {
		NameTemplate string `yaml:"name_template"`
		Algorithm    string
	} `yaml:"checksum"`
	Changelog struct{ Disable bool }      `yaml:"changelog"`
	Release   struct{ Prerelease string } `yaml:"release"`
}

func readRelease(t *testing.T) releaseConfig {
	t.Helper()
	f, err := os.Open(filepath.Join("..", ".goreleaser.yaml"))
	require.NoError(t, err)
	defer f.Close()
	dec := yaml.NewDecoder(f)
	dec.KnownFields(true)
	var c releaseConfig
	require.NoError(t, dec.Decode(&c))
	return c
}

// TestAReleaseBuildsWhatIsThere: the paths of the release configuration exist,
// and it builds as the Makefile and the image do.
func TestAReleaseBuildsWhatIsThere(t *testing.T) {
	c := readRelease(t)
	require.Len(t, c.Builds, 1)
	build := c.Builds[0]
	assert.DirExists(t, filepath.Join("..", build.Main))
	assert.Equal(t, []string{"linux", "darwin", "windows"}, build.Goos)
	assert.Equal(t, []string{"amd64", "arm64"}, build.Goarch)
	assert.Contains(t, build.Env, "CGO_ENABLED=0")
	makefile := text(t, "../Makefile")
	for _, flag := range slices.Concat(build.Flags, []string{"-s -w -X main.version="}) {
		assert.Contains(t, makefile, flag, "a release is built as `make build` builds")
		assert.Contains(t, text(t, "image.sh"), flag)
	}
	assert.True(t, strings.HasPrefix(build.Ldflags[0], "-s -w -X main.version="))
	for _, place := range releasePaths(c) {
		found, err := filepath.Glob(filepath.Join("..", place))
		require.NoError(t, err)
		assert.NotEmpty(t, found, "%s is named in .goreleaser.yaml", place)
	}
	assert.Len(t, c.SBOMs, 1)
	assert.True(t, c.Dockers[0].SBOM)
}

// releasePaths are the files of the repository that a release takes in; what
// prepare.sh makes is left out.
func releasePaths(c releaseConfig) []string {
	var out []string
	for _, h := range c.Before.Hooks {
		out = append(out, strings.Fields(h)[0])
	}
	for _, f := range c.Archives[0].Files {
		if name, ok := f.(string); ok {
			out = append(out, name)
		}
	}
	for _, p := range c.Nfpms {
		for _, f := range p.Contents {
			if !strings.HasPrefix(f.Src, ".release/") {
				out = append(out, f.Src)
			}
		}
	}
	for _, d := range c.Dockers {
		out = append(out, d.Dockerfile)
	}
	return out
}

// TestRecipesDownloadWhatAReleaseHolds: the recipes for CI name archives and
// checksums as the release does.
func TestRecipesDownloadWhatAReleaseHolds(t *testing.T) {
	c := readRelease(t)
	archive := strings.NewReplacer("{{ .Version }}", "${BURNISH_VERSION}", "{{ .Os }}", "linux", "{{ .Arch }}", "$arch").
		Replace(c.Archives[0].NameTemplate) + "." + c.Archives[0].Formats[0]
	sums := strings.ReplaceAll(c.Checksum.NameTemplate, "{{ .Version }}", "${BURNISH_VERSION}")
	recipe := text(t, "gitlab/burnish.gitlab-ci.yml")
	assert.Contains(t, recipe, archive)
	// The GitHub action asks the machine for the system too; what both do with a release
	// of these names is tested beside the commands.
	onGitHub := strings.NewReplacer("${BURNISH_VERSION}", "${VERSION}", "_linux_", "_${os}_").Replace(archive)
	assert.Contains(t, text(t, "github/action.yml"), onGitHub)
	assert.Contains(t, text(t, "github/action.yml"), strings.ReplaceAll(sums, "BURNISH_", ""))
	assert.Contains(t, recipe, sums)
	assert.Contains(t, recipe, "sha256sum")
	assert.Equal(t, "sha256", c.Checksum.Algorithm)
}

// TestTheImageOfAReleaseIsTheImage: both Dockerfiles end in the same image.
func TestTheImageOfAReleaseIsTheImage(t *testing.T) {
	last := func(name string) (out []string) {
		_, stage, ok := strings.Cut(text(t, name), "\nFROM scratch\n")
		require.True(t, ok, name)
		for line := range strings.Lines(stage) {
			if !strings.HasPrefix(line, "COPY") && !strings.HasPrefix(line, "ARG") {
				out = append(out, strings.TrimSpace(line))
			}
		}
		return out
	}
	assert.Equal(t, last("Dockerfile"), last("packaging/Dockerfile"))
	script := text(t, "image.sh")
	for line := range strings.Lines(text(t, "packaging/Dockerfile")) {
		if _, entry, ok := strings.Cut(line, "echo '"); ok {
			entry, _, _ = strings.Cut(entry, "'")
			assert.Contains(t, script, entry, "the same user")
		}
	}
}

// TestAPackageIsPrepared runs prepare.sh and finds each file that the packages
// and archives take from it.
func TestAPackageIsPrepared(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "packaging/prepare.sh", dir, "1.2.3").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, f := range readRelease(t).Nfpms[0].Contents {
		if rest, ok := strings.CutPrefix(f.Src, ".release/"); ok {
			found, err := filepath.Glob(filepath.Join(dir, rest))
			require.NoError(t, err)
			assert.NotEmpty(t, found, f.Src)
		}
	}
	assert.NoFileExists(t, filepath.Join(dir, "burnish"))
	assert.Contains(t, text(t, filepath.Join(dir, "man", "burnish.1")), "burnish 1.2.3")
	_, err = config.Parse("burnish.yml", []byte(text(t, "packaging/burnish.yml")), nil)
	require.NoError(t, err, "a package's settings load")
}

func text(t *testing.T, name string) string {
	t.Helper()
	out, err := os.ReadFile(name)
	require.NoError(t, err)
	return string(out)
}

// TestChartBesideKubePrometheus renders the chart with the values that
// docs/kube-prometheus.md shows.
func TestChartBesideKubePrometheus(t *testing.T) {
	_, rest, ok := strings.Cut(text(t, "../docs/kube-prometheus.md"), "<!-- file: values.yaml -->\n```yaml\n")
	require.True(t, ok)
	shown, _, _ := strings.Cut(rest, "```")
	var values map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(shown), &values))
	files, err := render(values)
	require.NoError(t, err)
	o := objects{}
	for name, file := range files {
		if !strings.HasSuffix(name, "NOTES.txt") {
			o.decode(t, file)
		}
	}
	c := loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish"))
	assert.Equal(t, []string{"prometheus_replica"}, c.ReplicaLabels)
	assert.NotEmpty(t, c.Alertmanager.URL)
	labels := get[appsv1.Deployment](t, o, "Deployment/slo-burnish").Spec.Template.Labels
	assert.Equal(t, "burnish", labels["app.kubernetes.io/name"], "the NetworkPolicy of the page selects by it")
	for _, key := range []string{"ServiceMonitor/slo-burnish", "PrometheusRule/slo-burnish"} {
		assert.Contains(t, o, key)
	}
}
