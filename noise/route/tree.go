package route

import (
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/alertmanager/config"
	"github.com/prometheus/alertmanager/dispatch"
	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/prometheus/model/labels"
)

// node is a route. It holds what dispatch.NewRoute made of the configuration, in
// a form that can be changed for a what-if and matched without making a map of
// every alert's labels.
type node struct {
	index    int
	id, key  string
	matchers amlabels.Matchers
	goOn     bool // "continue"
	children []*node

	receiver    string
	groupBy     []string // sorted
	groupByAll  bool
	wait        time.Duration
	interval    time.Duration
	repeat      time.Duration
	mute, alive []string // names of mute and active time intervals
}

// plant builds the route tree with Alertmanager's own package.
func (c *Config) plant(root *config.Route) error {
	if err := depth(root, maxDepth); err != nil {
		return err
	}
	c.root = c.grow(dispatch.NewRoute(root, nil), "", "", -1)
	return nil
}

func depth(r *config.Route, left int) error {
	if left == 0 {
		return fmt.Errorf("%w: routes nest deeper than %d", ErrTooLarge, maxDepth)
	}
	for _, child := range r.Routes {
		if err := depth(child, left-1); err != nil {
			return err
		}
	}
	return nil
}

// grow takes over a route and those below it. ID and Key are put together on the
// way down, as asking each route for its own takes quadratic time.
func (c *Config) grow(r *dispatch.Route, parentID, parentKey string, place int) *node {
	o := r.RouteOpts
	n := &node{
		matchers: r.Matchers, goOn: r.Continue, receiver: o.Receiver, groupByAll: o.GroupByAll,
		wait: o.GroupWait, interval: o.GroupInterval, repeat: o.RepeatInterval,
		mute: o.MuteTimeIntervals, alive: o.ActiveTimeIntervals,
	}
	text := r.Matchers.String()
	n.id, n.key = text, text
	if place >= 0 {
		n.id = fmt.Sprintf("%s/%s/%d", parentID, text, place)
		n.key = parentKey + "/" + text
	}
	for name := range o.GroupBy {
		n.groupBy = append(n.groupBy, string(name))
	}
	slices.Sort(n.groupBy)
	for i, child := range r.Routes {
		n.children = append(n.children, c.grow(child, n.id, n.key, i))
	}
	n.index = len(c.nodes)
	c.nodes = append(c.nodes, n)
	return n
}

// match appends the routes that an alert takes: the deepest that match, the first
// of siblings only, unless it says to continue.
func (n *node) match(ls labels.Labels, to []*node) []*node {
	if !allMatch(n.matchers, ls) {
		return to
	}
	before := len(to)
	for _, child := range n.children {
		had := len(to)
		to = child.match(ls, to)
		if len(to) > had && !child.goOn {
			break
		}
	}
	if len(to) == before {
		to = append(to, n)
	}
	return to
}

func allMatch(ms amlabels.Matchers, ls labels.Labels) bool {
	for _, m := range ms {
		if !m.Matches(ls.Get(m.Name)) {
			return false
		}
	}
	return true
}

// groups tells whether a label is one that the route groups by.
func (n *node) groups(name string) bool {
	if n.groupByAll {
		return true
	}
	_, found := slices.BinarySearch(n.groupBy, name)
	return found
}
