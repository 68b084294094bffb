package detect

import (
	"encoding/json"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/realdata"
	"github.com/burnish-sre/burnish/noise/rulefile"
	"github.com/burnish-sre/burnish/noise/truth"
	"github.com/burnish-sre/burnish/slo"
)

// corpora are where each begins.
func corpora() map[string]time.Time {
	out := map[string]time.Time{}
	for name, from := range map[string]string{
		"smd": "2026-10-29T13:01", "asd": "2026-10-01T00:05", "nab": "2026-09-06T21:15", "cloudmon": "2026-09-30T01:00",
		"nezha": "2026-11-14T03:51", "petshop": "2026-11-12T08:30", "upptime": "2026-07-18T00:00",
	} {
		t, err := time.Parse("2006-01-02T15:04", from)
		if err != nil {
			panic(err)
		}
		out[name] = t
	}
	return out
}

// realInput is the history of a corpus with its rules.
func realInput(t testing.TB, corpus string) Input {
	t.Helper()
	file := corpus + ".rules.yml"
	text, err := io.ReadAll(realdata.Open(t, "rules", file))
	require.NoError(t, err)
	rules, err := rulefile.Parse(file, text)
	require.NoError(t, err)
	h := noise.History{
		Window: slo.Interval{From: corpora()[corpus], To: realdata.End()}, Rules: rules, RulesKnown: true, Markers: true,
		Episodes: realdata.Episodes(t, corpus),
	}
	slices.SortFunc(h.Episodes, noise.Compare)
	noise.Assign(h.Rules, h.Episodes)
	return Input{History: h, Summary: noise.Summarize(h, noise.Options{})}
}

// planted is a generated rule and what is wrong with it.
type planted struct {
	Alert    string `json:"alert"`
	Severity string `json:"severity"`
	Class    string `json:"class"`
}

func plantedRules(t testing.TB, corpus string) []planted {
	t.Helper()
	var in struct {
		Rules []planted `json:"rules"`
	}
	realdata.JSON(t, &in, "rules-truth", corpus+".json")
	return in.Rules
}

// told is the kinds of findings by rule.
func told(found []noise.Finding) map[planted][]noise.Kind {
	out := map[planted][]noise.Kind{}
	for _, f := range found {
		k := planted{Alert: f.Rule.Name, Severity: f.Rule.Severity}
		out[k] = append(out[k], f.Kind)
	}
	return out
}

// withTruth is the input with the incidents of the corpus and, as signals, the
// episodes that overlap one of theirs, ten minutes before it included.
func withTruth(t testing.TB, corpus string, in Input) Input {
	t.Helper()
	var read struct {
		Windows []struct {
			ID         string `json:"id"`
			Start, End int64
			Match      labels.Labels `json:"match"`
		} `json:"windows"`
	}
	require.NoError(t, json.NewDecoder(realdata.Open(t, "truth", corpus+".json")).Decode(&read))
	require.NotEmpty(t, read.Windows)
	in = in.judged()
	for _, w := range read.Windows {
		v := truth.Verdict{Incident: noise.Incident{
			ID: w.ID, Labels: w.Match, Interval: slo.Interval{From: time.Unix(w.Start, 0).UTC(), To: time.Unix(w.End, 0).UTC()},
		}}
		near := slo.Interval{From: v.From.Add(-10 * time.Minute), To: v.To}
		for i := range in.History.Episodes {
			e := &in.History.Episodes[i]
			if e.Firing(realdata.End()).Overlaps(near) && v.Concerns(e.Labels) {
				key := noise.RuleKey{Name: e.Rule, Group: e.Group, File: e.File, Severity: e.Severity()}
				v.Signals = append(v.Signals, truth.Signal{RuleKey: key, Labels: e.Labels, FiredAt: e.FiredAt})
			}
		}
		in.Judgement.Incidents = append(in.Judgement.Incidents, v)
	}
	return in
}

// isNoisy is the definition of flapping and fleeting in its plainest form: three
// starts of one alert in half an hour or ten evaluations, or five episodes of at
// most five minutes that are a quarter of all. It is written without the code
// that it is held against.
func isNoisy(in Input, p planted) bool {
	starts, short, ended := map[string][]time.Time{}, 0, 0
	span := 30 * time.Minute
	for _, r := range in.History.Rules {
		if r.Name == p.Alert && r.Severity() == p.Severity {
			span = max(span, 10*r.Interval)
		}
	}
	for _, e := range in.History.Episodes {
		if e.Rule != p.Alert || e.Severity() != p.Severity {
			continue
		}
		starts[e.Labels.String()] = append(starts[e.Labels.String()], e.FiredAt)
		if !e.Open() {
			ended++
			if e.ResolvedAt.Sub(e.FiredAt) <= 5*time.Minute {
				short++
			}
		}
	}
	for _, of := range starts {
		for i := 2; i < len(of); i++ {
			if of[i].Sub(of[i-2]) <= span {
				return true
			}
		}
	}
	return short >= 5 && 4*short >= ended
}

// TestPlantedFaultsAreFound holds the detectors that need nothing but history
// against the faults that were planted in generated rules.
func TestPlantedFaultsAreFound(t *testing.T) {
	found := map[string]int{}
	for corpus := range corpora() {
		in := realInput(t, corpus)
		kinds := told(Run(in, Options{}))
		for _, p := range plantedRules(t, corpus) {
			is := kinds[planted{Alert: p.Alert, Severity: p.Severity}]
			switch p.Class {
			case "absent":
				assert.Contains(t, is, noise.KindStale, p.Alert)
			case "always":
				// In petshop the data itself has gaps: no alert lasts three hours.
				assert.Equal(t, corpus != "petshop", slices.Contains(is, noise.KindStale), p.Alert)
			case "churn":
				assert.Contains(t, is, noise.KindValueInLabel, p.Alert)
			case "flap":
				is := slices.Contains(is, noise.KindFlapping) || slices.Contains(is, noise.KindFleeting)
				assert.True(t, is || !isNoisy(in, p), "%s flaps by definition", p.Alert)
				if !is {
					found["silent flap"]++
				}
			}
			if p.Class != "churn" {
				assert.NotContains(t, is, noise.KindValueInLabel, p.Alert)
			}
			found[p.Class]++
		}
	}
	assert.Equal(t, 36, found["flap"])
	assert.LessOrEqual(t, found["silent flap"], 8, "those that did not flap in this half of the data")
}

// TestFindingsOnGoodRules counts what is found on the rules that were made from
// the incidents. What is found there is not all false: some of them do flap.
func TestFindingsOnGoodRules(t *testing.T) {
	blind, seeing := map[noise.Kind]int{}, map[noise.Kind]int{}
	good := 0
	for corpus := range corpora() {
		in := realInput(t, corpus)
		without, with := told(Run(in, Options{})), told(Run(withTruth(t, corpus, in), Options{}))
		for _, p := range plantedRules(t, corpus) {
			if p.Class != "good" {
				continue
			}
			good++
			for _, k := range without[planted{Alert: p.Alert, Severity: p.Severity}] {
				blind[k]++
			}
			for _, k := range with[planted{Alert: p.Alert, Severity: p.Severity}] {
				seeing[k]++
			}
		}
	}
	t.Logf("findings on %d good rules: %v; with the truth known: %v", good, blind, seeing)
	assert.Equal(t, 38, good)
	assert.Less(t, seeing[noise.KindFleeting], blind[noise.KindFleeting], "short alerts about incidents are no noise")
	assert.Zero(t, seeing[noise.KindValueInLabel])
	assert.Zero(t, seeing[noise.KindPipeline], "the replay had no pipeline to blame")
}
