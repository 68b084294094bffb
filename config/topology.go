package config

import (
	"path/filepath"
	"time"

	"github.com/prometheus/common/model"
)

// Topology is what depends on what, as the page shows it.
type Topology struct {
	File      string         `yaml:"file" doc:"A file of components and what they depend on, as burnish slo topology --topology.file takes it; without one the page shows what SLOs name in depends_on."`
	Worksheet string         `yaml:"worksheet" doc:"The failure-mode worksheet that people fill in, .md or .csv, as burnish slo topology --worksheet writes it; it is read and never written."`
	Window    model.Duration `yaml:"window" doc:"How far back failures and alerts are measured; at least 1h."`
	Refresh   model.Duration `yaml:"refresh" doc:"How often they are measured anew; at least 1m. The files are read with every report."`
}

// defaultTopology is a topology of which nothing is said.
func defaultTopology() Topology {
	return Topology{Window: model.Duration(30 * 24 * time.Hour), Refresh: model.Duration(time.Hour)}
}

func (t Topology) validate(d *decoder) {
	if ext := filepath.Ext(t.Worksheet); t.Worksheet != "" && ext != ".md" && ext != ".csv" {
		d.fail("topology.worksheet", "want a name that ends in .md or .csv")
	}
	limits{low: minWindow}.hold(d, "topology.window", t.Window)
	limits{time.Minute, 24 * time.Hour}.hold(d, "topology.refresh", t.Refresh)
}
