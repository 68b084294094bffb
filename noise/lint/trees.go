package lint

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/noise"
)

// Trees are the syntax trees of expressions, each distinct text parsed once.
// Nobody may change them. The zero value holds none; several goroutines may use
// it.
type Trees struct {
	mu     sync.Mutex
	byText map[string]parser.Expr
}

// Parse parses an expression that is not there yet. The error is the parser's.
func (t *Trees) Parse(expr string) error {
	if _, there := t.get(expr); there {
		return nil
	}
	promql := parser.NewParser(parser.Options{
		EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true,
	})
	tree, err := promql.ParseExpr(expr)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byText == nil {
		t.byText = map[string]parser.Expr{}
	}
	t.byText[expr] = tree
	return nil
}

func (t *Trees) get(expr string) (parser.Expr, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	tree, there := t.byText[expr]
	return tree, there
}

// parseAll is the syntax tree of each rule's expression, nil where it can't be
// read. Those not there yet are parsed on all processors.
func (t *Trees) parseAll(rules []noise.Rule) []parser.Expr {
	out := make([]parser.Expr, len(rules))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(rules)) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(rules); i = int(next.Add(1)) - 1 {
				if expr := rules[i].Expr; isReadable(expr) && t.Parse(expr) == nil {
					out[i], _ = t.get(expr)
				}
			}
		})
	}
	workers.Wait()
	return out
}
