package collector

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func incidentFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func at(hour int) time.Time { return time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC) }

func TestIncidentsAreReadFromJSONAndCSV(t *testing.T) {
	want := []noise.Incident{
		{
			Interval: slo.Interval{From: at(1), To: at(2)}, ID: "early", Declared: true,
			Labels: labels.FromStrings("cluster", "eu", "service", "cart"), Note: `slow, and "odd"`,
		},
		{Interval: slo.Interval{From: at(3), To: at(4)}, ID: "late", SLO: "shop/cart", Severity: "major", Declared: true},
	}
	for name, text := range map[string]string{
		"a.json": `[
  {"id": "late", "from": "2026-11-01T03:00:00Z", "to": "2026-11-01T04:00:00Z", "slo": "shop/cart", "severity": "major"},
  {"id": "early", "from": "2026-11-01T02:00:00+01:00", "to": "2026-11-01T02:00:00Z",
   "labels": {"service": "cart", "cluster": "eu"}, "note": "slow, and \"odd\""}
]`,
		"a.csv": "\xef\xbb\xbfID,from,to,labels,slo,severity,note\r\n" +
			"late,2026-11-01T03:00:00Z,2026-11-01T04:00:00Z,,shop/cart,major,\r\n" +
			"early,2026-11-01T01:00:00Z,2026-11-01T02:00:00Z,service=cart;cluster=eu,,,\"slow, and \"\"odd\"\"\"\r\n",
		"b.csv": "from,to,id,labels,slo,note,severity\n" +
			"2026-11-01T01:00:00Z,2026-11-01T02:00:00Z,early,\"{\"\"service\"\":\"\"cart\"\",\"\"cluster\"\":\"\"eu\"\"}\",,\"slow, and \"\"odd\"\"\",\n" +
			"2026-11-01T03:00:00Z,2026-11-01T04:00:00Z,late,,shop/cart,,major\n",
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadIncidents([]string{incidentFile(t, name, text)})
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestAnIncidentWithoutIDIsNamedByItsStart(t *testing.T) {
	got, err := ReadIncidents([]string{incidentFile(t, "a.json", `[{"from": "2026-11-01T03:00:00Z", "to": "2026-11-01T04:00:00Z"}]`)})
	require.NoError(t, err)
	assert.Equal(t, "declared@2026-11-01T03:00:00Z", got[0].ID)
}

func TestAllFaultsOfIncidentsAreReportedWithTheirLines(t *testing.T) {
	_, err := ReadIncidents([]string{incidentFile(t, "a.json", `[
  {"id": "a", "from": "yesterday", "to": "2026-11-01T04:00:00Z"},
  {"id": "b", "from": "2026-11-01T05:00:00Z", "to": "2026-11-01T04:00:00Z"},
  {"id": "c", "form": "2026-11-01T05:00:00Z"},
  {"id": "d", "from": "2026-11-01T01:00:00Z", "to": "2026-11-01T04:00:00Z"},
  {"id": "d", "from": "2026-11-01T01:00:00Z", "to": "2026-11-01T04:00:00Z"}
]`), filepath.Join(t.TempDir(), "none-*.json")})
	for _, part := range []string{
		`a.json:2: from "yesterday": want a time`, `a.json:3: incident "b": from 2026-11-01T05:00:00Z is not before`,
		`a.json:4: read incident 3: json: unknown field "form"`, `a.json:6: incident "d" is declared twice; the first is at`,
		"no file matches; check --incidents",
	} {
		assert.ErrorContains(t, err, part)
	}
}

func TestMalformedIncidentFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"no array":             {"a.json", `{"id": "a"}`, "a.json:1: expected a JSON array"},
		"empty":                {"a.json", ``, "a.json:1: expected a JSON array"},
		"cut off":              {"a.json", "[\n{\"id\": \"a\", \"from\":", "a.json:2: read incident 1"},
		"end missing":          {"a.json", "[\n", "a.json:2: the array of incidents does not end"},
		"unknown column":       {"a.csv", "id,start\n", `a.csv:1: unknown column "start"`},
		"too few cells":        {"a.csv", "id,from,to\na,b\n", "a.csv:2: read incident 1"},
		"labels without value": {"a.csv", "id,from,to,labels\na,2026-11-01T01:00:00Z,2026-11-01T02:00:00Z,service\n", "a.csv:2: read incident 1: labels"},
		"empty label name":     {"a.json", `[{"id": "a", "from": "2026-11-01T01:00:00Z", "to": "2026-11-01T02:00:00Z", "labels": {"": "x"}}]`, "is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ReadIncidents([]string{incidentFile(t, c.file, c.text)})
			require.ErrorContains(t, err, c.want)
			assert.Empty(t, got)
		})
	}
}

func FuzzReadIncidents(f *testing.F) {
	f.Add(`[{"id": "a", "from": "2026-11-01T01:00:00Z", "to": "2026-11-01T02:00:00Z", "labels": {"a": "b"}}]`, true)
	f.Add("id,from,to,labels\na,2026-11-01T01:00:00Z,2026-11-01T02:00:00Z,a=b", false)
	f.Fuzz(func(t *testing.T, text string, isJSON bool) {
		r := &incidentReader{file: "f", seen: map[string]string{}}
		if isJSON {
			r.json([]byte(text))
		} else {
			r.csv([]byte(text))
		}
		for _, i := range r.out {
			assert.False(t, i.Empty())
			assert.NotEmpty(t, i.ID)
		}
		assert.Len(t, r.seen, len(r.out), "each id once")
		if strings.TrimSpace(text) == "" {
			assert.NotEmpty(t, r.errs)
		}
	})
}
