package exposition_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/exposition"
	"github.com/burnish-sre/burnish/dashboards/grafana"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

const root = "../../../.."

// documented are the metrics of docs/metrics.md, each with the cells of its row.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
	require.NoError(t, err)
	out := map[string][]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(burnish_[a-z0-9_]+)` \\|(.*)\\|$").FindAllStringSubmatch(string(page), -1) {
		assert.NotContains(t, out, m[1], "it has two rows")
		out[m[1]] = strings.Split(m[2], "|")
	}
	return out
}

// registered are the metrics that the program registers elsewhere, by the names that
// its source gives them: as a whole, or as a prefix and what a function is called with.
func registered(t *testing.T) []string {
	t.Helper()
	var out []string
	for _, room := range []string{"cmd", "collector", "config", "dashboards"} {
		err := filepath.WalkDir(filepath.Join(root, room), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && bytes.Contains(text, []byte(`"burnish_`)) {
				out = append(out, namesIn(t, path, text)...)
			}
			return err
		})
		require.NoError(t, err)
	}
	require.Contains(t, out, "burnish_refreshes_total", "the search finds what is there")
	return out
}

func namesIn(t *testing.T, path string, text []byte) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		return nil // somebody is at it; it does not build either
	}
	names, prefixes := []string{}, map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		for makes, body := range makers(n) {
			if prefix := prefixIn(body); prefix != "" {
				prefixes[makes] = prefix
			}
		}
		if kv, ok := n.(*ast.KeyValueExpr); ok && isName(kv) {
			if name := literal(kv.Value); strings.HasPrefix(name, "burnish_") {
				names = append(names, name)
			}
		}
		return true
	})
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		if f, ok := call.Fun.(*ast.Ident); ok && prefixes[f.Name] != "" && literal(call.Args[0]) != "" {
			names = append(names, prefixes[f.Name]+literal(call.Args[0]))
		}
		return true
	})
	return names
}

// makers are the functions that a node gives a name to.
func makers(n ast.Node) map[string]ast.Node {
	out := map[string]ast.Node{}
	switch n := n.(type) {
	case *ast.FuncDecl:
		out[n.Name.Name] = n.Body
	case *ast.AssignStmt:
		for i, right := range n.Rhs {
			if f, ok := right.(*ast.FuncLit); ok {
				if name, ok := n.Lhs[i].(*ast.Ident); ok {
					out[name.Name] = f.Body
				}
			}
		}
	}
	return out
}

// prefixIn is what a function puts before the name that it is given.
func prefixIn(body ast.Node) (prefix string) {
	if body == nil {
		return ""
	}
	ast.Inspect(body, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok && isName(kv) {
			if sum, ok := kv.Value.(*ast.BinaryExpr); ok {
				prefix = literal(sum.X)
			}
		}
		return true
	})
	return prefix
}

func isName(kv *ast.KeyValueExpr) bool {
	key, ok := kv.Key.(*ast.Ident)
	return ok && key.Name == "Name"
}

func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

func TestThePageAndTheExpositionAgree(t *testing.T) {
	page := documented(t)
	var shown []string
	for _, m := range exposition.Metrics() {
		shown = append(shown, m.Name)
		row, ok := page[m.Name]
		if !assert.True(t, ok, "docs/metrics.md lists %s", m.Name) || strings.HasPrefix(m.Name, "burnish_kpi_") {
			continue
		}
		var labels []string
		for _, l := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(row[0], -1) {
			labels = append(labels, l[1])
		}
		assert.Equal(t, m.Labels, labels, "labels of %s", m.Name)
	}
	for _, name := range registered(t) {
		shown = append(shown, name)
		assert.True(t, page[name] != nil, "docs/metrics.md lists %s", name)
	}
	for name := range page {
		assert.Contains(t, shown, name, "docs/metrics.md lists it, so it is there")
	}
}

// TestDashboardsNameMetricsThatAreThere: what a panel asks burnish for is on the page,
// and with it in the exposition.
func TestDashboardsNameMetricsThatAreThere(t *testing.T) {
	page := documented(t)
	all, err := grafana.Generate([]slo.SLO{{Name: "a", Service: "b", Objective: 0.9, Window: slo.Window{Rolling: 24 * time.Hour}}}, grafana.Options{Layout: grafana.LayoutPerSLO})
	require.NoError(t, err)
	named := 0
	for _, d := range all {
		text, err := d.JSON()
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\b(burnish_[a-z0-9_]+)\{`).FindAllSubmatch(text, -1) {
			named++
			assert.True(t, page[strings.TrimSuffix(string(m[1]), "_bucket")] != nil, "%s asks for %s", d.Title, m[1])
		}
	}
	assert.Greater(t, named, 50)
}

func TestThePageHasTheLimitsOfTheStandards(t *testing.T) {
	page := documented(t)
	doc := noise.Summarize(noise.History{}, noise.Options{})
	rows := map[string][]string{}
	for _, row := range page {
		rows[strings.Trim(row[0], " `")] = row
	}
	for _, k := range doc.KPIs {
		row := rows[string(k.ID)]
		require.Len(t, row, 3, string(k.ID))
		for i, bound := range []*float64{k.Target, k.Limit} {
			want := ""
			if bound != nil {
				want = strconv.FormatFloat(*bound, 'g', -1, 64)
				if k.Below && i == 0 {
					want = "under " + want
				}
			}
			assert.Equal(t, want, strings.TrimSpace(row[i+1]), "%s: %s", k.ID, []string{"target", "limit"}[i])
		}
	}
	assert.True(t, slices.ContainsFunc(doc.KPIs, func(k noise.KPI) bool { return k.Limit != nil }))
}
