package implies

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/burnish-sre/burnish/noise"
)

// Book is a rule set whose expressions were read, each distinct text once,
// however many rules have it and whatever is asked of them. Several goroutines
// may ask it.
type Book struct {
	rules    []noise.Rule
	readings map[string]*reading // by text
}

// Read reads the expressions of rules, on all processors.
func Read(rules []noise.Rule) *Book {
	b := &Book{rules: rules, readings: map[string]*reading{}}
	var texts []string
	for i := range rules {
		if _, there := b.readings[rules[i].Expr]; !there {
			b.readings[rules[i].Expr] = nil
			texts = append(texts, rules[i].Expr)
		}
	}
	for i, r := range readAll(texts) {
		b.readings[texts[i]] = r
	}
	return b
}

// readAll reads and judges texts, each on its own: nothing is shared.
func readAll(texts []string) []*reading {
	out := make([]*reading, len(texts))
	inParallel(len(texts), func(i int) {
		out[i] = read(texts[i])
		_ = out[i].judge() // kept in the reading
	})
	return out
}

// inParallel calls do with 0 to n-1 in any order, on all processors.
func inParallel(n int, do func(i int)) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

// Impossible is the function of that name, for an expression of the rules.
func (b *Book) Impossible(expr string) (reason string, ok bool) {
	if r := b.readings[expr]; r != nil {
		return r.impossible()
	}
	return Impossible(expr)
}

// condition is the condition of a rule; nil where nothing can be proven of it.
func (b *Book) condition(rule int) *compiled {
	r := b.readings[b.rules[rule].Expr]
	if r.err != nil {
		return nil
	}
	return &compiled{ConditionOf(b.rules[rule]), r}
}
