package web

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// jsonAnswer writes a value as indented JSON.
func jsonAnswer(v any) answer {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return jsonAnswer(problem{Type: "about:blank", Title: "Internal Server Error", Status: 500, Detail: cleanLine(err.Error())})
	}
	return answer{contentType: "application/json", body: b.Bytes()}
}

// listHead is what every list in JSON begins with.
type listHead struct {
	Schema string    `json:"schema"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Count  int       `json:"count"`
	Next   *string   `json:"next_cursor"`
}

// listJSON writes rows under the list's own name.
func listJSON(h listHead, name string, rows any) answer {
	head, err := json.Marshal(h)
	if err != nil {
		return jsonAnswer(asProblem(fmt.Errorf("write %s: %w", name, err)))
	}
	body, err := json.Marshal(rows)
	if err != nil {
		return jsonAnswer(asProblem(fmt.Errorf("write %s: %w", name, err)))
	}
	out := append(head[:len(head)-1], `,"`+name+`":`...)
	out = append(append(out, body...), '}')
	var b bytes.Buffer
	if err := json.Indent(&b, out, "", "  "); err != nil {
		return jsonAnswer(asProblem(fmt.Errorf("write %s: %w", name, err)))
	}
	b.WriteByte('\n')
	return answer{contentType: "application/json", body: b.Bytes()}
}

// csvAnswer writes all columns of the rows, unknown values as nothing.
func csvAnswer[T any](name string, columns []column[T], rows []T) answer {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := make([]string, 0, len(columns))
	for _, c := range columns {
		if c.value != nil && !c.sorts {
			line = append(line, c.key)
		}
	}
	_ = w.Write(line) // a buffer takes everything
	for i := range rows {
		line = line[:0]
		for _, c := range columns {
			if c.value != nil && !c.sorts {
				line = append(line, csvText(c.value(rows[i])))
			}
		}
		_ = w.Write(line)
	}
	w.Flush()
	return answer{contentType: "text/csv; charset=utf-8", body: b.Bytes(), name: name + ".csv"}
}

func csvText(v any) string {
	switch x := v.(type) {
	case string:
		return csvSafe(x)
	case int:
		return strconv.Itoa(x)
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(x)
	case time.Time:
		if x.IsZero() {
			return ""
		}
		return x.UTC().Format(time.RFC3339Nano)
	}
	return ""
}

// csvSafe keeps a spreadsheet from taking text for a formula: what begins like
// one, be it after blanks, gets an apostrophe before it (OWASP, CSV injection).
func csvSafe(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	rest := strings.TrimLeft(s, " \u00a0\u3000")
	if rest != "" && strings.ContainsAny(rest[:1], "=+-@\t\r\n|%") || strings.HasPrefix(rest, "＝") ||
		strings.HasPrefix(rest, "＋") || strings.HasPrefix(rest, "－") || strings.HasPrefix(rest, "＠") {
		return "'" + s
	}
	return s
}

// proportionColumns are a share with its denominator and its interval: one column
// on the page, five in CSV.
func proportionColumns[T any](key, head string, of func(T) *slo.Proportion) []column[T] {
	figure := func(pick func(slo.Proportion) float64) func(T) any {
		return func(row T) any {
			p := of(row)
			if p == nil || !p.Known() {
				return nil
			}
			return math.Round(pick(*p)*1e6) / 1e6
		}
	}
	whole := func(pick func(slo.Proportion) int) func(T) any {
		return func(row T) any {
			p := of(row)
			if p == nil {
				return nil
			}
			return pick(*p)
		}
	}
	return []column[T]{
		{key: key + "_ratio", head: head, desc: true, left: true, class: "half share", value: figure(slo.Proportion.Ratio), cell: func(row T) cell { return cell{Share: newShare(of(row))} }},
		{key: key + "_count", value: whole(func(p slo.Proportion) int { return p.Count })},
		{key: key + "_of", value: whole(func(p slo.Proportion) int { return p.Of })},
		{key: key + "_low_ratio", value: figure(func(p slo.Proportion) float64 { low, _ := p.Interval(); return low })},
		{key: key + "_high_ratio", value: figure(func(p slo.Proportion) float64 { _, high := p.Interval(); return high })},
	}
}

// millionths rounds away what only the order of additions decides.
func millionths(v float64) float64 { return math.Round(v*1e6) / 1e6 }
