package burnrate

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

// of is an SLO that counts requests of a service.
func of(service, name string, change func(*slo.SLO)) slo.SLO {
	s := slo.SLO{
		Service: service, Name: name, Objective: 0.999, Window: slo.Window{Rolling: 30 * day},
		SLI: slo.Events{Bad: slo.Query{Selector: `http_requests_total{code="500",job="` + service + `"}`}, Total: slo.Query{Selector: `http_requests_total{job="` + service + `"}`}},
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestSeriesUnderAnothersNamesCollide(t *testing.T) {
	grouped := func(s *slo.SLO) { s.GroupBy = []string{"job"} }
	for name, c := range map[string]struct {
		compat Compat
		slos   []slo.SLO
		fails  string
		notes  bool
	}{
		"Pyrra's know no service":           {CompatPyrra, []slo.SLO{of("a", "availability", nil), of("b", "availability", nil)}, `a/availability and b/availability would both make http_requests:burnrate5m{slo="availability"}`, false},
		"another name":                      {CompatPyrra, []slo.SLO{of("a", "a-availability", nil), of("b", "b-availability", nil)}, "", false},
		"a label tells them apart":          {CompatPyrra, []slo.SLO{of("a", "availability", nil), of("b", "availability", func(s *slo.SLO) { s.Labels = map[string]string{"team": "b"} })}, "", false},
		"groups may":                        {CompatPyrra, []slo.SLO{of("a", "availability", grouped), of("b", "availability", grouped)}, "", true},
		"one has groups":                    {CompatPyrra, []slo.SLO{of("a", "availability", grouped), of("b", "availability", nil)}, "", false},
		"Sloth's know the service":          {CompatSloth, []slo.SLO{of("a", "b-c", nil), of("a-b", "c", nil)}, "", false},
		"without another's names all is ok": {CompatNone, []slo.SLO{of("a", "availability", nil), of("b", "availability", nil)}, "", false},
	} {
		out, err := Generate(c.slos, GenerateOptions{Compat: c.compat})
		if c.fails != "" {
			require.ErrorContains(t, err, c.fails, name)
			assert.Equal(t, 1, strings.Count(err.Error(), "would both make"), "%s: a pair is told once", name)
			continue
		}
		require.NoError(t, err, name)
		notes := strings.Join(append(out.SLOs[0].Notes, out.SLOs[1].Notes...), "\n")
		assert.Equal(t, c.notes, strings.Contains(notes, "only job tells its series from those of a/availability"), "%s: %s", name, notes)
	}
}

func TestALabelOfGroupsIsNotOverwritten(t *testing.T) {
	s := of("a", "availability", func(s *slo.SLO) {
		s.GroupBy, s.Labels = []string{"namespace"}, map[string]string{"namespace": "fixed", "team": "x"}
		s.Alerting.Page.Labels = map[string]string{"namespace": "fixed"}
	})
	for _, compat := range []Compat{CompatNone, CompatSloth, CompatPyrra} {
		out, err := Generate([]slo.SLO{s}, GenerateOptions{Compat: compat})
		require.NoError(t, err)
		assert.Contains(t, strings.Join(out.SLOs[0].Notes, "\n"), "the label namespace is left out: it tells the groups apart")
		for _, g := range out.Groups() {
			for _, r := range g.Rules {
				assert.NotContains(t, r.Labels, "namespace", "%s%s would make one of all groups", r.Record, r.Alert)
			}
		}
	}
}
