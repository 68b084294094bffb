package topology

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/strict"
)

// Schema is what the version of a topology's text has to be.
const Schema = "burnish/topology/v1"

// maxComponents and maxDependencies bound a graph, and maxName a name in bytes.
const (
	maxComponents   = 500
	maxDependencies = 3000
	maxName         = 128
)

// Parse reads a topology file: components and what they depend on. The error joins
// everything that is wrong, each fault with file, line and column.
func Parse(file string, text []byte) ([]Component, error) {
	m, r := strict.Open(file, text, "topology", []string{"version", "components"})
	if v := m.Needed("version"); v != "" && v != Schema {
		m.Fail("version", "%.60q is not %s", v, Schema)
	}
	items := m.Each("components", "component", []string{"name", "kind", "title", "owner", "expected", "own", "depends_on", "failure_modes"})
	if len(items) == 0 || len(items) > maxComponents {
		m.Fail("components", "want a list of 1 to %d components", maxComponents)
	}
	var out []Component
	seen := map[string]bool{}
	for _, item := range items {
		c := readComponent(item)
		if seen[c.Name] && c.Name != "" {
			item.Fail("name", "%.140q is there twice", c.Name)
		}
		seen[c.Name] = true
		out = append(out, c)
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return out, nil
}

func readComponent(m *strict.Mapping) Component {
	c := Component{
		Name: name(m, "name"), Kind: Kind(m.OneOf("kind", string(KindService), string(KindComponent), string(KindProvider))),
		Title: m.Text("title"), Owner: m.Text("owner"), Expected: level(m, "expected"), Own: level(m, "own"),
	}
	for _, d := range m.EachOrText("depends_on", "dependency", "on", []string{"on", "any", "needs", "share"}) {
		c.DependsOn = append(c.DependsOn, readDependency(d))
	}
	for _, f := range m.EachOrText("failure_modes", "failure mode", "mode", []string{"mode", "effect", "do", "slo"}) {
		c.Modes = append(c.Modes, Mode{Name: f.Needed("mode"), Effect: f.Text("effect"), Do: f.Text("do"), SLO: f.Text("slo")})
	}
	return c
}

// name is a text that is fit for a name: no control characters, no slash.
func name(m *strict.Mapping, key string) string {
	text := m.Needed(key)
	if !fitName(text) && text != "" {
		m.Fail(key, "%.140q is no name: at most %d letters, digits and - _ . : space", text, maxName)
		return ""
	}
	return text
}

func fitName(text string) bool {
	if text == "" || len(text) > maxName || strings.TrimSpace(text) != text {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("-_.: ", r)
	})
}

// level is a service level, in (0,1].
func level(m *strict.Mapping, key string) slo.Figure {
	if !m.Has(key) {
		return slo.Figure{}
	}
	v := m.Ratio(key, 1, strict.Range{Least: 1e-6, Most: 1})
	return slo.Figure{Value: v, Known: true}
}

func readDependency(m *strict.Mapping) Dependency {
	d := Dependency{On: m.Texts("any"), Share: m.Ratio("share", 1, strict.Range{Least: 1e-9, Most: 1})}
	switch {
	case m.Has("any") && m.Has("on"):
		m.Fail("any", "on and any exclude each other")
	case m.Has("any"):
		if len(d.On) < 2 {
			m.Fail("any", "two names are needed at least")
		}
		sorted := slices.Sorted(slices.Values(d.On))
		if len(slices.Compact(sorted)) != len(d.On) {
			m.Fail("any", "a name is there twice")
		}
	default:
		d.On = []string{name(m, "on")}
		if m.Has("needs") {
			m.Fail("needs", "it goes with any")
		}
	}
	d.Needs = m.Count("needs", 1, 1)
	if d.Needs > len(d.On) && len(d.On) > 1 {
		m.Fail("needs", "%d of %d can't be", d.Needs, len(d.On))
	}
	return d
}

// dependsLabel is the label of an SLO that names what its service depends on.
const dependsLabel = "depends_on"

// FromSLOs are the components of SLOs: each service, with the dependencies that
// specs name (depends_on), and those of the label depends_on, as in
// "payments,cart:30%".
func FromSLOs(slos []slo.SLO) ([]Component, error) {
	by := map[string]*Component{}
	var names []string
	for _, s := range slos {
		c := by[s.Service]
		if c == nil {
			c = &Component{Name: s.Service, Kind: KindService}
			by[s.Service] = c
			names = append(names, s.Service)
		}
		if c.Owner == "" {
			c.Owner = s.Owner
		}
		c.SLOs = append(c.SLOs, s)
		for _, on := range s.DependsOn {
			service, _, _ := strings.Cut(on, "/")
			c.need(Dependency{On: []string{service}, Needs: 1, Share: 1})
		}
		if err := c.labelled(s); err != nil {
			return nil, err
		}
	}
	out := make([]Component, 0, len(names))
	for _, n := range names {
		out = append(out, *by[n])
	}
	return out, nil
}

// labelled takes the dependencies of the label.
func (c *Component) labelled(s slo.SLO) error {
	text := s.Labels[dependsLabel]
	if text == "" {
		return nil
	}
	for part := range strings.SplitSeq(text, ",") {
		on, share, soft := strings.Cut(strings.TrimSpace(part), ":")
		d := Dependency{On: []string{on}, Needs: 1, Share: 1}
		if soft {
			var percent float64
			if _, err := fmt.Sscanf(share, "%f%%", &percent); err != nil || !(percent > 0 && percent <= 100) {
				return fmt.Errorf("read label %s of %s: %.40q is no share such as 30%%", dependsLabel, s.ID(), share)
			}
			d.Share = percent / 100
		}
		c.need(d)
	}
	return nil
}

// need adds a dependency on one other, unless it is itself or is there already.
func (c *Component) need(d Dependency) {
	same := func(o Dependency) bool { return slices.Equal(o.On, d.On) }
	if d.On[0] == c.Name || slices.ContainsFunc(c.DependsOn, same) {
		return
	}
	c.DependsOn = append(c.DependsOn, d)
}

// Merge lays components of a file over those of SLOs: what the file says of a
// component wins, and its dependencies replace those that it had where it names any.
func Merge(under, over []Component) []Component {
	out := slices.Clone(under)
	for _, c := range over {
		i := slices.IndexFunc(out, func(o Component) bool { return o.Name == c.Name })
		if i < 0 {
			out = append(out, c)
			continue
		}
		c.SLOs = out[i].SLOs
		if c.Owner == "" {
			c.Owner = out[i].Owner
		}
		if len(c.DependsOn) == 0 {
			c.DependsOn = out[i].DependsOn
		}
		out[i] = c
	}
	return out
}
