package main

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// docBlock is a fenced block of a page, with what the page says about it.
type docBlock struct {
	line   int
	lang   string
	text   string
	notRun string // the reason of a marker `not run` right above it
	file   string // the name of a marker `file` right above it
	output *string
}

var (
	docFence  = regexp.MustCompile("^```([a-z]*)$")
	docMarker = regexp.MustCompile(`^<!-- (not run|file): (.*\S) -->$`)
)

// docBlocks are the blocks of a page in their order. A `text` block that follows
// a shell block with nothing between them is what that prints.
func docBlocks(page string) []docBlock {
	var out []docBlock
	var marker []string
	adjacent, inside := false, false
	for i, line := range strings.Split(page, "\n") {
		fence := docFence.FindStringSubmatch(line)
		switch {
		case inside && line == "```":
			inside, adjacent = false, true
			if n := len(out); n > 1 && out[n-1].lang == "text" && out[n-1].file == "follows" {
				out[n-2].output = &out[n-1].text
				out[n-1].file = ""
			}
		case inside:
			out[len(out)-1].text += line + "\n"
		case fence != nil:
			b := docBlock{line: i + 1, lang: fence[1]}
			if marker != nil && marker[1] == "file" {
				b.file = marker[2]
			} else if marker != nil {
				b.notRun = marker[2]
			}
			if b.lang == "text" && adjacent && out[len(out)-1].lang == "sh" {
				b.file = "follows"
			}
			out, inside, marker = append(out, b), true, nil
		case line != "":
			marker, adjacent = docMarker.FindStringSubmatch(line), false
		}
	}
	return out
}

// asShown holds what a command printed against what its page shows, where a line
// of three dots stands for any lines. It gives the first line that is not as
// shown, or nothing.
func asShown(shown, got string) string {
	want := strings.Split(strings.TrimRight(shown, "\n"), "\n")
	have := strings.Split(strings.TrimRight(got, "\n"), "\n")
	at, skipping := 0, false
	for _, w := range want {
		if strings.TrimSpace(w) == "..." {
			skipping = true
			continue
		}
		w = strings.TrimRight(w, " ")
		for skipping && at < len(have) && strings.TrimRight(have[at], " ") != w {
			at++
		}
		if at == len(have) || strings.TrimRight(have[at], " ") != w {
			return w
		}
		at, skipping = at+1, false
	}
	if !skipping && at < len(have) {
		return "(end of output)"
	}
	return ""
}

func TestBlocksOfAPageAreReadWithTheirMarkers(t *testing.T) {
	page := "Text.\n\n```sh\necho a\n```\n\n```text\na\n```\n\n<!-- not run: needs a cluster -->\n```sh\nkubectl\n```\n\n" +
		"```sh\necho b\n```\n\nIt says:\n\n```text\nb\n```\n\n<!-- file: x.yml -->\n```yaml\na: 1\n```\n\n<!-- not run: too far -->\n\nBut this:\n\n```sh\nls\n```\n"
	got := docBlocks(page)
	require.Len(t, got, 7)
	require.NotNil(t, got[0].output)
	assert.Equal(t, "a\n", *got[0].output)
	assert.Equal(t, docBlock{line: 12, lang: "sh", text: "kubectl\n", notRun: "needs a cluster"}, got[2])
	assert.Nil(t, got[3].output, "words stand between them")
	assert.Equal(t, docBlock{line: 27, lang: "yaml", text: "a: 1\n", file: "x.yml"}, got[5])
	assert.Equal(t, docBlock{line: 35, lang: "sh", text: "ls\n"}, got[6], "a marker is right above its block")
}

func TestOutputIsHeldAgainstWhatIsShown(t *testing.T) {
	for name, c := range map[string]struct{ shown, got, differs string }{
		"the same":             {"a\nb\n", "a\nb\n", ""},
		"another line":         {"a\nb\n", "a\nc\n", "b"},
		"a line more":          {"a\n", "a\nb\n", "(end of output)"},
		"a line less":          {"a\nb\n", "a\n", "b"},
		"dots stand for lines": {"a\n...\nd\n", "a\nb\nc\nd\n", ""},
		"dots at the end":      {"a\n...\n", "a\nb\n", ""},
		"dots skip too much":   {"a\n  ...\nx\n", "a\nb\n", "x"},
	} {
		assert.Equal(t, c.differs, asShown(c.shown, c.got), name)
	}
}
