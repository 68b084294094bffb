package burnrate_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

// TestBesideSloth replays incidents through the rules that Sloth generated for
// its own examples and through burnish's for the same specs: ours page for the
// same incidents, no later than one evaluation after, and stop no later.
func TestBesideSloth(t *testing.T) {
	const first = "getting-started.yml"
	for name, in := range map[string]struct {
		example string
		ratio   float64
		length  time.Duration
		quick   bool // Sloth's page, of two pairs of windows, outlasts it by far
	}{
		"ten minutes of errors alone":           {first, 1, 10 * time.Minute, true},
		"ten minutes of 15% errors":             {first, 0.15, 10 * time.Minute, false},
		"forty minutes of 3% errors":            {first, 0.03, 40 * time.Minute, false},
		"no errors":                             {first, 0, 10 * time.Minute, false},
		"an outage, by the example for OpenSLO": {"openslo-getting-started.yml", 1, 10 * time.Minute, true},
		"an outage, by the example of plugins":  {"slo-plugin-getting-started.yml", 1, 10 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			parsed, err := spec.Parse(in.example, sharedData(t, "slo-corpus", "sloth", "examples", in.example))
			require.NoError(t, err)
			sloths := pages(t, sharedData(t, "slo-corpus", "sloth", "expected", in.example), parsed.SLOs[0], in.ratio, in.length)
			ours := pages(t, generated(t, parsed.SLOs), parsed.SLOs[0], in.ratio, in.length)
			if len(sloths) == 0 {
				assert.Empty(t, ours)
				return
			}
			require.Len(t, ours, 1, "one page for one incident")
			assert.LessOrEqual(t, ours[0].From.Sub(sloths[0].From), evalEvery, "no later than one evaluation after")
			assert.False(t, ours[0].To.IsZero(), "it ends")
			if in.quick {
				assert.Less(t, ours[0].To.Sub(zero), sloths[len(sloths)-1].To.Sub(zero), "and sooner")
			}
		})
	}
}

// generated is the rules that burnish makes for SLOs.
func generated(t *testing.T, slos []slo.SLO) []byte {
	t.Helper()
	out, err := burnrate.Generate(slos, burnrate.GenerateOptions{})
	require.NoError(t, err)
	var b bytes.Buffer
	require.NoError(t, burnrate.WriteRules(&b, out.Groups()))
	return b.Bytes()
}

// The calm before an incident, and the time after it in which its page has to end.
const (
	quietTime = 20 * time.Minute
	aftermath = 40 * time.Minute
)

// pages is when a rule file pages for an incident in calm traffic of a hundred
// requests a second.
func pages(t *testing.T, ruleFile []byte, s slo.SLO, ratio float64, length time.Duration) []stretch {
	t.Helper()
	selectors := s.SLI.Selectors()
	require.Len(t, selectors, 2)
	bad, total := seriesFor(t, selectors[0].Expr), seriesFor(t, selectors[1].Expr)
	failing := labels.NewBuilder(total)
	bad.Range(func(l labels.Label) { failing.Set(l.Name, l.Value) })
	good := labels.NewBuilder(total)
	for _, m := range selector(t, selectors[0].Expr) {
		if total.Get(m.Name) == "" {
			good.Set(m.Name, "200")
		}
	}
	b := newBench(t, ruleFile)
	b.run(traffic{
		good: []labels.Labels{good.Labels()}, bad: []labels.Labels{failing.Labels()}, perSecond: 100,
		errors: func(since time.Duration) float64 {
			if since > quietTime && since <= quietTime+length {
				return ratio
			}
			return 0
		},
	}, quietTime+length+aftermath)
	return b.firing["page"]
}

func selector(t *testing.T, text string) []*labels.Matcher {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	require.NoError(t, err)
	return expr.(*parser.VectorSelector).LabelMatchers
}
