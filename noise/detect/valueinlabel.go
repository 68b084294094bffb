package detect

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

func valueInLabel() Detector {
	return detector(Detector{
		Kind: noise.KindValueInLabel, Title: "makes a new alert at nearly every start", Action: noise.WrongDuration,
		Source: "Prometheus documentation on alerting rules (an alert is its label set); the limits are ours",
	}, findValuesInLabels)
}

// noteMinted marks the starts that brought a label set not seen before, but for
// the first of the rule.
func noteMinted(r *ruleFacts) {
	seen := make(map[int32]struct{}, 8)
	for i := range r.starts {
		s := &r.starts[i]
		if _, old := seen[s.alert]; !old && i > 0 {
			s.marks |= markMinted
		}
		seen[s.alert] = struct{}{}
	}
}

func findValuesInLabels(v view) []noise.Finding {
	var out []noise.Finding
	for i := range v.rules {
		r := &v.rules[i]
		minted := slo.Proportion{Count: r.count(markMinted, 0) + 1, Of: len(r.starts)}
		if minted.Of < v.o.ValueEpisodes {
			continue
		}
		if c, ok := v.culprit(r, minted); ok {
			out = append(out, v.minting(r, c, minted))
		}
	}
	return out
}

// culprit is the label that makes the label sets of a rule differ.
type culprit struct {
	label     string
	values    int // different ones
	without   int // label sets that would be left without it
	templated bool
	examples  []string
}

// culprit finds the label that takes a new value at nearly every start while the
// others hardly change. What a rule looks at may come and go by itself (pods),
// so the values must be numbers, or the rule's text must make them. Where the
// text puts the sample's value there, it need not be new at every start: round
// values come back.
func (v view) culprit(r *ruleFacts, minted slo.Proportion) (culprit, bool) {
	var best culprit
	often := minted.Ratio() >= v.o.ValueShare
	for _, label := range v.labelsOf(r) {
		byText := holdsValue(r, label)
		if !often && !byText {
			continue
		}
		c := v.suspect(r, label)
		isNew := byText || (float64(c.values) >= v.o.ValueShare*float64(minted.Count) && (c.templated || c.numbers()))
		if isNew && 2*c.without <= minted.Count && (best.label == "" || c.without < best.without) {
			best = c
		}
	}
	return best, best.label != ""
}

// holdsValue tells whether the rule's text fills the label with the sample's
// value.
func holdsValue(r *ruleFacts, label string) bool {
	if r.rule == nil {
		return false
	}
	text := r.rule.Labels.Get(label)
	return strings.Contains(text, "{{") && (strings.Contains(text, "$value") || strings.Contains(text, ".Value"))
}

// mostLabels bounds the labels that are looked at, by name.
const mostLabels = 64

func (v view) labelsOf(r *ruleFacts) []string {
	seen := map[string]struct{}{}
	var names []string
	last := int32(-1)
	for _, s := range r.starts {
		if s.alert == last {
			continue
		}
		last = s.alert
		v.alerts[s.alert].labels.Range(func(l labels.Label) {
			if _, ok := seen[l.Name]; !ok && len(seen) < mostLabels*16 {
				seen[l.Name] = struct{}{}
				names = append(names, l.Name)
			}
		})
	}
	slices.Sort(names)
	return names[:min(len(names), mostLabels)]
}

func (v view) suspect(r *ruleFacts, label string) culprit {
	values, rest, alerts := map[string]struct{}{}, map[uint64]struct{}{}, map[int32]struct{}{}
	c := culprit{label: label}
	var buf []byte
	for _, s := range r.starts {
		if _, ok := alerts[s.alert]; ok {
			continue
		}
		alerts[s.alert] = struct{}{}
		ls := v.alerts[s.alert].labels
		value := ls.Get(label)
		if _, ok := values[value]; !ok && value != "" {
			values[value] = struct{}{}
			c.examples = append(c.examples, value)
		}
		var hash uint64
		hash, buf = ls.HashWithoutLabels(buf, label)
		rest[hash] = struct{}{}
	}
	c.values, c.without = len(values), len(rest)
	c.templated = r.rule != nil && strings.Contains(r.rule.Labels.Get(label), "{{")
	return c
}

// numbers tells whether nine in ten of the values begin as a number does: 0.93,
// 12%, 3.4k.
func (c culprit) numbers() bool {
	n := 0
	for _, value := range c.examples {
		digits := strings.TrimRight(strings.TrimSpace(value), "%abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZµ ")
		if _, err := strconv.ParseFloat(digits, 64); err == nil {
			n++
		}
	}
	return len(c.examples) > 0 && 10*n >= 9*len(c.examples)
}

func (v view) minting(r *ruleFacts, c culprit, minted slo.Proportion) noise.Finding {
	sure, why := v.strong.of(minted.Of)
	label := clip(c.label, mostName)
	if c.templated {
		why += " The rule's text fills the label in at every evaluation."
	}
	slices.Sort(c.examples)
	c.examples = c.examples[:min(3, len(c.examples))]
	for i := range c.examples {
		c.examples[i] = strconv.Quote(clip(c.examples[i], mostName))
	}
	return noise.Finding{
		Rule: r.ref, Gravity: noise.GravityError, Confidence: sure, Why: why + v.unit(), Saves: v.saving(r, markMinted),
		Title: fmt.Sprintf("%s makes %s of what would be %d, because the label %s holds a value; %s of its starts were new alerts.",
			name(r.ref.RuleKey), plural(minted.Count, "alert", "alerts"), c.without, label, percent(minted)),
		Advice: fmt.Sprintf("Take %s out of the labels of %s and put it into an annotation.", label, name(r.ref.RuleKey)),
		Evidence: []noise.Fact{
			share("new_label_sets", minted), text("label", c.label), count("values_of_it", c.values),
			count("alerts_without_it", c.without), text("such_as", strings.Join(c.examples, ", ")),
		},
		Examples: v.examples(r.starts, markMinted, shortest),
	}
}
