package promapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
)

// mostPages bounds how many pages of rules are read.
const mostPages = 10_000

// rulesPage is what /api/v1/rules gives, as far as it is of use.
type rulesPage struct {
	Groups []struct {
		Name     string       `json:"name"`
		File     string       `json:"file"`
		Interval float64      `json:"interval"`
		Rules    []rulesEntry `json:"rules"`
	} `json:"groups"`
	NextToken string `json:"groupNextToken"`
}

// rulesEntry is a rule; durations are in seconds.
type rulesEntry struct {
	Type          string            `json:"type"`
	Name          string            `json:"name"`
	Query         string            `json:"query"`
	Duration      float64           `json:"duration"`
	KeepFiringFor float64           `json:"keepFiringFor"`
	Labels        map[string]string `json:"labels"`
	Annotations   map[string]string `json:"annotations"`
}

// Rules lists the alerting rules in force, in the server's order. It fails with
// collector.ErrRulesUnknown where the server does not evaluate rules itself.
func (c *Client) Rules(ctx context.Context) ([]noise.Rule, error) {
	var rules []noise.Rule
	form := url.Values{"type": {"alert"}}
	seen := map[string]bool{}
	for range mostPages {
		page, unknown, err := c.rulesPage(ctx, form)
		if err != nil {
			return nil, err
		}
		if unknown {
			return nil, fmt.Errorf("list the rules of %s: it does not evaluate rules itself: %w; give the rule files, or the URL of what evaluates them", c.Name(), collector.ErrRulesUnknown)
		}
		rules = append(rules, page.rules()...)
		if page.NextToken == "" || seen[page.NextToken] {
			return rules, nil
		}
		seen[page.NextToken] = true
		form.Set("group_next_token", page.NextToken)
		form.Set("group_limit", strconv.Itoa(max(1, len(page.Groups))))
	}
	return nil, fmt.Errorf("list the rules of %s: more than %d pages of them; check that it is a Prometheus API", c.Name(), mostPages)
}

func (c *Client) rulesPage(ctx context.Context, form url.Values) (page rulesPage, unknown bool, err error) {
	a := ask{verb: "list the rules", path: "/api/v1/rules", form: form, get: true}
	err = c.do(ctx, a, func(ans *answer) error {
		got, said, err := decodeData[rulesPage](ans)
		for _, w := range said.warnings {
			c.log.WarnContext(ctx, "the server warns", "of", a.path, "warning", w)
		}
		// VictoriaMetrics evaluates no rules, vmalert does; it says that there
		// is none, and it is known by this header.
		page, unknown = got, len(got.Groups) == 0 && ans.header.Get("X-Server-Hostname") != ""
		return c.told(a, ans.sent, err)
	})
	none := []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented}
	if slices.Contains(none, statusOf(err)) || statusOf(err) == http.StatusBadRequest && unsupported(err) {
		return page, false, fmt.Errorf("%w: %w; give the rule files instead", err, collector.ErrRulesUnknown)
	}
	return page, unknown, err
}

func (p rulesPage) rules() []noise.Rule {
	var rules []noise.Rule
	for _, g := range p.Groups {
		for _, r := range g.Rules {
			if r.Type != "alerting" {
				continue
			}
			rules = append(rules, noise.Rule{
				Name: r.Name, Group: g.Name, File: g.File, Expr: r.Query,
				For: duration(r.Duration), KeepFiringFor: duration(r.KeepFiringFor), Interval: duration(g.Interval),
				Labels: labels.FromMap(r.Labels), Annotations: labels.FromMap(r.Annotations),
			})
		}
	}
	return rules
}

// duration turns the seconds of the rules API, which may have a fraction, into a
// duration of whole milliseconds; what can't be one is 0.
func duration(seconds float64) time.Duration {
	const most = 100 * 365 * 24 * 3600
	if !(seconds > 0 && seconds <= most) {
		return 0
	}
	return time.Duration(seconds*1000+0.5) * time.Millisecond
}
