package pipeline

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise/rulefile"
)

// TestFile is a file of promtool unit tests; one file holds rules of one
// evaluation interval.
type TestFile struct {
	Interval time.Duration
	Text     []byte
}

// UnitTests writes tests of the rules that change, of those from first on as far
// as n. ruleFile is how the tests name the rules' file.
func (t *Tuning) UnitTests(ruleFile string, first, n int) ([]TestFile, error) {
	var out []TestFile
	merged := map[time.Duration]*testDocument{}
	for i := first; i < first+n; i++ {
		r := &t.Rules[i]
		for k := range r.Excerpts {
			of := cmp.Or(r.Excerpts[k].Of, r)
			if of.refused {
				continue
			}
			doc, err := of.unitTest(ruleFile, &r.Excerpts[k])
			if err != nil {
				r.NoTest = err.Error()
				continue
			}
			if have := merged[of.interval()]; have != nil {
				have.Tests = append(have.Tests, doc.Tests...)
				continue
			}
			merged[of.interval()] = doc
		}
	}
	for interval, doc := range merged {
		var b bytes.Buffer
		enc := yaml.NewEncoder(&b)
		enc.SetIndent(2)
		if err := enc.Encode(doc); err != nil {
			return nil, fmt.Errorf("write unit tests: %w", err)
		}
		out = append(out, TestFile{interval, b.Bytes()})
	}
	slices.SortFunc(out, func(a, b TestFile) int { return int(a.Interval - b.Interval) })
	return out, nil
}

// testDocument is a file of unit tests as far as it has to be known to join two.
type testDocument struct {
	RuleFiles []string    `yaml:"rule_files"`
	Interval  string      `yaml:"evaluation_interval"`
	Tests     []yaml.Node `yaml:"tests"`
}

func (t *TunedRule) interval() time.Duration { return t.Subject.Views[0].Samples.Grid.Step }

// unitTest is the test of one rule on an excerpt.
func (t *TunedRule) unitTest(ruleFile string, x *Excerpt) (*testDocument, error) {
	rule, err := t.final()
	if err != nil {
		return nil, err
	}
	test := rulefile.Test{RuleFiles: []string{ruleFile}, Rule: rule, Interval: t.interval(), Cases: []rulefile.Case{x.Case}}
	text, err := rulefile.UnitTest(test)
	if err != nil {
		return nil, err
	}
	var doc testDocument
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("join unit tests: %w", err)
	}
	return &doc, nil
}
