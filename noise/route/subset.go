package route

import "github.com/prometheus/prometheus/model/labels"

// subset restricts a replay to the units that a change can touch. The nil subset
// restricts nothing.
type subset struct {
	alert func(labels.Labels) bool // units that hold such an alert; nil: none
	route string                   // units of this route, by Route.ID
}

func (s *subset) of(units []unit, alerts []alert) []unit {
	if s == nil {
		return units
	}
	var out []unit
	for _, u := range units {
		if s.holds(&u, alerts) {
			out = append(out, u)
		}
	}
	return out
}

func (s *subset) holds(u *unit, alerts []alert) bool {
	for _, g := range u.groups {
		if s.route != "" && g.route.id == s.route {
			return true
		}
	}
	for _, id := range u.alerts {
		if s.alert != nil && s.alert(alerts[id].labels) {
			return true
		}
	}
	return false
}
