package strict

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"go.yaml.in/yaml/v3"
)

// get is the value of a key; nil where it is absent or null.
func (m *Mapping) get(key string) *yaml.Node {
	v := m.values[key]
	if v == nil || v.Kind == yaml.ScalarNode && v.Tag == "!!null" {
		return nil
	}
	return v
}

// Has tells whether a key is there with a value.
func (m *Mapping) Has(key string) bool { return m.get(key) != nil }

// Line is where the mapping begins, 1-based; 0 where it is not known.
func (m *Mapping) Line() int {
	if m.at == nil {
		return 0
	}
	return m.at.Line
}

// Fail tells a fault at a key, or at the mapping where the key is absent.
func (m *Mapping) Fail(key, format string, args ...any) {
	at := m.get(key)
	if at == nil {
		at = m.at
	}
	prefix := m.name + ": "
	if key != "" {
		prefix += key + ": "
	}
	m.reader.fail(at, prefix+format, args...)
}

// Text is a text; any scalar is one as it is written.
func (m *Mapping) Text(key string) string {
	v := m.get(key)
	switch {
	case v == nil:
		return ""
	case v.Kind != yaml.ScalarNode:
		m.Fail(key, "must be text")
		return ""
	}
	return v.Value
}

// Needed is a text that has to be there.
func (m *Mapping) Needed(key string) string {
	if !m.Has(key) {
		m.Fail("", "%s is missing", key)
		return ""
	}
	return m.Text(key)
}

// OneOf is one of some words, the first where the key is absent.
func (m *Mapping) OneOf(key string, words ...string) string {
	text := m.Text(key)
	if text == "" || slices.Contains(words, text) {
		if text == "" {
			return words[0]
		}
		return text
	}
	m.Fail(key, "%.60q is none of %s", text, strings.Join(words, ", "))
	return words[0]
}

// Range is what a number may be, ends included.
type Range struct{ Least, Most float64 }

// Number is a number within the range.
func (m *Mapping) Number(key string, otherwise float64, in Range) float64 {
	text := m.Text(key)
	if text == "" {
		return otherwise
	}
	return m.within(key, scaled{text, 1}, in, otherwise)
}

// Ratio is a share: a percentage as in 5%, or a ratio as in 0.05. The range is of
// ratios.
func (m *Mapping) Ratio(key string, otherwise float64, in Range) float64 {
	text := m.Text(key)
	if text == "" {
		return otherwise
	}
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		return m.within(key, scaled{strings.TrimSpace(percent), 100}, in, otherwise)
	}
	return m.within(key, scaled{text, 1}, in, otherwise)
}

// scaled is the text of a number and what it is divided by.
type scaled struct {
	text string
	by   float64
}

func (m *Mapping) within(key string, number scaled, in Range, otherwise float64) float64 {
	v, err := strconv.ParseFloat(number.text, 64)
	v /= number.by
	if err != nil || math.IsNaN(v) || v < in.Least || v > in.Most {
		m.Fail(key, "%.60q is not a number from %v to %v", m.Text(key), in.Least, in.Most)
		return otherwise
	}
	return v
}

// Count is a whole number of at least least.
func (m *Mapping) Count(key string, otherwise, least int) int {
	text := m.Text(key)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > 1_000_000_000 {
		m.Fail(key, "%.60q is not a whole number from %d", text, least)
		return otherwise
	}
	return n
}

// Truth is true or false.
func (m *Mapping) Truth(key string) bool {
	text := m.Text(key)
	if text != "" && text != "true" && text != "false" {
		m.Fail(key, "must be true or false")
	}
	return text == "true"
}

// Duration is a duration as Prometheus writes them.
func (m *Mapping) Duration(key string, otherwise time.Duration) time.Duration {
	text := m.Text(key)
	if text == "" {
		return otherwise
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		m.Fail(key, "%.60q is not a duration such as 15m or 30d", text)
		return otherwise
	}
	return time.Duration(d)
}

// Child opens the mapping of a key; it is empty where the key is absent.
func (m *Mapping) Child(key string, keys []string) *Mapping {
	v := m.get(key)
	if v == nil {
		return &Mapping{reader: m.reader, name: key, at: m.at, values: map[string]*yaml.Node{}}
	}
	return m.reader.mapping(v, key, keys)
}

// Each opens the mappings of a list; none where the key is absent.
func (m *Mapping) Each(key, name string, keys []string) []*Mapping {
	var out []*Mapping
	for _, item := range m.items(key) {
		out = append(out, m.reader.mapping(item, name, keys))
	}
	return out
}

// Texts is a list of texts.
func (m *Mapping) Texts(key string) []string {
	var out []string
	for _, item := range m.items(key) {
		if item.Kind != yaml.ScalarNode {
			m.reader.fail(item, "%s: %s: must be text", m.name, key)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

func (m *Mapping) items(key string) []*yaml.Node {
	v := m.get(key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.SequenceNode {
		m.Fail(key, "must be a list")
		return nil
	}
	return v.Content
}

// EachOrText opens the mappings of a list in which a plain text stands for a mapping
// of one key.
func (m *Mapping) EachOrText(key, name, plain string, keys []string) []*Mapping {
	var out []*Mapping
	for _, item := range m.items(key) {
		if item.Kind == yaml.ScalarNode {
			out = append(out, &Mapping{reader: m.reader, name: name, at: item, values: map[string]*yaml.Node{plain: item}})
			continue
		}
		out = append(out, m.reader.mapping(item, name, keys))
	}
	return out
}
