package strict

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryFaultIsToldAtOnce(t *testing.T) {
	text := "ratio: 120%\nlasts: soon\ncolour: red\nlevels: {a: 1}\nword: [x]\ncount: 1.5\nword: y\nchoice: no\nflag: maybe\n"
	m, r := Open("p.yml", []byte(text), "policy", []string{"ratio", "lasts", "levels", "word", "count", "choice", "flag", "color"})
	assert.InDelta(t, 0.5, m.Ratio("ratio", 0.5, Range{0, 1}), 0)
	assert.Equal(t, time.Hour, m.Duration("lasts", time.Hour))
	assert.Empty(t, m.Each("levels", "level", []string{"b"}))
	assert.Empty(t, m.Text("word"))
	assert.Equal(t, 7, m.Count("count", 7, 0))
	assert.Equal(t, "yes", m.OneOf("choice", "yes", "maybe"))
	assert.False(t, m.Truth("flag"))
	assert.Empty(t, m.Needed("color"))
	assert.Equal(t, strings.Join([]string{
		`p.yml:1:1: policy: color is missing`,
		`p.yml:1:8: policy: ratio: "120%" is not a number from 0 to 1`,
		`p.yml:2:8: policy: lasts: "soon" is not a duration such as 15m or 30d`,
		`p.yml:3:1: policy: unknown key "colour"; did you mean color?`,
		`p.yml:4:9: policy: levels: must be a list`,
		`p.yml:5:7: policy: word: must be text`,
		`p.yml:6:8: policy: count: "1.5" is not a whole number from 0`,
		`p.yml:7:1: policy: key "word" is there twice`,
		`p.yml:8:9: policy: choice: "no" is none of yes, maybe`,
		`p.yml:9:7: policy: flag: must be true or false`,
	}, "\n"), r.Err().Error())
}

func TestSoundValues(t *testing.T) {
	m, r := Open("p.yml", []byte("a: 5%\nb: 0.25\nc: 1d12h\nd: [x, y]\ne: [{f: 1}]\ng: {f: 2}\nh: true\n"), "policy", []string{"a", "b", "c", "d", "e", "g", "h", "z"})
	assert.InDelta(t, 0.05, m.Ratio("a", 0, Range{0, 1}), 1e-12)
	assert.InDelta(t, 0.25, m.Ratio("b", 0, Range{0, 1}), 0)
	assert.Equal(t, 36*time.Hour, m.Duration("c", 0))
	assert.Equal(t, []string{"x", "y"}, m.Texts("d"))
	require.Len(t, m.Each("e", "item", []string{"f"}), 1)
	assert.InDelta(t, 2, m.Child("g", []string{"f"}).Number("f", 0, Range{0, 9}), 0)
	assert.InDelta(t, 3, m.Child("z", []string{"f"}).Number("f", 3, Range{0, 9}), 0, "an absent mapping is empty")
	assert.True(t, m.Truth("h"))
	assert.Equal(t, 1, m.Line())
	require.NoError(t, r.Err())
}

func TestHostileTextsAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":      "",
		"a list":       "[1, 2]",
		"no YAML":      "a: [",
		"an alias":     "a: &x [1]\nb: *x\n",
		"deep":         strings.Repeat("[", 100) + strings.Repeat("]", 100),
		"far too long": "a: " + strings.Repeat("x", maxText),
	} {
		t.Run(name, func(t *testing.T) {
			m, r := Open("p.yml", []byte(text), "policy", []string{"a", "b"})
			require.Error(t, r.Err())
			assert.NotNil(t, m)
			assert.Less(t, len(r.Err().Error()), 10_000)
		})
	}
	_, r := Open("p.yml", []byte(strings.Repeat("[x]: 1\n", 1)+manyUnknown(500)), "policy", []string{})
	assert.Contains(t, r.Err().Error(), "faults more")
}

func manyUnknown(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("k", i+1) + ": 1\n")
	}
	return b.String()
}

func FuzzOpen(f *testing.F) {
	f.Add("a: 5%\nb: [x]\n")
	f.Add("a: {a: 1}\n? [q]\n: 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		m, r := Open("p", []byte(text), "policy", []string{"a", "b"})
		v := m.Ratio("a", 0.5, Range{0, 1})
		assert.True(t, v >= 0 && v <= 1)
		m.Each("b", "item", nil)
		m.Texts("b")
		m.Duration("a", 0)
		_ = r.Err()
	})
}
