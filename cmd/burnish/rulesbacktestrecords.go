package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
)

// readRecords are the recorded series that rule files define. The files were
// read as rule files before, so what YAML can't hold is an error that was told.
func readRecords(globs []string) ([]pipeline.Record, error) {
	var paths []string
	for _, glob := range globs {
		found, err := filepath.Glob(glob)
		if err != nil {
			return nil, usageError{fmt.Errorf("find rule files: %w", err)}
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	var out []pipeline.Record
	for _, path := range slices.Compact(paths) {
		info, err := os.Stat(path)
		if err != nil || info.Size() > largestRuleFile {
			continue // reading its alerts says so
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read rule file: %w", err)
		}
		if bytes.Contains(text, []byte("record")) {
			out = append(out, recordsIn(text)...)
		}
	}
	return out, nil
}

// recordsIn are the recording rules in a text: every mapping that has a record
// and an expr, wherever it stands. Aliases are not followed: what they stand for
// stands elsewhere.
func recordsIn(text []byte) []pipeline.Record {
	var out []pipeline.Record
	for dec := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var doc yaml.Node
		if err := dec.Decode(&doc); err != nil {
			return out
		}
		for open := []*yaml.Node{&doc}; len(open) > 0; {
			n := open[len(open)-1]
			open = append(open[:len(open)-1], n.Content...)
			if r, ok := recordOf(n); ok {
				out = append(out, r)
			}
		}
	}
}

func recordOf(n *yaml.Node) (r pipeline.Record, ok bool) {
	if n.Kind != yaml.MappingNode {
		return r, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		switch n.Content[i].Value {
		case "record":
			r.Name = n.Content[i+1].Value
		case "expr":
			r.Expr = n.Content[i+1].Value
		}
	}
	return r, r.Name != "" && r.Expr != ""
}
