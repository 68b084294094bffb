package spec

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// maxVisits bounds how many nodes are looked at in a call, since a few aliases
// can stand for any number of them.
const maxVisits = 500_000

// visit counts a node; it is false once there are too many.
func (d *decoder) visit(at *yaml.Node) bool {
	d.visits++
	if d.visits == maxVisits {
		d.errs = append(d.errs, Error{d.file, at.Line, at.Column, fmt.Sprintf("more than %d nodes: too much to read", maxVisits)})
		d.faults++
	}
	return d.visits < maxVisits
}

type pair struct{ key, value *yaml.Node }

// Merge keys are bounded, since a few lines of them can stand for a great deal.
const (
	maxMerges = 4    // how deep they may be nested
	maxMerged = 1000 // how many pairs they may bring into a mapping
)

// pairs is what a mapping holds: its own pairs, then those that a merge key (<<)
// brings in, nearer ones first. own is how many are its own.
func pairs(n *yaml.Node, depth int) (all []pair, own int) {
	if n == nil || n.Kind != yaml.MappingNode || depth > maxMerges {
		return nil, 0
	}
	var merged []pair
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := resolve(n.Content[i]), resolve(n.Content[i+1])
		if key.Tag != "!!merge" {
			all = append(all, pair{key, value})
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
			more, _ := pairs(resolve(m), depth+1)
			merged = append(merged, more...)
		}
	}
	return append(all, merged...), len(all)
}

// child is the value of a key of a mapping; nil where it has none.
func child(n *yaml.Node, key string) *yaml.Node {
	all, _ := pairs(n, 0)
	for _, kv := range all {
		if kv.key.Value == key {
			return kv.value
		}
	}
	return nil
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

// isText tells whether a node is a scalar that stands for itself.
func isText(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null" && n.Tag != "!!binary"
}

// scalar is the text of a scalar, and empty for anything else.
func scalar(n *yaml.Node) string {
	if !isText(n) {
		return ""
	}
	return n.Value
}
