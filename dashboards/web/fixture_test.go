package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/dashboards/report"
	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/decide"
	"github.com/burnish-sre/burnish/noise/detect"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/topology"
)

// The hostile texts of the fixture.
const (
	hostileName  = `=cmd|' /C calc'!A0`
	hostileValue = `<script>alert(1)</script>`
	hostileID    = `../../x"><img src=x onerror=alert(1)>`
)

var (
	end    = time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)
	window = slo.Interval{From: end.Add(-7 * 24 * time.Hour), To: end}
)

// longNote is an annotation of 10 kB that holds markup.
func longNote() string {
	return strings.Repeat("<b>reads like a novel</b> & ends nowhere. ", 256)[:10_240]
}

func rules() []noise.Rule {
	return []noise.Rule{
		{Name: "DiskNoisy", Group: "disks", File: "rules/storage.yml", Line: 3, Expr: `disk_used{mount!~"/boot"} > 0.8`, For: time.Minute, Interval: time.Minute,
			Labels: labels.FromStrings("severity", "warning", "team", "storage"), Annotations: labels.FromStrings("summary", "The disk is {{ $value }}")},
		{Name: "ApiErrors", Group: "api", File: "rules/api.yml", Line: 9, Expr: "sum(rate(errors_total[5m])) by (job) / sum(rate(requests_total[5m])) by (job) > 0.05", For: 2 * time.Minute, Interval: time.Minute,
			Labels: labels.FromStrings("severity", "critical", "team", "api"), Annotations: labels.FromStrings("description", longNote())},
		{Name: hostileName, Group: `g"><script>alert(2)</script>`, File: "rules/evil.yml", Line: 1, Expr: `up == 0 # </code><script>alert(3)</script>`,
			Labels: labels.FromStrings("severity", "warning", "team", `"><script>alert(4)</script>`)},
		{Name: "Silent", Group: "api", File: "rules/api.yml", Line: 30, Expr: "vector(0) > 1", Labels: labels.FromStrings("severity", "info", "team", "api")},
	}
}

func incidents() []noise.Incident {
	at := func(day, hour, minutes int) slo.Interval {
		from := window.From.Add(time.Duration(day*24+hour) * time.Hour)
		return slo.Interval{From: from, To: from.Add(time.Duration(minutes) * time.Minute)}
	}
	api := labels.FromStrings("service", "api")
	burned := func(v float64) *float64 { return &v }
	return []noise.Incident{
		{ID: "api/availability@first", Interval: at(1, 10, 40), SLO: "api/availability", Labels: api, Burned: burned(0.2)},
		{ID: hostileID, Interval: at(3, 12, 30), SLO: "api/availability", Labels: api, Declared: true, Note: hostileValue},
		{ID: "api/availability@unseen", Interval: at(5, 2, 20), SLO: "api/availability", Labels: api, Burned: burned(0.05)},
	}
}

func episodes() []noise.Episode {
	var out []noise.Episode
	add := func(r noise.Rule, active time.Time, pending, fires time.Duration, more ...string) {
		e := noise.Episode{Rule: r.Name, Labels: labels.FromStrings(append([]string{"severity", r.Labels.Get("severity"), "team", r.Labels.Get("team")}, more...)...), ActiveAt: active}
		if fires > 0 {
			e.FiredAt, e.ResolvedAt = active.Add(pending), active.Add(pending+fires)
		} else {
			e.ResolvedAt = active.Add(pending)
		}
		e.Certainty = noise.Certainty{Active: noise.EdgeExact, Fired: noise.EdgeExact, Resolved: noise.EdgeExact, Replicas: 1}
		out = append(out, e)
	}
	all := rules()
	for i := range 150 {
		add(all[0], window.From.Add(time.Duration(i)*time.Hour+7*time.Minute), time.Minute, 3*time.Minute, "instance", fmt.Sprintf("node-%d", i%3))
	}
	for _, in := range incidents()[:2] {
		add(all[1], in.From.Add(time.Minute), 2*time.Minute, in.Duration(), "service", "api")
		add(all[2], in.From.Add(3*time.Minute), 0, 10*time.Minute, "service", "api", "path", hostileValue)
	}
	add(all[1], window.From.Add(100*time.Hour), time.Minute, 0, "service", "api")
	slices.SortFunc(out, noise.Compare)
	return out
}

// promise is an SLO with a course of its budget, overspent or not.
func promise(service string, left float64) report.SLOGroup {
	known := func(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }
	out := report.SLOGroup{
		SLO: slo.SLO{Name: "availability", Service: service, Owner: "team-" + service, Objective: 0.999, Window: slo.Window{Rolling: 7 * 24 * time.Hour}},
		Status: slo.Status{
			At: end, Window: window, Tally: slo.Tally{Bad: 900, Total: 1e6, Covered: window.Duration(), Length: window.Duration()},
			ErrorRatio: known(0.0009), BudgetRemaining: known(left), EventsRemaining: known(1000 * left), TimeRemaining: known(604 * left),
			Burn:       map[time.Duration]slo.Figure{time.Hour: known(0.5), 6 * time.Hour: known(1.2)},
			Exhaustion: slo.Exhaustion{Basis: 6 * time.Hour, Known: true, Gone: left <= 0},
		},
	}
	for i := range 14 {
		out.BurnDown = append(out.BurnDown, known(1+(left-1)*float64(i+1)/14))
	}
	if left > 0 {
		out.Status.Exhaustion.Best, out.Status.Exhaustion.Low, out.Status.Exhaustion.High = known(86400), known(43200), known(172800)
	}
	for _, in := range incidents() {
		if !in.Declared && service == "api" {
			out.Losses = append(out.Losses, slo.Loss{Interval: in.Interval, ID: in.ID, SLO: in.SLO, Share: *in.Burned, Peak: 14})
		}
	}
	return out
}

// input is a week of four rules, three incidents and two promises, judged as
// burnish judges.
func input() Input {
	h := noise.History{Window: window, Episodes: episodes(), Rules: rules(), RulesKnown: true, HealthKnown: true, Markers: true}
	noise.Assign(h.Rules, h.Episodes)
	sum := noise.Summarize(h, noise.Options{})
	judged := report.Judged{Judgement: truth.Judge(truth.Case{
		History: h, Incidents: incidents(), Declared: true,
		Watched: []truth.Watched{{SLO: "api/availability", Labels: labels.FromStrings("service", "api"), Covered: []slo.Interval{window}}},
	}, truth.Options{})}
	judged.Findings = detect.Run(detect.Input{History: h, Summary: sum, Judgement: &judged.Judgement}, detect.Options{})
	judged.Decisions = decide.Decide(judged.Findings, &sum, &judged.Judgement, decide.Options{})
	rep := report.Build(report.Input{
		Source: "prometheus.example.org", Current: sum, SLOs: []report.SLOGroup{promise("api", 0.3), promise("disk", -0.2)}, SLOsAt: end, Judged: &judged,
	})
	return Input{Report: rep.Document(), Judgement: judged.Judgement, History: h, At: end, Postmortem: rep.WritePostmortem, Topology: shopTopology()}
}

// shopTopology is an api on a disk, and on a provider that is too bad for it; what
// people wrote is hostile.
func shopTopology() *Topology {
	level := func(v float64) slo.Figure { return slo.Figure{Value: v, Known: true} }
	g, err := topology.New([]topology.Component{
		{Name: "api", Kind: topology.KindService, Owner: hostileValue, SLOs: []slo.SLO{{Service: "api", Name: "availability", Objective: 0.999, Owner: hostileValue, Runbook: "javascript:alert(5)"}},
			DependsOn: []topology.Dependency{{On: []string{"provider"}, Needs: 1, Share: 1}, {On: []string{"disk"}, Needs: 1, Share: 0.3}, {On: []string{"steel"}, Needs: 1, Share: 1}}},
		{Name: "disk", Kind: topology.KindService, Expected: level(0.9995), SLOs: []slo.SLO{{Service: "disk", Name: "availability", Objective: 0.9995}}},
		{Name: "provider", Kind: topology.KindProvider, Expected: level(0.99), Modes: []topology.Mode{{Name: hostileName, Effect: longNote()[:2000]}}},
		{Name: "steel", Kind: topology.KindComponent, Expected: level(0.9999999)},
		{Name: "unrated", Kind: topology.KindProvider},
	})
	if err != nil {
		panic(err)
	}
	v := topology.NewView(g, topology.Measured{Window: 30 * 24 * time.Hour, SLOs: map[string]topology.Observed{"api/availability": {
		Level: level(0.998), Rules: []string{"ApiErrors"}, Recall: slo.Proportion{Count: 1, Of: 2}, Detection: level(180), Restore: level(1800),
		Incidents: []topology.Incident{
			{ID: "a", From: incidents()[0].From, To: incidents()[0].To, Burned: level(0.2)}, {ID: "b", From: incidents()[2].From, To: incidents()[2].To, Burned: level(0.05)},
		},
		Missed: []string{hostileID}, Actions: topology.Actions{NotGiven: 1, GivenNeedlessly: 2},
	}}})
	return &Topology{View: v, Worksheet: "/etc/burnish/failures.csv"}
}

// site is a handler over the fixture.
func site(t testing.TB, change ...func(*Options)) http.Handler {
	t.Helper()
	snap := NewSnapshot(input())
	o := Options{Current: func() State { return State{Snapshot: snap} }, Version: "v1.2.3"}
	for _, c := range change {
		c(&o)
	}
	return New(o)
}

// ask is one request; headers are pairs.
func ask(h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	var in io.Reader = http.NoBody
	if body != "" {
		in = strings.NewReader(body)
	}
	req := httptest.NewRequest(method, path, in)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func get(h http.Handler, path string) *httptest.ResponseRecorder { return ask(h, "GET", path, "") }
