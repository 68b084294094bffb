package spec

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/burnish-sre/burnish/slo"
)

// slothPlugin is what one of Sloth's common SLI plugins counts. Sloth runs them
// as programs; this says the same in data. They all take an option "filter" of
// more matchers.
type slothPlugin struct {
	metric string // of all events, or the name of a histogram
	bad    string // matchers of bad events; empty for a histogram
	// badOption is the option whose value replaces the regular expression in
	// bad, which then has a %s, and badDefault what it is otherwise.
	badOption, badDefault string
	gauge                 bool        // 1 while all is well
	every                 string      // matchers that are always there
	matchers              [][2]string // option that is needed, and the matcher with its value
}

const slothCommon = "sloth-common/"

// slothPluginsKnown are those of Sloth's common plugins that count one family of
// series, by their id without its prefix.
var slothPluginsKnown = map[string]slothPlugin{
	"coredns/availability":                  {metric: "coredns_dns_responses_total", bad: `rcode=~%s`, badOption: "custom_rcode_regex", badDefault: "SERVFAIL"},
	"coredns/latency":                       {metric: "coredns_dns_request_duration_seconds"},
	"istio/v1/availability":                 {metric: "istio_requests_total", bad: `response_code=~"(5..|429)"`, matchers: istioMatchers},
	"istio/v1/latency":                      {metric: "istio_request_duration_milliseconds", matchers: istioMatchers},
	"kubernetes/apiserver/availability":     {metric: "apiserver_request_total", bad: `code=~"(5..|429)"`},
	"kubernetes/apiserver/latency":          {metric: "apiserver_request_duration_seconds", every: `verb!="WATCH"`},
	"kubernetes/nginx-ingress/availability": {metric: "nginx_ingress_controller_requests", bad: `status=~"(5..|429)"`},
	"prometheus/targets/availability":       {metric: "up", gauge: true},
	"traefik/v1/availability":               {metric: "traefik_backend_requests_total", bad: `code=~"(5..|429)"`, matchers: traefik1Matchers},
	"traefik/v1/latency":                    {metric: "traefik_backend_request_duration_seconds", matchers: traefik1Matchers},
	"traefik/v2/availability":               {metric: "traefik_service_requests_total", bad: `code=~"(5..)"`, matchers: traefik2Matchers},
	"traefik/v2/latency":                    {metric: "traefik_service_request_duration_seconds", matchers: traefik2Matchers},
}

var (
	istioMatchers    = [][2]string{{"service", `destination_service_name=%s`}, {"namespace", `destination_service_namespace=%s`}}
	traefik1Matchers = [][2]string{{"backend_regex", `backend=~%s`}}
	traefik2Matchers = [][2]string{{"service_name_regex", `service=~%s`}}
)

// slothPlugin reads an SLI that is given by a plugin.
func (o object) slothPlugin() slo.SLI {
	id, options := o.needed("id"), o.labels("options")
	plugin, ok := slothPluginsKnown[strings.TrimPrefix(id, slothCommon)]
	if !ok || !strings.HasPrefix(id, slothCommon) {
		o.d.refuse(o.node("id"), "SLI plugin %q is a program that burnish does not run: write its query as events or raw", id)
		return nil
	}
	matchers := []string{}
	if filter := strings.Trim(options["filter"], "{}, "); filter != "" {
		matchers = append(matchers, filter)
	}
	if plugin.every != "" {
		matchers = append(matchers, plugin.every)
	}
	for _, m := range plugin.matchers {
		value := strings.TrimSpace(options[m[0]])
		if value == "" {
			o.fail("options", "%s is missing for plugin %q", m[0], id)
			return nil
		}
		matchers = append(matchers, fmt.Sprintf(m[1], quoted(value)))
	}
	if options["exclude_errors"] == "true" && plugin.bad == "" {
		matchers = append(matchers, `code!~"5.."`)
	}
	sli, err := o.d.slothPluginSLI(plugin, matchers, options)
	if err != nil {
		o.fail("options", "%v", err)
		return nil
	}
	return sli
}

var decimal = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// matching is the selector of a metric with matchers.
func (d *decoder) matching(metric string, matchers []string) (*parser.VectorSelector, error) {
	text, err := d.selector(metric + "{" + strings.Join(matchers, ", ") + "}")
	if err != nil {
		return nil, err
	}
	expr, err := d.parse(text)
	if err != nil {
		return nil, err
	}
	return expr.(*parser.VectorSelector), nil
}

func (d *decoder) slothPluginSLI(p slothPlugin, matchers []string, options map[string]string) (slo.SLI, error) {
	metric, part, total := p.metric, p.bad, p.metric
	switch {
	case p.gauge:
		gauge, err := d.matching(metric, matchers)
		if err != nil {
			return nil, err
		}
		return slo.Probe{Selector: gauge.String()}, nil
	case p.badOption != "":
		value := options[p.badOption]
		if value == "" {
			value = p.badDefault
		}
		part = fmt.Sprintf(p.bad, quoted(value))
	case p.bad == "":
		if !decimal.MatchString(options["bucket"]) {
			return nil, fmt.Errorf("bucket %q is not the bound of a bucket", options["bucket"])
		}
		metric, total, part = p.metric+"_bucket", p.metric+"_count", `le=`+quoted(options["bucket"])
	}
	of, err := d.matching(metric, append([]string{part}, matchers...))
	if err != nil {
		return nil, err
	}
	all, err := d.matching(total, matchers)
	if err != nil {
		return nil, err
	}
	return eventsOf(of, all, p.bad == ""), nil
}

// quoted is a text as PromQL quotes it.
func quoted(text string) string { return fmt.Sprintf("%q", text) }
