package topology

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/burnish-sre/burnish/slo"
)

// Kind is what a component is.
type Kind string

// The kinds of components.
const (
	KindService   Kind = "service"   // somebody promises something of it
	KindComponent Kind = "component" // a part that services stand on: a database, a queue
	KindProvider  Kind = "provider"  // outside, with a contract at best
)

// Component is a node of the graph.
type Component struct {
	Name  string
	Kind  Kind
	Title string // for people; may be empty
	Owner string // may be empty
	// Expected is the level that is expected of it, dependencies included: its
	// objective, or what a provider's contract says. In (0,1]; unknown where nobody
	// says.
	Expected slo.Figure
	// Own is the level of its own part alone; unknown where nobody says.
	Own slo.Figure
	// SLOs are the objectives that measure it.
	SLOs      []slo.SLO
	DependsOn []Dependency
	// Modes are the ways in which it fails, as people wrote them down.
	Modes []Mode
}

// Dependency is what a component needs: one other, or Needs of several.
type Dependency struct {
	On    []string
	Needs int     // how many of On have to work; at least 1
	Share float64 // of the component's requests that need it, in (0,1]; 1 is hard
}

// Redundant tells whether some of it may fail.
func (d Dependency) Redundant() bool { return d.Needs < len(d.On) }

// Mode is one way in which a component fails. All but Name may be empty.
type Mode struct {
	Name, Effect, Do, SLO string
}

// Graph is components and how they depend on one another, without a cycle. New
// makes it.
type Graph struct {
	components []Component // by name
	index      map[string]int
	order      []int // dependencies before those that need them
}

// New makes a graph. It fails, with everything that is wrong at once, where a name
// is missing or there twice, where something depends on what there is not, and
// where dependencies form a cycle, whose path is told.
func New(in []Component) (*Graph, error) {
	g := &Graph{components: slices.Clone(in), index: map[string]int{}}
	slices.SortStableFunc(g.components, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
	var errs []error
	if edges := g.edges(); len(in) > maxComponents || edges > maxDependencies {
		return nil, fmt.Errorf("build the topology: %d components and %d dependencies are too many: at most %d and %d", len(in), edges, maxComponents, maxDependencies)
	}
	for i, c := range g.components {
		if _, twice := g.index[c.Name]; twice || c.Name == "" {
			errs = append(errs, fmt.Errorf("component %q is there twice or has no name", c.Name))
		}
		g.index[c.Name] = i
	}
	for _, c := range g.components {
		errs = append(errs, g.dangling(c)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("build the topology: %w", err)
	}
	if err := g.sort(); err != nil {
		return nil, fmt.Errorf("build the topology: %w", err)
	}
	return g, nil
}

func (g *Graph) edges() int {
	n := 0
	for _, c := range g.components {
		for _, d := range c.DependsOn {
			n += len(d.On)
		}
	}
	return n
}

func (g *Graph) dangling(c Component) []error {
	var errs []error
	for _, d := range c.DependsOn {
		if d.Needs < 1 || d.Needs > len(d.On) || !(d.Share > 0 && d.Share <= 1) {
			errs = append(errs, fmt.Errorf("%s depends on %d of %v for a share of %v: that can't be", c.Name, d.Needs, d.On, d.Share))
		}
		for _, on := range d.On {
			if _, ok := g.index[on]; !ok {
				errs = append(errs, &DanglingError{From: c.Name, To: on})
			}
		}
	}
	return errs
}

// DanglingError is a dependency on what there is not.
type DanglingError struct{ From, To string }

// Error names both ends.
func (e *DanglingError) Error() string {
	return fmt.Sprintf("dangling dependency %s -> %s: there is no %s", e.From, e.To, e.To)
}

// CycleError is a cycle of dependencies; the first component is also the last.
type CycleError struct{ Path []string }

// Error tells the whole path.
func (e *CycleError) Error() string {
	return "cyclic dependency " + strings.Join(e.Path, " -> ")
}

// sort orders components after what they need (depth first, without recursion so
// that a long chain can't exhaust the stack).
func (g *Graph) sort() error {
	const (
		fresh = iota
		open
		done
	)
	state := make([]int, len(g.components))
	for root := range g.components {
		path := []int{root}
		for len(path) > 0 {
			at := path[len(path)-1]
			if state[at] == fresh {
				state[at] = open
			}
			needs := g.needs(at)
			if n := slices.IndexFunc(needs, func(on int) bool { return state[on] != done }); n >= 0 {
				if state[needs[n]] == open {
					return g.cycle(path, needs[n])
				}
				path = append(path, needs[n])
				continue
			}
			if state[at] == open {
				state[at] = done
				g.order = append(g.order, at)
			}
			path = path[:len(path)-1]
		}
	}
	return nil
}

func (g *Graph) cycle(path []int, to int) error {
	from := slices.Index(path, to)
	var names []string
	for _, i := range path[from:] {
		names = append(names, g.components[i].Name)
	}
	return &CycleError{append(names, g.components[to].Name)}
}

// needs are the places of all that a component depends on, in the order of its
// dependencies.
func (g *Graph) needs(i int) []int {
	var out []int
	for _, d := range g.components[i].DependsOn {
		for _, on := range d.On {
			out = append(out, g.index[on])
		}
	}
	return out
}

// Linked tells whether anything depends on anything.
func (g *Graph) Linked() bool { return g.edges() > 0 }

// Components are all components by name.
func (g *Graph) Components() []Component { return slices.Clone(g.components) }

// Component is the one of a name.
func (g *Graph) Component(name string) (Component, bool) {
	i, ok := g.index[name]
	if !ok {
		return Component{}, false
	}
	return g.components[i], true
}

// target is the level that is promised of a component: what is expected of it, else
// of the SLO that measures it.
func (c Component) target() slo.Figure {
	if c.Expected.Known {
		return c.Expected
	}
	if s := c.measuredBy(); s != nil {
		return slo.Figure{Value: s.Objective, Known: true}
	}
	return slo.Figure{}
}

// measuredBy is the SLO that stands for the component's level: the one called
// availability, else the first by name that is not about latency, since an answer
// that is late is still one; nil where there is none.
func (c Component) measuredBy() *slo.SLO {
	var out *slo.SLO
	for i := range c.SLOs {
		s := &c.SLOs[i]
		_, isLatency := s.SLI.(slo.Latency)
		switch {
		case s.Name == "availability":
			return s
		case isLatency || strings.Contains(s.Name, "latency"):
		case out == nil || s.Name < out.Name:
			out = s
		}
	}
	return out
}
