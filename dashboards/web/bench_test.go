package web

import (
	"fmt"
	"io"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
)

// large is a system of that many rules and episodes.
func large(rules, episodes int) Input {
	h := noise.History{Window: window, RulesKnown: true}
	for i := range rules {
		h.Rules = append(h.Rules, noise.Rule{
			Name: fmt.Sprintf("Rule%05d", i), Group: fmt.Sprint("g", i%100), File: "rules.yml", Line: i + 1, Expr: "up == 0",
			Labels: labels.FromStrings("severity", "warning", "team", fmt.Sprint("team-", i%20)),
		})
	}
	step := window.Duration() / time.Duration(episodes+1)
	for i := range episodes {
		r := h.Rules[i%rules]
		at := window.From.Add(time.Duration(i) * step).Truncate(time.Millisecond)
		h.Episodes = append(h.Episodes, noise.Episode{
			Rule: r.Name, Group: r.Group, File: r.File, Labels: r.Labels, ActiveAt: at, FiredAt: at.Add(time.Minute), ResolvedAt: at.Add(5 * time.Minute),
		})
	}
	rep := report.Build(report.Input{Current: noise.Summarize(h, noise.Options{})})
	return Input{Report: rep.Document(), History: h, At: end}
}

// BenchmarkSnapshot makes what is shown of 5,000 rules and a million episodes.
func BenchmarkSnapshot(b *testing.B) {
	in := large(5000, 1_000_000)
	b.ReportAllocs()
	for b.Loop() {
		NewSnapshot(in)
	}
}

// BenchmarkPages asks for the dearest pages of the same system.
func BenchmarkPages(b *testing.B) {
	snap := NewSnapshot(large(5000, 1_000_000))
	h := New(Options{Current: func() State { return State{Snapshot: snap} }})
	for _, path := range []string{"/", "/rules", "/rules?q=042&sort=rule", "/rules.csv", "/timeline", "/timeline?team=team-1", "/api/v1/episodes?limit=1000"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
				_, _ = io.Copy(io.Discard, w.Body)
			}
		})
	}
}
