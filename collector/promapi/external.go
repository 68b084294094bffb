package promapi

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// globals remembers a server's external labels, which are the same for every
// read of a client.
type globals struct {
	mtx    sync.Mutex
	known  bool
	labels labels.Labels
}

// external are the labels that a server adds to the series of remote read which
// lack them, and to nothing that the query API gives. So that both routes name a
// series alike, they are taken off again.
type external struct {
	labels labels.Labels
	// own are the series that hold one of the labels themselves, with the same
	// value, by the labels that remote read gives them.
	own map[string]labels.Labels
	lb  labels.Builder
	buf []byte
}

// strip gives back the labels of a series as they are stored.
func (e *external) strip(ls labels.Labels) labels.Labels {
	if e.labels.IsEmpty() {
		return ls
	}
	e.buf = ls.Bytes(e.buf)
	if stored, ok := e.own[string(e.buf)]; ok {
		return stored
	}
	e.lb.Reset(ls)
	e.labels.Range(func(l labels.Label) {
		if ls.Get(l.Name) == l.Value {
			e.lb.Del(l.Name)
		}
	})
	return e.lb.Labels()
}

// keep remembers a series that holds an external label itself.
func (e *external) keep(stored labels.Labels) {
	e.lb.Reset(stored)
	e.labels.Range(func(l labels.Label) {
		if !stored.Has(l.Name) {
			e.lb.Set(l.Name, l.Value)
		}
	})
	e.own[string(e.lb.Labels().Bytes(nil))] = stored
}

// externalLabels are those of the server, and which of the selected series hold
// one themselves.
func (c *Client) externalLabels(ctx context.Context, w window, ms []*labels.Matcher) (*external, error) {
	found, err := c.globalLabels(ctx)
	if err != nil {
		return nil, err
	}
	e := &external{labels: found, own: map[string]labels.Labels{}}
	if e.labels.IsEmpty() {
		return e, nil
	}
	return e, c.ownLabels(ctx, e, w, ms)
}

// globalLabels asks once for the server's configuration. A server that has no
// such page, or does not show it, is taken to have no external labels.
func (c *Client) globalLabels(ctx context.Context) (labels.Labels, error) {
	c.external.mtx.Lock()
	defer c.external.mtx.Unlock()
	if c.external.known {
		return c.external.labels, nil
	}
	page, err := get[struct{ YAML string }](ctx, c, ask{verb: "read the configuration", path: "/api/v1/status/config"})
	if err != nil && !absent(err) {
		return labels.EmptyLabels(), err
	}
	found, readable := readExternal(page.YAML)
	if !readable {
		c.log.InfoContext(ctx, "the server's configuration can't be read, taking it to have no external labels")
	}
	c.external.known, c.external.labels = true, found
	return found, nil
}

// readExternal finds the external labels in a Prometheus configuration.
func readExternal(text string) (found labels.Labels, readable bool) {
	var config struct {
		Global struct {
			ExternalLabels map[string]string `yaml:"external_labels"`
		}
	}
	if err := yaml.Unmarshal([]byte(text), &config); err != nil {
		return labels.EmptyLabels(), false
	}
	return labels.FromMap(config.Global.ExternalLabels), true
}

// ownLabels finds the selected series that hold an external label themselves, as
// when a rule sets it. Usually there is none; it is a look into the index only.
func (c *Client) ownLabels(ctx context.Context, e *external, w window, ms []*labels.Matcher) error {
	form := url.Values{"start": {seconds(w.from)}, "end": {seconds(w.to - 1)}}
	e.labels.Range(func(l labels.Label) {
		own := append(slices.Clone(ms), labels.MustNewMatcher(labels.MatchEqual, l.Name, l.Value))
		form.Add("match[]", (&parser.VectorSelector{LabelMatchers: own}).String())
	})
	found, err := get[[]map[string]string](ctx, c, ask{verb: "list series", path: "/api/v1/series", form: form})
	if err != nil && !absent(err) {
		return err
	}
	for _, series := range found {
		e.keep(labels.FromMap(series))
	}
	return nil
}

// absent tells whether the server has no such page or does not show it.
func absent(err error) bool {
	s := statusOf(err)
	return s/100 == 2 || s/100 == 3 || s/100 == 4 && s != http.StatusTooManyRequests || s == http.StatusNotImplemented || isNoAPI(err)
}

// get asks for a small answer of the API.
func get[T any](ctx context.Context, c *Client, a ask) (T, error) {
	var data T
	a.get = true
	err := c.do(ctx, a, func(ans *answer) error {
		got, said, err := decodeData[T](ans)
		for _, w := range said.warnings {
			c.log.WarnContext(ctx, "the server warns", "of", a.path, "warning", w)
		}
		data = got
		return c.told(a, ans.sent, err)
	})
	return data, err
}
