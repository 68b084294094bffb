package gate

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheDocumentedPolicyIsRead: it spells out the default, and adds what has no
// default.
func TestTheDocumentedPolicyIsRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/gate.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml\nversion: "+PolicySchema)
	require.True(t, found)
	text, _, _ := strings.Cut(rest, "```")
	p, err := ParsePolicy("docs/gate.md", []byte("version: "+PolicySchema+text), nil)
	require.NoError(t, err)
	want := DefaultPolicy()
	want.Limits.MinLasts = p.Limits.MinLasts
	assert.Equal(t, want.Limits, p.Limits)
	assert.Equal(t, want.Canary, p.Canary)
	assert.Equal(t, want.Phases, p.Phases)
	assert.Equal(t, want.Exempt, p.Exempt)
	assert.Len(t, p.Overrides, 2)
	assert.Len(t, p.Freezes, 2)
}
