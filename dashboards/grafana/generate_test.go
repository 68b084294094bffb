package grafana_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/dashboards/grafana"
	"github.com/burnish-sre/burnish/slo"
)

const day = 24 * time.Hour

func events(service string) slo.SLI {
	return slo.Events{Bad: slo.Query{Selector: `e{service="` + service + `"}`}, Total: slo.Query{Selector: `t{service="` + service + `"}`}}
}

// shop is SLOs of every kind that dashboards tell apart.
func shop() []slo.SLO {
	rolling := func(d time.Duration) slo.Window { return slo.Window{Rolling: d} }
	return []slo.SLO{
		{Name: "availability", Service: "checkout", Owner: "payments", Objective: 0.999, Window: rolling(30 * day), Runbook: "https://runbooks.example.org/checkout", SLI: events("checkout")},
		{Name: "availability", Service: "cart", Owner: "shop", Objective: 0.9, Window: rolling(30 * day), GroupBy: []string{"cluster", "region"}, SLI: events("cart")},
		{Name: "latency", Service: "cart", Objective: 0.95, Window: rolling(7 * day), GroupBy: []string{"team"}, SLI: events("cart")},
		{Name: "everything", Service: "shop", Objective: 0.99, Window: slo.Window{Calendar: slo.CalendarMonth}, GroupBy: []string{"service"}, SLI: events("shop")},
		{Name: "quiet", Service: "shop", Objective: 0.99, Window: rolling(28 * day), Alerting: slo.Alerting{Page: slo.AlertLabels{Disabled: true}, Ticket: slo.AlertLabels{Disabled: true}}, SLI: events("shop")},
	}
}

// hostile is an SLO whose texts try to break out of wherever they stand.
func hostile() slo.SLO {
	return slo.SLO{
		Name: "a.b-c", Service: "x\"} or vector(1) # $service ${datasource} \\", Owner: "<script>alert(1)</script>|[a](javascript:alert(1))",
		Description: "${__all} \x7f\u0085\ufeff\u2028\x00\xff\\u003c é", Objective: 0.99, Window: slo.Window{Rolling: 30 * day}, GroupBy: []string{"slo", "datasource", "x y", "__name__"}, SLI: events("x"),
		Runbook: "javascript:alert(1)", Dashboard: "https://example.org/$service)|<b>",
	}
}

// options are the ways to ask for dashboards.
func options() map[string]grafana.Options {
	out := map[string]grafana.Options{}
	for _, names := range []burnrate.Compat{burnrate.CompatNone, burnrate.CompatSloth, burnrate.CompatPyrra} {
		for _, layout := range []grafana.Layout{grafana.LayoutOne, grafana.LayoutPerSLO} {
			out[fmt.Sprintf("names %q, layout %s", names, layout)] = grafana.Options{Names: names, Layout: layout, PageURL: "https://burnish.example.org/"}
		}
	}
	return out
}

// each makes the dashboards of the shop in every way.
func each(t *testing.T, check func(t *testing.T, d grafana.Dashboard)) {
	t.Helper()
	for name, o := range options() {
		all, err := grafana.Generate(append(shop(), hostile()), o)
		require.NoError(t, err)
		for _, d := range all {
			t.Run(name+"/"+d.Name, func(t *testing.T) { check(t, d) })
		}
	}
}

func TestDashboardsOfEachCall(t *testing.T) {
	names := func(slos []slo.SLO, o grafana.Options) []string {
		all, err := grafana.Generate(slos, o)
		require.NoError(t, err)
		var out []string
		for _, d := range all {
			out = append(out, d.Name+" "+d.UID)
		}
		return out
	}
	assert.Equal(t, []string{"alert-hygiene burnish-alert-hygiene", "self-monitoring burnish-self-monitoring"}, names(nil, grafana.Options{}))
	assert.Equal(t, []string{
		"slo-overview x-slo-overview", "slo-detail x-slo-detail", "slo-checkout-availability-c519c9a8 x-slo-c519c9a80c7b73bf6e32",
		"alert-hygiene x-alert-hygiene", "self-monitoring x-self-monitoring",
	}, names(shop()[:1], grafana.Options{UIDPrefix: "x", Layout: grafana.LayoutPerSLO}))
}

func TestRefusedOptions(t *testing.T) {
	for name, o := range map[string]grafana.Options{
		"an unknown layout":          {Layout: "round"},
		"an unknown tool":            {Names: "nobl9"},
		"a prefix with a slash":      {UIDPrefix: "a/b"},
		"a prefix that is too long":  {UIDPrefix: strings.Repeat("x", 17)},
		"a cluster that is no label": {Cluster: "a-b"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := grafana.Generate(shop(), o)
			assert.Error(t, err)
		})
	}
	_, err := grafana.Generate(append(shop(), shop()[0]), grafana.Options{})
	assert.ErrorContains(t, err, "checkout/availability: there are two of that name")
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	for name, o := range options() {
		t.Run(name, func(t *testing.T) {
			var first []byte
			for range 3 {
				all, err := grafana.Generate(append(shop(), hostile()), o)
				require.NoError(t, err)
				var b bytes.Buffer
				for _, format := range []grafana.Format{grafana.FormatJSON, grafana.FormatConfigMap, grafana.FormatOperator, grafana.FormatProvisioning} {
					files, err := grafana.Files(all, grafana.FileOptions{Format: format})
					require.NoError(t, err)
					for _, f := range files {
						b.WriteString(f.Name)
						b.Write(f.Text)
					}
				}
				if first == nil {
					first = b.Bytes()
				}
				require.Equal(t, first, b.Bytes())
			}
		})
	}
}

func TestResourcesHoldTheModel(t *testing.T) {
	all, err := grafana.Generate(append(shop(), hostile()), grafana.Options{Layout: grafana.LayoutPerSLO})
	require.NoError(t, err)
	for _, format := range []grafana.Format{grafana.FormatConfigMap, grafana.FormatOperator} {
		files, err := grafana.Files(all, grafana.FileOptions{Format: format, Folder: "a: b # \n- c"})
		require.NoError(t, err)
		for i, f := range files {
			want, err := all[i].JSON()
			require.NoError(t, err)
			var got struct {
				Data map[string]string
				Spec struct{ JSON, Folder string }
			}
			require.NoError(t, yaml.Unmarshal(f.Text, &got), f.Name)
			assert.True(t, got.Data[all[i].Name+".json"]+got.Spec.JSON == string(want), f.Name)
		}
	}
}

func TestModelsDecodeStrictlyIntoTheSDK(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	each(t, func(t *testing.T, d grafana.Dashboard) {
		text, err := d.JSON()
		require.NoError(t, err)
		var back dashboard.Dashboard
		require.NoError(t, back.UnmarshalJSONStrict(text))
		require.NoError(t, back.Validate())
		again, err := grafana.Dashboard{Model: back}.JSON()
		require.NoError(t, err)
		assert.True(t, reflect.DeepEqual(essence(t, text), essence(t, again)), "something is lost on the way")
		assert.NotRegexp(t, `[^\\]\\u003[ce]`, string(text), "signs of comparison can be read")
	})
}

// essence is a model without what is null or empty.
func essence(t *testing.T, text []byte) any {
	t.Helper()
	var v any
	require.NoError(t, json.Unmarshal(text, &v))
	return withoutEmpty(v)
}

func withoutEmpty(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if x = withoutEmpty(x); x == nil {
				delete(v, k)
			} else {
				v[k] = x
			}
		}
		return v
	case []any:
		if len(v) == 0 {
			return nil
		}
		for i := range v {
			v[i] = withoutEmpty(v[i])
		}
	}
	return v
}

func TestStrictDecodingRefusesWhatTheSDKDoesNotKnow(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	var back dashboard.Dashboard
	assert.Error(t, back.UnmarshalJSONStrict([]byte(`{"title":"x","colour":"red","schemaVersion":42,"templating":{},"annotations":{}}`)))
}

func TestUIDsAndIDs(t *testing.T) {
	uids := map[string]bool{}
	each(t, func(t *testing.T, d grafana.Dashboard) {
		assert.Regexp(t, `^[a-zA-Z0-9_-]{8,40}$`, d.UID)
		assert.Equal(t, d.UID, *d.Model.Uid)
		assert.Regexp(t, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`, d.Name)
		uids[d.UID] = true
		seen := map[uint32]bool{}
		for _, p := range d.Model.Panels {
			id := uint32(0)
			if p.Panel != nil {
				id = *p.Panel.Id
			} else {
				id = p.RowPanel.Id
			}
			assert.False(t, seen[id])
			seen[id] = true
		}
	})
	assert.Len(t, uids, 4+len(shop())+1, "each SLO has a uid of its own, the same in every way of asking")
}

// TestLayout: no panel lies on another, each line is full, no row is empty.
func TestLayout(t *testing.T) {
	each(t, func(t *testing.T, d grafana.Dashboard) {
		taken := map[[2]uint32]string{}
		bottom, sinceRow := uint32(0), -1
		for _, p := range d.Model.Panels {
			at, title := (*dashboard.GridPos)(nil), ""
			if p.RowPanel != nil {
				at, title = p.RowPanel.GridPos, *p.RowPanel.Title
				assert.NotZero(t, sinceRow, "the row before %q is empty", title)
				sinceRow = 0
			} else {
				at, title = p.Panel.GridPos, *p.Panel.Title
				sinceRow++
				assert.True(t, at.H >= 4 && at.H <= 12 && at.W >= 3, "size of %q", title)
			}
			for x := at.X; x < at.X+at.W; x++ {
				for y := at.Y; y < at.Y+at.H; y++ {
					assert.Empty(t, taken[[2]uint32{x, y}], "%q lies on it", title)
					taken[[2]uint32{x, y}] = title
				}
			}
			bottom = max(bottom, at.Y+at.H)
		}
		assert.NotZero(t, sinceRow, "the last row is empty")
		assert.Len(t, taken, int(24*bottom), "the grid is full and nothing lies beside it")
	})
}

func TestHostileTextsStayText(t *testing.T) {
	all, err := grafana.Generate([]slo.SLO{hostile()}, grafana.Options{Layout: grafana.LayoutPerSLO})
	require.NoError(t, err)
	for _, d := range all {
		text, err := d.JSON()
		require.NoError(t, err)
		for _, broken := range []string{"](javascript:", "<script", "vector(1) # $service", "$service)|"} {
			assert.False(t, strings.Contains(string(text), broken), "%s in %s", broken, d.Name)
		}
	}
}

// TestBurnRatesAreThoseOfTheRules: dashboards and rules fit policies alike, also at
// other intervals.
func TestBurnRatesAreThoseOfTheRules(t *testing.T) {
	for _, interval := range []time.Duration{0, time.Minute, 100 * time.Second} {
		rules, err := burnrate.Generate(shop(), burnrate.GenerateOptions{Interval: interval})
		require.NoError(t, err)
		all, err := grafana.Generate(shop(), grafana.Options{Layout: grafana.LayoutPerSLO, Interval: interval})
		require.NoError(t, err)
		for i, r := range rules.SLOs {
			text, err := json.Marshal(all[2+i].Model)
			require.NoError(t, err)
			for _, w := range r.Policy.Windows {
				assert.True(t, strings.Contains(string(text), `"title":"`+strings.ToUpper(string(w.Severity[:1]))+string(w.Severity[1:])+": "+burnrate.Tier(w)+`"`), r.SLO.ID())
				assert.True(t, strings.Contains(string(text), fmt.Sprintf(`"legendFormat":"fires from %.4g"`, w.Factor)), r.SLO.ID())
			}
		}
	}
}

// many is a thousand SLOs of a large organisation.
func many() []slo.SLO {
	out := make([]slo.SLO, 1000)
	for i := range out {
		out[i] = shop()[i%4]
		out[i].Name = fmt.Sprintf("slo-%d", i%4)
		out[i].Service = fmt.Sprintf("service-%d", i/4)
		out[i].Owner = fmt.Sprintf("team-%d", i%20)
	}
	return out
}

func BenchmarkThousandSLOs(b *testing.B) {
	slos := many()
	for _, layout := range []grafana.Layout{grafana.LayoutOne, grafana.LayoutPerSLO} {
		for _, format := range []grafana.Format{grafana.FormatJSON, grafana.FormatConfigMap} {
			b.Run(string(layout)+"/"+string(format), func(b *testing.B) {
				for b.Loop() {
					all, err := grafana.Generate(slos, grafana.Options{Layout: layout})
					require.NoError(b, err)
					_, err = grafana.Files(all, grafana.FileOptions{Format: format})
					require.NoError(b, err)
				}
			})
		}
	}
}
