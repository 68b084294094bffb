package grafana

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/slo"
)

// Layout says how the detail of SLOs is cut into dashboards.
type Layout string

// The layouts.
const (
	LayoutOne    Layout = "one"     // one dashboard with variables
	LayoutPerSLO Layout = "per-slo" // that, and one for each SLO
)

// Options say how dashboards are made. The zero value is fit for use.
type Options struct {
	// Names says whose record names the SLO dashboards query.
	Names burnrate.Compat
	// Layout is LayoutOne where it is empty.
	Layout Layout
	// PageURL is where burnish's own page answers, without a trailing slash; empty
	// where nobody serves it, so that nothing links to it.
	PageURL string
	// UIDPrefix begins the uid of every dashboard; "burnish" where it is empty.
	UIDPrefix string
	// Tags are put on every dashboard, besides "burnish".
	Tags []string
	// Interval and Scrape are those that the rules were generated with, since the
	// shortest windows follow from them; 30s and 15s where they are 0.
	Interval, Scrape time.Duration
	// Cluster is the label that tells clusters apart; "cluster" where it is empty.
	Cluster string
}

func (o Options) withDefaults() (Options, error) {
	o.Layout, o.UIDPrefix, o.Cluster = cmp.Or(o.Layout, LayoutOne), cmp.Or(o.UIDPrefix, "burnish"), cmp.Or(o.Cluster, "cluster")
	o.PageURL = strings.TrimRight(o.PageURL, "/")
	switch {
	case o.Layout != LayoutOne && o.Layout != LayoutPerSLO:
		return o, fmt.Errorf("lay dashboards out as %q: there are one and per-slo", o.Layout)
	case !slices.Contains([]burnrate.Compat{burnrate.CompatNone, burnrate.CompatSloth, burnrate.CompatPyrra}, o.Names):
		return o, fmt.Errorf("query the names of %q: there are sloth and pyrra", o.Names)
	case !validUID(o.UIDPrefix) || len(o.UIDPrefix) > longestPrefix:
		return o, fmt.Errorf("use uid prefix %q: it has letters, digits, - and _, and at most %d of them", o.UIDPrefix, longestPrefix)
	case !validLabel(o.Cluster):
		return o, fmt.Errorf("use label %q for clusters: it is no label name", o.Cluster)
	}
	return o, nil
}

// shortest is the least window that rules have: two scrapes and two evaluations, in
// whole minutes.
func (o Options) shortest() time.Duration {
	least := 2 * max(cmp.Or(o.Interval, 30*time.Second), cmp.Or(o.Scrape, 15*time.Second))
	return (least + time.Minute - 1) / time.Minute * time.Minute
}

// Dashboard is a dashboard that is ready to be written.
type Dashboard struct {
	Name  string // for files and resources; unique among those of one call
	UID   string // stable as long as what it shows is the same
	Title string
	Model dashboard.Dashboard
}

// JSON is the dashboard's model as Grafana imports it, indented, with a line end.
func (d Dashboard) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d.Model); err != nil {
		return nil, fmt.Errorf("write dashboard %s: %w", d.Name, err)
	}
	return readable(b.Bytes()), nil
}

// Generate makes the dashboards of SLOs: the overview, the detail, hygiene and burnish
// itself, in that order. Without any SLO the first two are left out. The error joins
// one for each SLO that can't be shown.
func Generate(slos []slo.SLO, o Options) ([]Dashboard, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	all, err := newPromises(slos, o.shortest())
	if err != nil {
		return nil, err
	}
	g := generator{options: o, names: namesOf(o.Names), promises: all, groups: groupLabels(all, o.Cluster)}
	var out []Dashboard
	if len(all) > 0 {
		out = append(out, g.overview())
		out = append(out, g.details()...)
	}
	out = append(out, g.hygiene(), g.itself())
	var errs []error
	for _, d := range out {
		if err := d.Model.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("make dashboard %s: %w", d.Name, err))
		}
	}
	return out, errors.Join(errs...)
}

// generator makes the dashboards of one call.
type generator struct {
	options  Options
	names    names
	promises []promise
	groups   []string // labels by which SLOs are kept apart, the cluster first
}

// details are the dashboard with variables, to which tables lead, and one for each
// SLO where that is asked for.
func (g generator) details() []Dashboard {
	out := []Dashboard{g.detail(nil)}
	if g.options.Layout == LayoutOne {
		return out
	}
	for i := range g.promises {
		out = append(out, g.detail(&g.promises[i]))
	}
	return out
}
