package main

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentedCommandsRun runs every shell block of the documentation, page by
// page and from top to bottom, as a reader would who has what the page begins
// with: a Prometheus, rules, SLOs and incidents, here those of the demo. What is
// not run has a marker with the reason right above it. BURNISH_DOCS_PAGE=gate
// keeps to the pages with that in their name.
func TestDocumentedCommandsRun(t *testing.T) {
	t.Parallel()
	w := newDocsWorld(t)
	only := os.Getenv("BURNISH_DOCS_PAGE")
	var n docsCount
	t.Cleanup(func() {
		t.Logf("%d shell blocks were run, %d are marked as not run", n.ran.Load(), n.marked.Load())
		if only == "" && !t.Failed() && !t.Skipped() {
			assert.Greater(t, n.ran.Load(), n.marked.Load(), "most are run")
		}
	})
	t.Run("gates in pipelines", func(t *testing.T) {
		t.Parallel()
		gatesInPipelines(t, w)
	})
	for _, page := range docsPages(t) {
		text, err := os.ReadFile(filepath.Join(w.repository, page))
		require.NoError(t, err)
		blocks := docBlocks(string(text))
		hasCommands := slices.ContainsFunc(blocks, func(b docBlock) bool { return b.lang == "sh" })
		if !hasCommands || !strings.Contains(page, only) {
			continue
		}
		t.Run(page, func(t *testing.T) {
			t.Parallel()
			w.follow(t, page, blocks, &n)
		})
	}
}

// docsCount counts shell blocks.
type docsCount struct{ ran, marked atomic.Int64 }

// follow goes through a page from top to bottom, up to the first command that
// fails. What the page calls a file is there from the beginning; the first of a
// name wins until the page comes to the next.
func (w *docsWorld) follow(t *testing.T, page string, blocks []docBlock, n *docsCount) {
	t.Helper()
	if why := docsNotRun[page]; why != "" {
		n.marked.Add(1)
		t.Logf("%s not run: %s", page, why)
		return
	}
	r := w.reader(t)
	for _, b := range slices.Backward(blocks) {
		if b.file != "" {
			r.write(t, b.file, w.rewrite(b.text, r.dir))
		}
	}
	for _, b := range blocks {
		switch {
		case b.notRun != "":
			n.marked.Add(1)
			t.Logf("%s:%d not run: %s", page, b.line, b.notRun)
		case b.file != "":
			r.write(t, b.file, w.rewrite(b.text, r.dir))
		case b.lang == "sh":
			n.ran.Add(1)
			if !r.run(t, page, b) {
				return
			}
		}
	}
}

// docsNotRun are pages of which no block is run, with the reason.
var docsNotRun = map[string]string{
	"docs/benchmarks.md": "takes an hour, and measures; each benchmark's correctness is tested beside it",
}

// docsPages are all pages, with their paths from the root of the repository.
func docsPages(t *testing.T) []string {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	require.NoError(t, err)
	pages := []string{"README.md"}
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			require.NoError(t, err)
			pages = append(pages, rel)
		}
	}
	return pages
}

// docsReader follows one page in a folder of its own.
type docsReader struct {
	w    *docsWorld
	dir  string
	env  []string
	note string // a file that holds the folder in which the last block ended
}

// at is the folder in which the page goes on: where its last block went.
func (r *docsReader) at() string {
	text, err := os.ReadFile(r.note)
	if err != nil {
		return r.dir
	}
	return strings.TrimSuffix(string(text), "\n")
}

func (r *docsReader) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(r.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// run runs a block as a script that stops at its first failure, and tells
// whether the page can go on.
func (r *docsReader) run(t *testing.T, page string, b docBlock) bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", r.w.rewrite(b.text, r.dir)+"\npwd >"+r.note)
	cmd.Dir, cmd.Env = r.at(), r.env
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if !assert.NoError(t, err, "%s:%d\n%s\n%s", page, b.line, b.text, cmp.Or(stderr.String(), stdout.String())) {
		return false
	}
	if b.output != nil {
		differs := asShown(*b.output, r.w.unwrite(stdout.String(), r.dir))
		return assert.Empty(t, differs, "%s:%d prints another thing than the page shows:\n%s", page, b.line, stdout.String())
	}
	return true
}
