package topology

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocumentedTopologyIsRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/topology.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml\nversion: "+Schema)
	require.True(t, found)
	text, _, _ := strings.Cut(rest, "```")
	in, err := Parse("docs/topology.md", []byte("version: "+Schema+text))
	require.NoError(t, err)
	g, err := New(in)
	require.NoError(t, err)
	// 1 of 2 databases of 99.9%, a provider of 99.5%, and 30% on a cart of 99.8%.
	assert.InDelta(t, (1-0.001*0.001)*0.995*(1-0.3*0.002), attainable(t, g, "checkout").Level, 1e-9)
}

// TestTheDocumentedPictureIsTheDemos so that it does not go stale.
func TestTheDocumentedPictureIsTheDemos(t *testing.T) {
	want, err := os.ReadFile("testdata/shop.svg")
	require.NoError(t, err)
	got, err := os.ReadFile("../../docs/img/topology.svg")
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
}

// TestTheDocumentedScalesAreThoseInForce.
func TestTheDocumentedScalesAreThoseInForce(t *testing.T) {
	page, err := os.ReadFile("../../docs/topology.md")
	require.NoError(t, err)
	units := map[string]float64{"min": 60, "h": 3600, "d": 86400}
	span := func(text string) float64 {
		number, unit, _ := strings.Cut(text, " ")
		v, ok := units[unit]
		require.True(t, ok, text)
		return v * parseNumber(t, number)
	}
	percent := func(text string) float64 { return parseNumber(t, strings.TrimSuffix(text, "%")) / 100 }
	checked := 0
	for line := range strings.Lines(string(page)) {
		cells := splitRow(strings.TrimSpace(line))
		if len(cells) != 5 || len(cells[0]) != 1 || cells[0] == "-" {
			continue
		}
		n := int(parseNumber(t, cells[0]))
		checked++
		if n > 1 {
			assert.InDelta(t, span(cells[1]), occurrences()[10-n].bound, 0, "occurrence %d", n)
			assert.Equal(t, Rating(n), occurrences()[10-n].rating)
		}
		assert.InDelta(t, percent(cells[2]), severities()[n-1].bound, 1e-12, "severity %d", n)
		assert.InDelta(t, percent(cells[3]), misses()[n-1].bound, 1e-12, "misses %d", n)
		assert.InDelta(t, span(cells[4]), delays()[n-1].bound, 0, "delay %d", n)
	}
	assert.Equal(t, 9, checked)
}

func parseNumber(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	require.NoError(t, err)
	return v
}
