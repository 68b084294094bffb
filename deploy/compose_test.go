package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// composeFile is what of a compose file is looked at here.
type composeFile struct {
	Services map[string]struct {
		Image     string
		Command   []string
		Volumes   []string
		Ports     []string
		DependsOn []string `json:"depends_on"`
	}
	Volumes map[string]any
}

// TestComposePartsFitTogether holds that what the services mount and name is there.
func TestComposePartsFitTogether(t *testing.T) {
	text, err := os.ReadFile("compose/docker-compose.yml")
	require.NoError(t, err)
	var c composeFile
	require.NoError(t, yaml.Unmarshal(text, &c))
	require.Len(t, c.Services, 4)
	for name, s := range c.Services {
		for _, v := range s.Volumes {
			from, _, ok := strings.Cut(v, ":")
			require.True(t, ok, v)
			if strings.HasPrefix(from, "./") {
				_, err := os.Stat(filepath.Join("compose", from))
				assert.NoError(t, err, "of %s", name)
				continue
			}
			assert.Contains(t, c.Volumes, from, "of %s", name)
		}
		for _, other := range s.DependsOn {
			assert.Contains(t, c.Services, other)
		}
		for _, p := range s.Ports {
			assert.True(t, strings.HasPrefix(p, "127.0.0.1:"), "%s is open to the network", p)
		}
		assert.NotContains(t, s.Image, "latest")
	}
}

// TestDashboardsAreTheGenerated holds the dashboards that are shipped to be JSON
// with the uids that links go by; that they are what burnish generates is tested
// where it generates.
func TestDashboardsAreTheGenerated(t *testing.T) {
	for _, dir := range []string{"compose/grafana/dashboards", chartDir + "/files/dashboards"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, files, dir)
		for _, f := range files {
			text, err := os.ReadFile(f)
			require.NoError(t, err)
			var d struct{ UID, Title string }
			require.NoError(t, json.Unmarshal(text, &d), f)
			assert.True(t, strings.HasPrefix(d.UID, "burnish"), f)
			assert.NotEmpty(t, d.Title, f)
		}
	}
}

// TestEveryReceiverTellsBurnish: who was really told is known only where the webhook
// stands in the receivers themselves, and a route of its own would take alerts away.
func TestEveryReceiverTellsBurnish(t *testing.T) {
	var c struct {
		Route struct {
			Receiver string
			Routes   []any
		}
		Receivers []struct {
			Name     string
			Webhooks []struct{ URL string } `json:"webhook_configs"`
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(text(t, "compose/alertmanager.yml")), &c))
	assert.Empty(t, c.Route.Routes)
	require.NotEmpty(t, c.Receivers)
	assert.Equal(t, c.Receivers[0].Name, c.Route.Receiver)
	for _, r := range c.Receivers {
		require.Len(t, r.Webhooks, 1, r.Name)
		assert.Contains(t, r.Webhooks[0].URL, "/api/v1/alertmanager/webhook", r.Name)
	}
}
