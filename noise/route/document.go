package route

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/prometheus/alertmanager/config"
	"go.yaml.in/yaml/v3"
)

// document is a configuration read for its outline only.
type document struct {
	routes, inhibit, intervals, muteIntervals yaml.Node
	receivers                                 []outline
}

// outline is a receiver without what it needs to reach anybody.
type outline struct {
	name  string
	kinds []Integration
}

// readDocument reads the outline. It fails on what is no YAML mapping at all.
func readDocument(text []byte) (*document, error) {
	var raw struct {
		Route     yaml.Node   `yaml:"route"`
		Inhibit   yaml.Node   `yaml:"inhibit_rules"`
		Intervals yaml.Node   `yaml:"time_intervals"`
		Mute      yaml.Node   `yaml:"mute_time_intervals"`
		Receivers []yaml.Node `yaml:"receivers"`
	}
	if err := yaml.Unmarshal(text, &raw); err != nil {
		return nil, err
	}
	if raw.Route.IsZero() {
		return nil, errors.New("it has no route")
	}
	if nested(&raw.Route, 4*maxDepth) {
		return nil, fmt.Errorf("%w: routes nest deeper than %d", ErrTooLarge, maxDepth)
	}
	d := &document{routes: raw.Route, inhibit: raw.Inhibit, intervals: raw.Intervals, muteIntervals: raw.Mute}
	for i := range raw.Receivers {
		d.receivers = append(d.receivers, outlineOf(&raw.Receivers[i]))
	}
	return d, nil
}

// nested tells whether a node holds more levels than allowed.
func nested(n *yaml.Node, left int) bool {
	if left == 0 {
		return true
	}
	for _, child := range n.Content {
		if nested(child, left-1) {
			return true
		}
	}
	return false
}

// outlineOf reads a receiver's name and, of each list that is called
// SOMETHING_configs, whether its entries send resolved alerts.
func outlineOf(n *yaml.Node) outline {
	var out outline
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		kind, isKind := strings.CutSuffix(key, "_configs")
		switch {
		case key == "name":
			out.name = value.Value
		case isKind:
			for _, entry := range value.Content {
				out.kinds = append(out.kinds, Integration{Kind: kind, SendResolved: sendsResolved(kind, entry)})
			}
		}
	}
	return out
}

func sendsResolved(kind string, entry *yaml.Node) bool {
	for i := 0; i+1 < len(entry.Content); i += 2 {
		if entry.Content[i].Value == "send_resolved" {
			var sends bool
			if entry.Content[i+1].Decode(&sends) == nil {
				return sends
			}
		}
	}
	return !strings.Contains(quietKinds, " "+kind+" ")
}

// quietKinds are the integrations that do not send resolved alerts unless told
// to. (config/notifiers.go and notify/*/config.go of Alertmanager.)
const quietKinds = " email slack rocketchat wechat hipchat "

// reduce writes the configuration anew with receivers that have no integration.
func (d *document) reduce() ([]byte, map[string]Receiver, error) {
	type named struct {
		Name string `yaml:"name"`
	}
	kinds := map[string]Receiver{}
	var receivers []named
	for _, r := range d.receivers {
		receivers = append(receivers, named{r.name})
		kinds[r.name] = Receiver{Name: r.name, Integrations: r.kinds}
	}
	out := map[string]any{"route": &d.routes, "receivers": receivers}
	for key, n := range map[string]*yaml.Node{"inhibit_rules": &d.inhibit, "time_intervals": &d.intervals, "mute_time_intervals": &d.muteIntervals} {
		if !n.IsZero() {
			out[key] = n
		}
	}
	text, err := yaml.Marshal(out)
	return text, kinds, err
}

// integrations lists a receiver's lists of integrations, whatever they are
// called: every field that is a list of things that know SendResolved.
func integrations(r config.Receiver) []Integration {
	var out []Integration
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		field := v.Field(i)
		if field.Kind() != reflect.Slice {
			continue
		}
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		for j := range field.Len() {
			if s, ok := field.Index(j).Interface().(interface{ SendResolved() bool }); ok {
				out = append(out, Integration{Kind: strings.TrimSuffix(name, "_configs"), SendResolved: s.SendResolved()})
			}
		}
	}
	return out
}
