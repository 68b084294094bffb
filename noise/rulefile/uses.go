package rulefile

import (
	"slices"

	"go.yaml.in/yaml/v3"
)

// countUses counts how often each node is reached when aliases and merge keys
// are followed, which is once where nothing shares it.
func (l *layout) countUses(docs []*yaml.Node) {
	if !slices.ContainsFunc(docs, hasAlias) {
		return
	}
	w := &useWalk{uses: map[*yaml.Node]int{}}
	for _, d := range docs {
		w.walk(d)
	}
	l.uses = w.uses
}

// hasAlias tells whether a node or one below it is an alias.
func hasAlias(n *yaml.Node) bool {
	return n.Kind == yaml.AliasNode || slices.ContainsFunc(n.Content, hasAlias)
}

// shared tells whether a change of a node would show in other places too.
func (l *layout) shared(n *yaml.Node) bool {
	return l.uses != nil && (l.uses[n] != 1 || l.uses[nil] > maxUses)
}

// The walk over nodes is bounded: beyond it all of a file with aliases counts as
// shared.
const (
	maxUses  = 1_000_000
	maxDepth = 10_000
)

// useWalk counts nodes as a reader of the file meets them.
type useWalk struct {
	uses  map[*yaml.Node]int // under nil: of all nodes
	depth int
}

func (w *useWalk) meet(n *yaml.Node) bool {
	w.uses[n]++
	w.uses[nil]++
	return w.uses[nil] <= maxUses
}

func (w *useWalk) walk(n *yaml.Node) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || !w.meet(n) {
		return
	}
	w.depth++
	defer func() { w.depth-- }()
	if w.depth > maxDepth {
		w.uses[nil] = maxUses + 1
		return
	}
	if n.Kind == yaml.MappingNode {
		w.pairs(n, map[string]bool{}, 0)
		return
	}
	for _, c := range n.Content {
		w.walk(c)
	}
}

// pairs meets the pairs of a mapping that are not overridden, nearer ones first.
func (w *useWalk) pairs(n *yaml.Node, seen map[string]bool, depth int) {
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			merges = append(merges, value)
			continue
		}
		if key.Kind == yaml.ScalarNode && seen[key.Value] {
			continue
		}
		seen[key.Value] = true
		w.walk(key)
		w.walk(value)
	}
	for _, m := range merges {
		w.merged(m, seen, depth+1)
	}
}

func (w *useWalk) merged(m *yaml.Node, seen map[string]bool, depth int) {
	if m.Kind == yaml.AliasNode {
		m = m.Alias
	}
	switch {
	case depth > 2*maxMerges || !w.meet(m):
	case m.Kind == yaml.SequenceNode:
		for _, from := range m.Content {
			w.merged(from, seen, depth+1)
		}
	case m.Kind == yaml.MappingNode:
		w.pairs(m, seen, depth)
	}
}
