package rulefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"
	"go.yaml.in/yaml/v3"

	"github.com/burnish-sre/burnish/noise"
)

// Test is a promtool unit test of one rule.
type Test struct {
	RuleFiles []string      // as the test file names them: relative to it
	Rule      noise.Rule    // what the rule files hold
	Interval  time.Duration // of evaluation; 1m where 0
	Cases     []Case
}

// Case is an excerpt of input and what the rule should make of it.
type Case struct {
	Name   string
	Step   time.Duration // between samples; the test's Interval where 0
	Series []Series
	Expect []Expectation
}

// Series is an input series: a sample for each step from the case's start on.
// Labels hold __name__.
type Series struct {
	Labels  labels.Labels
	Samples []Sample
}

// Sample is a value at a step of the grid. The zero Sample is a gap. A series
// that ends is a value with Prometheus' staleness bits.
type Sample struct {
	Value float64
	Known bool
}

// Expectation is what fires at an instant.
type Expectation struct {
	At     time.Duration // since the case's start
	Firing []Firing      // none: the rule is quiet
}

// Firing is an alert that is expected: the labels that its expression gives, and
// the expression's value, from which the rule's own labels and its annotations
// are worked out.
type Firing struct {
	Labels labels.Labels
	Value  float64
}

// UnitTest writes the file of a promtool unit test. It is an error where the
// rule's templates can't be worked out without a server (query and its kin).
func UnitTest(t Test) ([]byte, error) {
	if len(t.RuleFiles) == 0 || t.Rule.Name == "" {
		return nil, errors.New("a unit test needs rule files and the name of a rule")
	}
	if t.Interval <= 0 {
		t.Interval = time.Minute
	}
	file := testFile{RuleFiles: t.RuleFiles, EvaluationInterval: duration(t.Interval)}
	for _, c := range t.Cases {
		group, err := c.group(t)
		if err != nil {
			return nil, fmt.Errorf("write test %q of alert %q: %w", c.Name, t.Rule.Name, err)
		}
		file.Tests = append(file.Tests, group)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(file), enc.Close()); err != nil {
		return nil, fmt.Errorf("write unit test: %w", err)
	}
	return out.Bytes(), nil
}

// The file that promtool reads.
type (
	testFile struct {
		RuleFiles          []string    `yaml:"rule_files"`
		EvaluationInterval string      `yaml:"evaluation_interval"`
		Tests              []testGroup `yaml:"tests"`
	}
	testGroup struct {
		Name       string       `yaml:"name,omitempty"`
		Interval   string       `yaml:"interval"`
		Input      []testSeries `yaml:"input_series"`
		AlertTests []alertTest  `yaml:"alert_rule_test"`
	}
	testSeries struct {
		Series string `yaml:"series"`
		Values string `yaml:"values"`
	}
	alertTest struct {
		EvalTime  string     `yaml:"eval_time"`
		Alertname string     `yaml:"alertname"`
		Expected  []expAlert `yaml:"exp_alerts,omitempty"`
	}
	expAlert struct {
		Labels      map[string]string `yaml:"exp_labels"`
		Annotations map[string]string `yaml:"exp_annotations,omitempty"`
	}
)

func (c Case) group(t Test) (testGroup, error) {
	step := c.Step
	if step <= 0 {
		step = t.Interval
	}
	g := testGroup{Name: oneLine(c.Name, maxCommentRunes), Interval: duration(step)}
	for _, s := range c.Series {
		g.Input = append(g.Input, testSeries{seriesText(s.Labels), samplesText(s.Samples)})
	}
	for _, e := range c.Expect {
		a := alertTest{EvalTime: duration(e.At), Alertname: t.Rule.Name}
		for _, f := range e.Firing {
			want, err := f.expected(t.Rule, e.At)
			if err != nil {
				return g, err
			}
			a.Expected = append(a.Expected, want)
		}
		g.AlertTests = append(g.AlertTests, a)
	}
	return g, nil
}

// seriesText is a label set as promtool reads series.
func seriesText(l labels.Labels) string {
	var b strings.Builder
	name := l.Get(model.MetricNameLabel)
	legacy := model.LegacyValidation.IsValidMetricName(name)
	if legacy {
		b.WriteString(name)
	}
	sep := "{"
	if !legacy && name != "" {
		b.WriteString(sep + strconv.Quote(name))
		sep = ", "
	}
	l.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		key := l.Name
		if !model.LegacyValidation.IsValidLabelName(key) {
			key = strconv.Quote(key)
		}
		b.WriteString(sep + key + "=" + strconv.Quote(l.Value))
		sep = ", "
	})
	if sep == ", " {
		b.WriteByte('}')
	}
	if b.Len() == 0 {
		return "{}"
	}
	return b.String()
}

// samplesText is samples in promtool's notation: "1x5" is 1 and five more of it,
// "_x5" five gaps.
func samplesText(samples []Sample) string {
	var parts []string
	for i := 0; i < len(samples); {
		n := 1
		for i+n < len(samples) && samples[i+n].same(samples[i]) {
			n++
		}
		text := samples[i].text()
		switch {
		case !samples[i].Known && n > 1:
			text += "x" + strconv.Itoa(n)
		case math.IsNaN(samples[i].Value) || math.IsInf(samples[i].Value, 0): // words are not repeated
			n = 1
		case n > 1:
			text += "x" + strconv.Itoa(n-1)
		}
		parts = append(parts, text)
		i += n
	}
	return strings.Join(parts, " ")
}

func (s Sample) same(o Sample) bool {
	return s.Known == o.Known && (!s.Known || math.Float64bits(s.Value) == math.Float64bits(o.Value))
}

func (s Sample) text() string {
	switch {
	case !s.Known:
		return "_"
	case value.IsStaleNaN(s.Value):
		return "stale"
	case math.IsNaN(s.Value):
		return "NaN"
	case math.IsInf(s.Value, 0):
		return strings.TrimPrefix(strconv.FormatFloat(s.Value, 'g', -1, 64), "+")
	}
	return strconv.FormatFloat(s.Value, 'f', -1, 64)
}

// expected is the alert with its labels and annotations as Prometheus makes them.
func (f Firing) expected(r noise.Rule, at time.Duration) (expAlert, error) {
	series := labels.NewBuilder(f.Labels).Del(model.MetricNameLabel).Labels()
	data := template.AlertTemplateData(series.Map(), map[string]string{}, "", promql.Sample{F: f.Value, Metric: series})
	expand := func(text string) (string, error) {
		defs := "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
		when := model.Time(at.Milliseconds())
		return template.NewTemplateExpander(context.Background(), defs+text, "__alert_"+r.Name, data, when, noQueries, &url.URL{}, nil).Expand()
	}
	own := labels.NewBuilder(series).Del(model.AlertNameLabel)
	var errs []error
	r.Labels.Range(func(l labels.Label) {
		text, err := expand(l.Value)
		own.Set(l.Name, text)
		errs = append(errs, err)
	})
	want := expAlert{Labels: own.Del(model.AlertNameLabel).Labels().Map(), Annotations: map[string]string{}}
	r.Annotations.Range(func(l labels.Label) {
		text, err := expand(l.Value)
		want.Annotations[l.Name] = text
		errs = append(errs, err)
	})
	return want, errors.Join(errs...)
}

// noQueries refuses queries in templates, for which there is no server.
func noQueries(context.Context, string, time.Time) (promql.Vector, error) {
	return nil, errors.New("the rule's templates query the server")
}
