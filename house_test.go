// Package burnish_test holds the house rules of the whole repository as tests:
// what may stand at the top level, which room may import which, what every
// package has to say of itself, and that the documentation names only what is
// there. It tests no behaviour; that is done where the behaviour lives.
package burnish_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/burnish-sre/burnish"

// topLevel is everything that may, and has to, stand at the root, besides
// entries that start with a dot and these tests.
const topLevel = `
	cmd collector slo noise burnrate dashboards config deploy docs
	go.mod go.sum Makefile README.md LICENSE CHANGELOG.md CONTRIBUTING.md
`

// allowedImports says for each room which other rooms it may import, tests
// included. Data flows one way: collector to slo and noise, to burnrate, to
// dashboards; cmd alone joins them. A new edge is a change of the design: argue
// for it where you add it here.
const allowedImports = `
	slo        may import nothing
	burnrate   may import slo
	noise      may import slo
	collector  may import slo noise
	dashboards may import slo burnrate noise
	config     may import slo burnrate noise collector dashboards
	cmd        may import slo burnrate noise collector dashboards config
	deploy     may import config
	.          may import config
`

// The domain rooms are pure: values in, values out.
var (
	domainRooms      = []string{"slo", "burnrate", "noise"}
	impureImports    = []string{"net", "net/http", "os", "os/exec", "io/ioutil", "database/sql", "log", "syscall"}
	clocks           = []string{"Now", "Since", "Until"}
	meaninglessNames = []string{"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "lib"}
)

// listedPackage is what `go list -json` tells of a package.
type listedPackage struct {
	Dir, ImportPath, Name              string
	GoFiles, TestGoFiles, XTestGoFiles []string
	Imports, TestImports, XTestImports []string
}

// room is the top-level folder of one of our import paths; "." for the root and
// empty for what is not ours.
func room(importPath string) string {
	rest, ours := strings.CutPrefix(strings.TrimSuffix(importPath, "_test"), module)
	if !ours {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
	if first == "" {
		return "."
	}
	return first
}

func packages(t *testing.T) []listedPackage {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-json", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "list packages: %s", stderr.String())
	var all []listedPackage
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listedPackage
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(".")
	require.NoError(t, err)
	var got []string
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "_test.go") && !ignored(name) {
			got = append(got, name)
		}
	}
	assert.ElementsMatch(t, strings.Fields(topLevel), got)
}

// ignored tells whether a top-level name is an output that .gitignore names.
func ignored(name string) bool {
	return slices.Contains([]string{"bin", "demo", "burnish-demo", "burnish"}, name) ||
		slices.Contains([]string{".test", ".out", ".prof"}, filepath.Ext(name))
}

func TestImportsBetweenRooms(t *testing.T) {
	allowed := map[string][]string{}
	for line := range strings.Lines(strings.TrimSpace(allowedImports)) {
		name, others, ok := strings.Cut(line, "may import")
		require.True(t, ok, "a line without a rule: %q", line)
		allowed[strings.TrimSpace(name)] = strings.Fields(others)
	}
	for _, p := range packages(t) {
		from := room(p.ImportPath)
		require.Contains(t, allowed, from, "a room without a rule")
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if to := room(imported); to != "" && to != from {
				assert.Contains(t, allowed[from], to, "%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

func TestDomainRoomsArePure(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(domainRooms, room(p.ImportPath)) || slices.Contains(testingGear, p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			assert.NotContains(t, impureImports, imported, "%s imports it", p.ImportPath)
		}
	}
}

// testingGear are the packages that only tests may import. They may do what tests
// may, so they may read files wherever they live.
var testingGear = []string{module + "/cmd/burnish/internal/realserver", module + "/noise/realdata"}

// TestTestingGearStaysInTests: what only tests need is not built into burnish.
func TestTestingGearStaysInTests(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains(testingGear, p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			isGear := slices.Contains(testingGear, imported) || imported == "testing" || strings.HasPrefix(imported, "github.com/stretchr/testify")
			assert.False(t, isGear, "%s imports %s outside its tests", p.ImportPath, imported)
		}
	}
}

// TestClockIsReadInCmdOnly: everywhere else the time is a parameter, so that
// any past week can be judged again.
func TestClockIsReadInCmdOnly(t *testing.T) {
	for _, p := range packages(t) {
		if room(p.ImportPath) == "cmd" {
			continue
		}
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && isTime(sel) {
					t.Errorf("%s: time.%s; take the time as a parameter", fset.Position(sel.Pos()), sel.Sel.Name)
				}
				return true
			})
		}
	}
}

func isTime(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "time" && slices.Contains(clocks, sel.Sel.Name)
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		t.Run(p.ImportPath, func(t *testing.T) {
			assert.NotContains(t, meaninglessNames, p.Name, "name the package after what it is")
			assert.NotContains(t, meaninglessNames, filepath.Base(p.Dir), "name the folder after what it is")
			files := p.GoFiles
			if len(files) == 0 {
				files = slices.Concat(p.TestGoFiles, p.XTestGoFiles)
			}
			doc := packageDoc(t, p.Dir, files)
			assert.GreaterOrEqual(t, strings.Count(doc, "\n"), 3, "a package doc has at least three lines")
		})
	}
}

// packageDoc is the doc comment of a package; two files with one are a fault.
func packageDoc(t *testing.T, dir string, files []string) string {
	t.Helper()
	doc := ""
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		require.NoError(t, err)
		if text := file.Doc.Text(); text != "" {
			assert.Empty(t, doc, "%s is the second file with a package doc", name)
			doc = text
		}
	}
	return doc
}

func TestDeployHoldsNoGoButTests(t *testing.T) {
	for _, p := range packages(t) {
		if room(p.ImportPath) == "deploy" {
			assert.Empty(t, p.GoFiles, p.ImportPath)
		}
	}
}
