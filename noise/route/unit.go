package route

import (
	"fmt"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// unit is what shares entries of the notification log, which Alertmanager keeps
// by group key and receiver: one group of one route. Routes with the same
// matchers below the same parent have the same key, and where they name the same
// receiver too, their groups share.
type unit struct {
	key    string
	labels labels.Labels
	alerts []int32 // ids, each once
	groups []members
}

// members are the alerts of one route's group.
type members struct {
	route  *node
	alerts []int32 // places in unit.alerts
}

// unitTable makes units of alerts.
type unitTable struct {
	shared map[[2]string]uint32 // of a route's key and receiver
	byKey  map[string]int32
	units  []unit
	buf    []byte
}

// units are the units of all alerts, which are kept for the next replay of the
// same alerts through the same routes.
func (t *alertTable) units(c *Config) []unit {
	if t.routed != c.root {
		t.routed, t.divided = c.root, divide(c, t.alerts)
	}
	return t.divided
}

// divide routes every alert and groups it.
func divide(c *Config, alerts []alert) []unit {
	t := &unitTable{shared: map[[2]string]uint32{}, byKey: map[string]int32{}}
	var routes []*node
	for id := range alerts {
		routes = c.root.match(alerts[id].labels, routes[:0])
		for _, n := range routes {
			if len(c.receivers[n.receiver].Integrations) > 0 {
				t.add(n, int32(id), alerts[id].labels)
			}
		}
	}
	return t.units
}

func (t *unitTable) add(n *node, id int32, ls labels.Labels) {
	u := &t.units[t.unit(n, ls)]
	if len(u.alerts) == 0 || u.alerts[len(u.alerts)-1] != id {
		u.alerts = append(u.alerts, id)
	}
	place := int32(len(u.alerts) - 1)
	for i := range u.groups {
		if u.groups[i].route == n {
			u.groups[i].alerts = append(u.groups[i].alerts, place)
			return
		}
	}
	u.groups = append(u.groups, members{n, []int32{place}})
}

// unit is the place of the unit that an alert belongs to on a route.
func (t *unitTable) unit(n *node, ls labels.Labels) int32 {
	name := [2]string{n.key, n.receiver}
	shared, ok := t.shared[name]
	if !ok {
		shared = uint32(len(t.shared))
		t.shared[name] = shared
	}
	t.buf = append(t.buf[:0], byte(shared), byte(shared>>8), byte(shared>>16), byte(shared>>24))
	ls.Range(func(l labels.Label) {
		if n.groups(l.Name) {
			t.buf = append(append(append(append(t.buf, l.Name...), 0xff), l.Value...), 0xff)
		}
	})
	if u, ok := t.byKey[string(t.buf)]; ok {
		return u
	}
	u := int32(len(t.units))
	t.byKey[string(t.buf)] = u
	group := groupLabels(n, ls)
	t.units = append(t.units, unit{key: groupKey(n, group), labels: group})
	return u
}

func groupLabels(n *node, ls labels.Labels) labels.Labels {
	b := labels.NewScratchBuilder(len(n.groupBy))
	ls.Range(func(l labels.Label) {
		if n.groups(l.Name) {
			b.Add(l.Name, l.Value)
		}
	})
	return b.Labels()
}

// groupKey is written as dispatch.aggrGroup.GroupKey writes it.
func groupKey(n *node, group labels.Labels) string {
	set := model.LabelSet{}
	group.Range(func(l labels.Label) { set[model.LabelName(l.Name)] = model.LabelValue(l.Value) })
	return fmt.Sprintf("%s:%s", n.key, set)
}
