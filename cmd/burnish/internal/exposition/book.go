package exposition

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// book gathers the metrics of one snapshot.
type book struct {
	descs   map[string]*prometheus.Desc
	options Options
	seen    map[string]bool // name and labels of what is written
	metrics []prometheus.Metric
}

// set writes one figure. One that is no number is unknown, and a second one of the
// same labels would make the whole scrape fail; neither is written.
func (b *book) set(name string, value float64, labels ...string) {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	safe := make([]string, len(labels))
	for i, l := range labels {
		safe[i] = labelValue(l)
	}
	key := name + "\xff" + strings.Join(safe, "\xff")
	if b.seen[key] {
		return
	}
	m, err := prometheus.NewConstMetric(b.descs[name], prometheus.GaugeValue, value, safe...)
	if err != nil {
		return // labels and their number are fixed by the table; a test sets every metric
	}
	b.seen[key] = true
	b.metrics = append(b.metrics, m)
}

// known writes a figure that may be unknown.
func (b *book) known(name string, value *float64, labels ...string) {
	if value != nil {
		b.set(name, *value, labels...)
	}
}

// count writes a count that may be unknown.
func (b *book) count(name string, value *int, labels ...string) {
	if value != nil {
		b.set(name, float64(*value), labels...)
	}
}

// flag writes a fact as 1 or 0.
func (b *book) flag(name string, is bool, labels ...string) {
	value := 0.0
	if is {
		value = 1
	}
	b.set(name, value, labels...)
}

// longestValue is the most bytes of a label's value: names come from rule files and
// series, and a scrape is no place for an essay.
const longestValue = 200

// labelValue makes any text a label value: valid UTF-8, and not too long. What is cut
// keeps a hash of the whole, so that long names that begin alike stay apart.
func labelValue(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= longestValue {
		return s
	}
	cut := longestValue
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	sum := sha256.Sum256([]byte(s))
	return s[:cut] + "…" + hex.EncodeToString(sum[:4])
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
