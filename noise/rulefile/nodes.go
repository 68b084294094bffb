package rulefile

import "go.yaml.in/yaml/v3"

// child is the value of a key of a mapping, its own before a merged one; nil
// where it has none.
func child(n *yaml.Node, key string) *yaml.Node {
	for _, kv := range pairs(n, 0) {
		if kv.key.Value == key {
			return kv.value
		}
	}
	return nil
}

type pair struct{ key, value *yaml.Node }

// Merge keys are bounded, since a few lines of them can stand for a great deal.
const (
	maxMerges = 4    // how deep they may be nested
	maxMerged = 1000 // how many pairs they may bring into a mapping
)

// pairs is what a mapping holds: its own pairs, then those that a merge key (<<)
// brings in, nearer ones first.
func pairs(n *yaml.Node, depth int) []pair {
	if n == nil || n.Kind != yaml.MappingNode || depth > maxMerges {
		return nil
	}
	var own, merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], resolve(n.Content[i+1])
		if key.Tag != "!!merge" {
			own = append(own, pair{key, value})
			continue
		}
		from := []*yaml.Node{value}
		if value.Kind == yaml.SequenceNode {
			from = value.Content
		}
		for _, m := range from {
			if len(merged) > maxMerged {
				break
			}
			merged = append(merged, pairs(resolve(m), depth+1)...)
		}
	}
	return append(own, merged...)
}

// resolve follows a document to its root and an alias to what it names.
func resolve(n *yaml.Node) *yaml.Node {
	for n != nil {
		switch {
		case n.Kind == yaml.DocumentNode && len(n.Content) > 0:
			n = n.Content[0]
		case n.Kind == yaml.AliasNode:
			n = n.Alias
		default:
			return n
		}
	}
	return nil
}

func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Tag == "!!null"
}

// keyOf is the node of a key in a mapping's own pairs; nil where it has none.
func keyOf(n *yaml.Node, key string) *yaml.Node {
	k, _ := ownPair(n, key)
	return k
}

// ownPair is a key and its value among a mapping's own pairs, merged ones left
// out; nil where it has none.
func ownPair(n *yaml.Node, key string) (k, v *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key && n.Content[i].Tag != "!!merge" {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// merged is the value of a key that a mapping's merge keys bring in, whether it
// is overridden or not; nil where they have none.
func merged(n *yaml.Node, key string) *yaml.Node {
	rest := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			rest.Content = append(rest.Content, n.Content[i], n.Content[i+1])
		}
	}
	return child(rest, key)
}

// isOtherKind tells whether a mapping is a resource of Kubernetes, but no
// PrometheusRule.
func isOtherKind(n *yaml.Node) bool {
	kind := child(n, "kind")
	return kind != nil && kind.Value != "PrometheusRule" && child(n, "apiVersion") != nil
}

// isFlow tells whether a mapping or list is written with brackets.
func isFlow(n *yaml.Node) bool { return n.Style&yaml.FlowStyle != 0 }
