package topology

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// golden compares with a file of testdata, which UPDATE=1 writes anew.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE") == "1" {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "run with UPDATE=1 to write it")
	assert.Equal(t, string(want), got)
}

func TestDrawingsOfTheShop(t *testing.T) {
	v := NewView(shop(t), monthOfTheShop())
	for name, write := range map[string]func(io.Writer) error{
		"shop.svg": v.WriteSVG, "shop.mmd": v.WriteMermaid, "shop.dot": v.WriteDOT, "shop.md": v.WriteMarkdown,
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, write(&b))
			golden(t, name, b.String())
		})
	}
}

// TestEverythingStandsBelowWhatNeedsIt and boxes do not overlap.
func TestEverythingStandsBelowWhatNeedsIt(t *testing.T) {
	g := shop(t)
	row := map[int]int{}
	for r, members := range g.rows() {
		assert.LessOrEqual(t, len(members), perRow)
		for _, i := range members {
			_, twice := row[i]
			assert.False(t, twice)
			row[i] = r
		}
	}
	assert.Len(t, row, len(g.components))
	for _, e := range g.lines() {
		assert.Less(t, row[e.from], row[e.to])
	}
}

// TestHostileTitlesStayText: names are bounded by the reader, titles and SLOs are
// not.
func TestHostileTitlesStayText(t *testing.T) {
	evil := "\"]</text><script>alert(1)</script>\n\x1b[31m|`${x}"
	g, err := New([]Component{{Name: evil, Title: evil, Kind: KindService, DependsOn: []Dependency{{On: []string{"b"}, Needs: 1, Share: 0.5}}}, {Name: "b", Kind: KindProvider}})
	require.NoError(t, err)
	v := NewView(g, Measured{})
	var b bytes.Buffer
	require.NoError(t, v.WriteSVG(&b))
	assert.NotContains(t, b.String(), "<script")
	assert.NotContains(t, b.String(), "\x1b")
	for dec := xml.NewDecoder(&b); ; {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	for _, write := range []func(io.Writer) error{v.WriteMermaid, v.WriteMarkdown} {
		b.Reset()
		require.NoError(t, write(&b))
		assert.NotContains(t, b.String(), "<script")
	}
	b.Reset()
	require.NoError(t, v.WriteDOT(&b))
	assert.Contains(t, b.String(), `\"]</text>`, "the quote is escaped")
}
