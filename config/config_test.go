package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/detect"
	"github.com/burnish-sre/burnish/noise/truth"
)

// TestBadFiles holds every testdata/*.bad.yml against the faults that its own
// "# want:" lines foretell: all of them, in order, and no other.
func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.bad.yml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			cfg, err := Load(file, nil)
			require.Error(t, err)
			assert.Nil(t, cfg, "never a configuration and an error")
			assert.Equal(t, wanted(t, file), strings.Split(err.Error(), "\n"))
		})
	}
}

func wanted(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var want []string
	for line := range strings.Lines(string(text)) {
		if w, ok := strings.CutPrefix(strings.TrimSpace(line), "# want: "); ok {
			want = append(want, file+":"+w)
		}
	}
	return want
}

func TestEverySettingIsRead(t *testing.T) {
	cfg, err := Load("testdata/full.good.yml", nil)
	require.NoError(t, err)
	production := Source{
		Name: "production",
		URL:  "https://prometheus.example.org/prefix",
		Auth: Auth{Username: "burnish", PasswordFile: "testdata/secrets/password"},
		Headers: Headers{
			"X-Scope-OrgID": "team-a",
		},
		TLS: TLS{
			CAFile: "/etc/ssl/ca.pem", CertFile: "testdata/client.pem",
			KeyFile: "testdata/client.key", ServerName: "prometheus.internal",
		},
		Timeout: model.Duration(90 * time.Second), Concurrency: 8, RemoteRead: RemoteReadOff,
	}
	local := DefaultSource()
	local.Name, local.URL, local.Auth.BearerTokenFile = "127.0.0.1:9090", "http://127.0.0.1:9090", "/run/token"
	directory := DefaultSource()
	directory.Name, directory.TSDBPath = "data", "testdata/data"
	findings := detect.DefaultOptions()
	findings.Disabled, findings.FlapStarts = []noise.Kind{noise.KindMissingRunbook}, 5
	findings.Stale, findings.MisleadingPrecision = model.Duration(48*time.Hour), 0.2
	ingest := Default().Ingest
	ingest.BearerTokenFile, ingest.MaxBody, ingest.RecorderFiles = "testdata/secrets/push", 1_000_000, []string{"testdata/events.jsonl"}
	assert.Equal(t, &Config{
		Sources:   []Source{production, local, directory},
		Incidents: Incidents{Files: []string{"testdata/incidents/*.json"}},
		Truth: Truth{Lead: model.Duration(15 * time.Minute), Join: []string{"service", "Team"}, Map: []Mapping{
			{Alerts: `{alertname="CheckoutSlow"}`, SLO: "shop/checkout"}, {Alerts: `{alertname=~"Watchdog|Dead.*"}`},
		}},
		Findings: findings,
		Alertmanager: Alertmanager{
			URL: "https://alertmanager.example.org", Auth: Auth{BearerTokenFile: "testdata/secrets/token"},
			ConfigFile: "testdata/alertmanager.yml", Paging: []string{"pagerduty-.*"},
		},
		Deploys:       Deploys{Query: "increase(deploys_total[5m]) > 0", Lasts: model.Duration(20 * time.Minute)},
		People:        People{Zone: "Europe/Berlin", Work: "08:30-16:30", Days: []string{"Mon", "Tuesday"}, Sleep: "23:00-06:00", Holidays: []string{"2026-12-25"}},
		Rules:         Rules{Files: []string{"testdata/rules/*.yml", "/etc/prometheus/*.rules.yml"}},
		SLOs:          SLOs{Files: []string{"testdata/slos/*.yaml"}},
		ReplicaLabels: []string{"prometheus_replica", "_Ünusual/Label"},
		Report: Report{
			Window:  model.Duration(14 * 24 * time.Hour),
			Refresh: model.Duration(time.Minute),
			Timeout: model.Duration(30 * time.Second),
		},
		Web:       Web{ListenAddress: ":2876", ConfigFile: "testdata/web.yml", AdminUsers: []string{"ana"}, ExternalURL: "https://burnish.example.org"},
		Schedules: []Schedule{{Name: "weekly", Cron: "0 7 * * MON", Zone: "Europe/Berlin", Team: "shop", To: []string{"chat"}}},
		Delivery: Delivery{
			Folders: []Folder{{Path: "testdata/reports"}}, Slack: []Slack{{Name: "chat", WebhookURLFile: "testdata/secrets/slack"}},
			Timeout: model.Duration(30 * time.Second), Within: model.Duration(time.Hour),
		},
		History: History{Path: "testdata/data/burnish.db", URLFile: "testdata/secrets/history", Retention: model.Duration(100 * 24 * time.Hour)},
		Collect: Collect{Interval: model.Duration(30 * time.Second), Backfill: model.Duration(10 * 24 * time.Hour), Chunk: model.Duration(12 * time.Hour)},
		Ingest:  ingest,
		Gate:    Gate{PolicyFile: "testdata/gate.yml"},
		Topology: Topology{
			File: "testdata/topology.yml", Worksheet: "testdata/failures.md",
			Window: model.Duration(60 * 24 * time.Hour), Refresh: model.Duration(2 * time.Hour),
		},
		Log: Log{Level: "debug", Format: "json"},
	}, cfg)
	assert.EqualValues(t, -4, cfg.Log.Slog(), "debug, as slog counts")
}

func TestHoursAreReadAsThePeopleMeanThem(t *testing.T) {
	cfg, err := Load("testdata/full.good.yml", nil)
	require.NoError(t, err)
	h, err := cfg.People.Hours()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		at   string
		want truth.TimeKind
	}{
		"Monday morning in Berlin":    {"2026-11-16T08:00:00Z", truth.AtWork},
		"Tuesday before work":         {"2026-11-17T07:00:00Z", truth.OffHours},
		"Wednesday is no working day": {"2026-11-18T08:00:00Z", truth.OffHours},
		"at night":                    {"2026-11-17T22:30:00Z", truth.Asleep},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		assert.Equal(t, c.want, h.Kind(at), name)
	}
}

const minimal = "sources: [{tsdb_path: /data}]\nlog: {level: warn}\n"

func TestDefaultsHoldWhereNothingIsSaid(t *testing.T) {
	cfg, err := Parse("burnish.yml", []byte("sources: [{tsdb_path: /data}]\nreport:\nlog: {level: null}\n"), nil)
	require.NoError(t, err)
	want := Default()
	want.Sources = []Source{DefaultSource()}
	want.Sources[0].Name, want.Sources[0].TSDBPath = "/data", "/data"
	assert.Equal(t, want, cfg)
}

func TestFlagsWinOverEnvironmentOverFile(t *testing.T) {
	t.Setenv("BURNISH_LOG_FORMAT", "json")
	t.Setenv("BURNISH_REPORT_WINDOW", "30d")
	t.Setenv("BURNISH_REPORT_REFRESH", "1h")
	cfg, err := Parse("burnish.yml", []byte(minimal), Overrides{"report.refresh": "2h"})
	require.NoError(t, err)
	assert.Equal(t, "warn", cfg.Log.Level, "from the file")
	assert.Equal(t, "json", cfg.Log.Format, "from the environment")
	assert.Equal(t, "30d", cfg.Report.Window.String(), "from the environment")
	assert.Equal(t, "2h", cfg.Report.Refresh.String(), "from the flag, which beats the environment")
}

func TestFaultsOfFlagsAndEnvironmentNameThem(t *testing.T) {
	t.Setenv("BURNISH_REPORT_WINDOW", "soon")
	_, err := Parse("burnish.yml", []byte(minimal), Overrides{"report.nothing": "1"})
	require.EqualError(t, err, "command line: report.nothing: no such setting\n"+
		`environment variable BURNISH_REPORT_WINDOW: report.window: "soon" is no duration; write it like 30s, 5m, 7d`)

	t.Setenv("BURNISH_REPORT_WINDOW", "1m")
	_, err = Parse("burnish.yml", []byte(minimal), Overrides{"log.level": "loud"})
	require.EqualError(t, err, "environment variable BURNISH_REPORT_WINDOW: report.window: 1m is too short; at least 1h\n"+
		`command line: log.level: "loud" is none of debug, info, warn, error`)
}

func TestUserChosenNamesKeepTheirCase(t *testing.T) {
	cfg, err := Load("testdata/full.good.yml", nil)
	require.NoError(t, err)
	assert.Contains(t, cfg.Sources[0].Headers, "X-Scope-OrgID")
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	const secret = "s3cr3t-tenant"
	cfg := Default()
	cfg.Sources = []Source{{URL: "http://localhost:9090", Headers: Headers{"X-Token": secret}}}
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	for name, printed := range map[string]string{
		"String": cfg.String(), "verb v": fmt.Sprintf("%v", cfg), "verb +v": fmt.Sprintf("%+v", *cfg),
		"verb #v": fmt.Sprintf("%#v", *cfg), "JSON": string(asJSON),
	} {
		assert.NotContains(t, printed, secret, name)
		assert.Contains(t, printed, "X-Token", name)
	}
	_, err = Parse("burnish.yml", []byte("sources: [{url: 'http://alice:"+secret+"@h'}, {url: 'http://alice:"+secret+"%zz@h'}]"), nil)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), secret, "a faulty URL is not repeated with its password")
}

func TestPrintedConfigurationReadsBack(t *testing.T) {
	cfg, err := Load("testdata/full.good.yml", nil)
	require.NoError(t, err)
	again, err := Parse("/elsewhere/burnish.yml", []byte(cfg.String()), nil)
	require.NoError(t, err)
	assert.Equal(t, cfg.Report, again.Report)
	assert.Equal(t, cfg.Web.ListenAddress, again.Web.ListenAddress)
	assert.Equal(t, cfg.Sources[0].URL, again.Sources[0].URL)
}

func TestValidateChecksWhatFlagsPutTogether(t *testing.T) {
	cfg := Default()
	cfg.Sources = []Source{DefaultSource()}
	cfg.Sources[0].URL = "localhost:9090"
	require.EqualError(t, cfg.Validate(), "command line: sources[0].url: no http or https URL; write it like https://prometheus.example.org/prefix")
	cfg.Sources[0].URL = "http://localhost:9090"
	require.NoError(t, cfg.Validate())
}

func TestFilesThatCannotBeRead(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yml"), nil)
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = Load(t.TempDir(), nil)
	require.ErrorContains(t, err, "is a directory")
	big := filepath.Join(t.TempDir(), "big.yml")
	require.NoError(t, os.WriteFile(big, make([]byte, maxFileSize+1), 0o600))
	_, err = Load(big, nil)
	require.ErrorContains(t, err, "over 1 MiB")
}

// TestReferencePage holds docs/configuration.md against the types. To write the
// table anew, run UPDATE=1 go test ./config.
func TestReferencePage(t *testing.T) {
	const page, begin, end = "../docs/configuration.md", "<!-- begin: settings -->\n", "<!-- end: settings -->"
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begin)
	require.True(t, ok, "the page has no %q", begin)
	_, after, ok := strings.Cut(rest, end)
	require.True(t, ok, "the page has no %q", end)
	want := before + begin + Reference() + end + after
	if os.Getenv("UPDATE") == "1" {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o600))
		return
	}
	assert.Equal(t, want, string(text), "write it anew with UPDATE=1 go test ./config")
}

// FuzzParse checks that any text gives either a configuration or faults with
// their place, and never both or neither.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(text)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("sources: &s [{headers: &h {a: *s}}, *h]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := Parse("fuzz.yml", text, nil)
		if err == nil {
			require.NotNil(t, cfg)
			require.NotEmpty(t, cfg.Sources)
			return
		}
		require.Nil(t, cfg)
		var faults Errors
		require.ErrorAs(t, err, &faults)
		require.NotEmpty(t, faults)
		for _, fault := range faults {
			require.Positive(t, fault.Line, "%s", fault)
			require.NotContains(t, fault.Error(), "\n")
		}
	})
}
