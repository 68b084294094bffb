package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/template"

	"github.com/burnish-sre/burnish/noise"
)

// Bounds on templates of labels: fillings of one rule, and bytes of a template.
const (
	mostFillings    = 200_000
	longestTemplate = 4 << 10
)

var errTooManyFillings = fmt.Errorf("its labels hold the value, which makes more than %d alerts and evaluations to tell apart", mostFillings)

// filler gives the labels of the alert that a sample makes, as Prometheus does
// for a rule of which a label is filled in at each evaluation.
type filler struct {
	rule    *noise.Rule
	without []string // labels that are left out
	byValue bool     // some template may tell values apart
	filled  map[fillingKey]labels.Labels
}

// fillingKey is what the labels of an alert hang on.
type fillingKey struct {
	series string
	value  uint64 // bits
}

// newFiller is nil for a rule none of whose labels is a template.
func newFiller(r *noise.Rule) *filler {
	f := &filler{rule: r, without: unfilled(r), filled: map[fillingKey]labels.Labels{}}
	any := false
	r.Labels.Range(func(l labels.Label) {
		if isTemplate(l.Value) {
			any = true
			f.byValue = f.byValue || strings.Contains(strings.ToLower(l.Value), "value")
		}
	})
	if !any {
		return nil
	}
	return f
}

// bare is the rule without labels, so that its samples keep those of their series.
func (f *filler) bare() noise.Rule {
	r := *f.rule
	r.Labels = labels.EmptyLabels()
	return r
}

// alert is the labels of the alert of a sample.
func (f *filler) alert(ctx context.Context, series labels.Labels, value float64, at time.Time) (labels.Labels, error) {
	key := fillingKey{series: string(series.Bytes(nil))}
	if f.byValue {
		key.value = math.Float64bits(value)
	}
	if out, ok := f.filled[key]; ok {
		return out, nil
	}
	if len(f.filled) >= mostFillings {
		return labels.EmptyLabels(), errTooManyFillings
	}
	sample := promql.Sample{T: at.UnixMilli(), F: value, Metric: series}
	data := template.AlertTemplateData(series.Map(), map[string]string{}, "", sample)
	b := labels.NewBuilder(series).Del(f.without...)
	f.rule.Labels.Range(func(l labels.Label) {
		switch {
		case !isTemplate(l.Value):
			b.Set(l.Name, l.Value)
		case fillable(l.Value):
			b.Set(l.Name, f.fill(ctx, l.Value, data, at))
		}
	})
	f.filled[key] = b.Labels()
	return f.filled[key], nil
}

// fill is a template's text; one that fails says so in the label, as in
// Prometheus.
func (f *filler) fill(ctx context.Context, text string, data any, at time.Time) string {
	const names = "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}"
	expander := template.NewTemplateExpander(ctx, names+text, "__alert_"+f.rule.Name, data, model.TimeFromUnixNano(at.UnixNano()), noQuery, &url.URL{}, nil)
	out, err := expander.Expand()
	if err != nil {
		return fmt.Sprintf("<error expanding template: %s>", err)
	}
	return out
}

func noQuery(context.Context, string, time.Time) (promql.Vector, error) {
	return nil, errors.New("a backtest asks nothing")
}

func isTemplate(text string) bool { return strings.Contains(text, "{{") }

// fillable tells whether a template can be filled in without a server: it asks
// none, and it is none of those that loop for long.
func fillable(text string) bool {
	return len(text) <= longestTemplate && !strings.Contains(text, "query") && !strings.Contains(text, "define") && !strings.Contains(text, "range")
}

// unfilled are the names of the labels that a rule fills in at evaluation and
// that a replay leaves out.
func unfilled(r *noise.Rule) []string {
	var out []string
	r.Labels.Range(func(l labels.Label) {
		if isTemplate(l.Value) && !fillable(l.Value) {
			out = append(out, l.Name)
		}
	})
	return out
}
