package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/daemon"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/ingest"
	"github.com/burnish-sre/burnish/dashboards/web"
)

// TestOpenAPINamesWhatTheDaemonServes: the document and the daemon have the same
// routes. Pages are for people, and assistants describe their own protocol.
func TestOpenAPINamesWhatTheDaemonServes(t *testing.T) {
	served := append(daemon.Routes(), web.APIRoutes()...)
	for pattern := range (&supervisor{}).doors(&station{}, &ingest.Intake{}) {
		method, path, _ := strings.Cut(pattern, " ")
		switch path {
		case "/mcp":
		case "/api/v1/alertmanager/": // a folder, whose doors ingest names
			served = append(served, method+" "+ingest.WebhookPath, method+" "+ingest.EventsPath)
		default:
			served = append(served, pattern)
		}
	}
	text, err := os.ReadFile("../../docs/openapi.yaml")
	require.NoError(t, err)
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	require.NoError(t, yaml.Unmarshal(text, &doc))
	var written []string
	for path, operations := range doc.Paths {
		for method := range operations {
			written = append(written, strings.ToUpper(method)+" "+path)
		}
	}
	assert.ElementsMatch(t, served, written)
}
