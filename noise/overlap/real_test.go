package overlap

import (
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/realdata"
	"github.com/burnish-sre/burnish/slo"
)

// truthRule is a rule of the test data with what was planted in it.
type truthRule struct {
	Alert       string            `json:"alert"`
	For         string            `json:"for"`
	Team        string            `json:"team"`
	Severity    string            `json:"severity"`
	Labels      map[string]string `json:"labels"`
	Target      string            `json:"target"`
	DuplicateOf string            `json:"duplicate_of"`
}

// corpus is a corpus of the test data, with what was planted in its rules.
func corpus(t testing.TB, name string) (noise.History, []truthRule) {
	t.Helper()
	var truth struct {
		Rules []truthRule `json:"rules"`
	}
	realdata.JSON(t, &truth, "rules-truth", name+".json")
	h := noise.History{Window: slo.Interval{From: time.Unix(0, 0), To: realdata.End()}, RulesKnown: true, Markers: true}
	for i, r := range truth.Rules {
		ls := map[string]string{"corpus": name, "severity": r.Severity, "team": r.Team}
		for k, v := range r.Labels {
			ls[k] = v
		}
		wait, _ := model.ParseDuration(r.For)
		h.Rules = append(h.Rules, noise.Rule{Name: r.Alert, Line: i + 1, For: time.Duration(wait), Labels: labels.FromMap(ls)})
	}
	h.Episodes = realdata.Episodes(t, name)
	slices.SortFunc(h.Episodes, noise.Compare)
	return h, truth.Rules
}

// TestCopiesOfRealAlerts: of the planted copies that fired in five clusters or
// more, most are seen to say what their original says. Copies have another
// threshold, so that they do not fire at quite the same time.
func TestCopiesOfRealAlerts(t *testing.T) {
	copies, found := 0, 0
	for _, name := range []string{"smd", "asd", "nab", "cloudmon", "nezha", "petshop", "upptime"} {
		h, rules := corpus(t, name)
		res := Measure(h, Options{})
		clusters := clustersOf(h, res.Options)
		relation := map[[2]int]Relation{}
		of, apart := map[Relation]int{}, map[Relation]int{}
		for _, p := range res.Pairs {
			relation[[2]int{p.A.Line, p.B.Line}], relation[[2]int{p.B.Line, p.A.Line}] = p.Relation, p.Relation
			of[p.Relation]++
			if a, b := rules[p.A.Line-1].Target, rules[p.B.Line-1].Target; a != b && a != "" && b != "" {
				apart[p.Relation]++
			}
		}
		here, foundHere := map[Relation]int{}, 0
		planted := 0
		for i, r := range rules {
			original := slices.IndexFunc(rules, func(o truthRule) bool { return o.Alert == r.DuplicateOf })
			if r.DuplicateOf == "" || original < 0 || clusters[i+1] < 5 || clusters[original+1] < 5 {
				continue
			}
			planted++
			what := relation[[2]int{i + 1, original + 1}]
			here[what]++
			if what != "" {
				foundHere++
			} else {
				t.Logf("%s: %s is not seen to be %s: clusters %d %d", name, r.Alert, r.DuplicateOf, clusters[i+1], clusters[original+1])
			}
		}
		copies, found = copies+planted, found+foundHere
		t.Logf("%s: %d pairs compared, %v claimed, of them on different targets %v; %d of %d copies seen: %v", name, res.Compared, of, apart, foundHere, planted, here)
	}
	t.Logf("%d of %d copies seen", found, copies)
	require.Greater(t, copies, 10)
	assert.GreaterOrEqual(t, float64(found), 0.8*float64(copies))
}

// clustersOf counts the clusters of starts by line of the rule.
func clustersOf(h noise.History, o Options) map[int]int {
	r, out := read(h, o), map[int]int{}
	all := join{}
	for i := range r.rows {
		all.rows = append(all.rows, int32(i))
	}
	f := newFrame(r, all, o)
	for _, l := range f.lanes {
		out[r.rows[l.row].ref.Line] = len(l.points)
	}
	return out
}
