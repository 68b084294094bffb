package promapi

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/slo"
)

// LabelValues lists the values of a label from the server's index; see
// collector.LabelReader.
func (c *Client) LabelValues(ctx context.Context, label string, ms []*labels.Matcher, window slo.Interval) ([]string, error) {
	form := url.Values{
		"start": {strconv.FormatInt(window.From.Unix(), 10)},
		"end":   {strconv.FormatInt(window.To.Unix(), 10)},
	}
	if len(ms) > 0 {
		form.Set("match[]", selector(ms))
	}
	a := ask{verb: "list values of label", expr: label, path: "/api/v1/label/" + url.PathEscape(label) + "/values", form: form, get: true}
	var values []string
	err := c.do(ctx, a, func(ans *answer) error {
		got, said, err := decodeData[[]string](ans)
		for _, w := range said.warnings {
			c.log.WarnContext(ctx, "the server warns", "of", a.path, "warning", w)
		}
		values = got
		return c.told(a, ans.sent, err)
	})
	slices.Sort(values)
	return values, err
}

// selector is the matchers as PromQL.
func selector(ms []*labels.Matcher) string {
	parts := make([]string, len(ms))
	for i, m := range ms {
		parts[i] = m.String()
	}
	return "{" + strings.Join(parts, ",") + "}"
}
