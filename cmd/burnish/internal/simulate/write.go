package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"text/template"
	"time"
)

// The names in the directory that a simulation writes.
const (
	dataDir       = "data"
	rulesDir      = "rules"
	slosDir       = "slos"
	incidentsFile = "incidents.json"
	topologyFile  = "topology.yml"
	readmeFile    = "README.md"
	aboutFile     = "simulation.json" // also tells a simulation from a foreign directory
	aboutSchema   = "burnish/simulation/v1"
)

// about is what simulation.json says: the input, what was written and what was
// planted in it.
type about struct {
	Schema   string    `json:"schema"`
	Seed     uint64    `json:"seed"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Series   int       `json:"series"`
	Samples  uint64    `json:"samples"`
	Episodes int       `json:"episodes"`
	Planted  []Planted `json:"planted"`
}

// declared is an incident as the incidents file has it.
type declared struct {
	ID     string            `json:"id"`
	From   time.Time         `json:"from"`
	To     time.Time         `json:"to"`
	Labels map[string]string `json:"labels"`
	SLO    *string           `json:"slo"` // null where no objective is hurt
	Note   string            `json:"note"`
}

// write writes the month into an empty directory. The result names the paths
// that the files have once the directory has its final name.
func (m *month) write(ctx context.Context, dir string) (Result, error) {
	o := m.options
	r := Result{
		TSDBDir: filepath.Join(o.Dir, dataDir), IncidentsFile: filepath.Join(o.Dir, incidentsFile),
		TopologyFile: filepath.Join(o.Dir, topologyFile), From: o.from(), To: o.End, Series: len(m.series), Planted: m.planted(),
	}
	for _, e := range m.episodes() {
		if e.Fired() {
			r.Episodes++
		}
	}
	// A temporary directory is private; what it becomes is as public as others.
	if err := os.Chmod(dir, 0o755); err != nil {
		return r, fmt.Errorf("write the simulation: %w", err)
	}
	b := blocks{dir: filepath.Join(dir, dataDir), seed: o.Seed, from: r.From, to: r.To, series: m.series, progress: m.progress}
	var err error
	if r.Samples, err = b.write(ctx); err != nil {
		return r, err
	}
	if r.RuleFiles, err = o.copyShop(dir, rulesDir, "*.yml"); err != nil {
		return r, err
	}
	if r.SLOFiles, err = o.copyShop(dir, slosDir, "*.yaml"); err != nil {
		return r, err
	}
	return r, errors.Join(
		writeJSON(filepath.Join(dir, incidentsFile), m.declared()),
		copyTopology(dir),
		writeJSON(filepath.Join(dir, aboutFile), about{aboutSchema, o.Seed, r.From, r.To, r.Series, r.Samples, r.Episodes, r.Planted}),
		m.writeReadme(filepath.Join(dir, readmeFile), r),
	)
}

// planted leaves out what belongs to incidents beyond the end.
func (m *month) planted() []Planted {
	happened := map[string]bool{"": true}
	for _, i := range m.story.Incidents {
		happened[i.ID] = true
	}
	var out []Planted
	for _, p := range m.story.Planted {
		if happened[p.Incident] {
			out = append(out, p)
		}
	}
	return out
}

func (m *month) declared() []declared {
	out := []declared{}
	for _, i := range m.story.Incidents {
		from := m.state.from.Add(time.Duration(i.At))
		d := declared{ID: i.ID, From: from, To: from.Add(i.Lasts), Labels: i.Labels, Note: i.Note}
		if i.SLO != "" {
			d.SLO = &i.SLO
		}
		out = append(out, d)
	}
	return out
}

// copyShop copies a folder of built-in files to the directory that is written,
// and returns the paths that they have once it has its final name.
func (o Options) copyShop(dir, folder, glob string) ([]string, error) {
	if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
		return nil, fmt.Errorf("write the %s: %w", folder, err)
	}
	files, err := fs.Glob(shopFiles, path.Join("shop", folder, glob))
	if err != nil {
		return nil, fmt.Errorf("list the %s: %w", folder, err)
	}
	var out []string
	for _, file := range files {
		text, err := fs.ReadFile(shopFiles, file)
		if err != nil {
			return nil, fmt.Errorf("write the %s: %w", folder, err)
		}
		name := filepath.Join(folder, path.Base(file))
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return nil, fmt.Errorf("write the %s: %w", folder, err)
		}
		out = append(out, filepath.Join(o.Dir, name))
	}
	return out, nil
}

// copyTopology writes what the shop's services need of one another.
func copyTopology(dir string) error {
	text, err := fs.ReadFile(shopFiles, path.Join("shop", topologyFile))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, topologyFile), text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the topology: %w", err)
	}
	return nil
}

func writeJSON(path string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return nil
}

func (m *month) writeReadme(path string, r Result) error {
	t, err := template.ParseFS(shopFiles, "shop/README.md.tmpl")
	if err != nil {
		return fmt.Errorf("write %s: %w", readmeFile, err)
	}
	var text bytes.Buffer
	err = t.Execute(&text, map[string]any{
		"Result": r, "Seed": m.options.Seed, "Days": m.options.Days, "Incidents": m.declared(), "Deploys": len(m.state.deploys),
	})
	if err != nil {
		return fmt.Errorf("write %s: %w", readmeFile, err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write %s: %w", readmeFile, err)
	}
	return nil
}

// mayReplace tells whether dir is missing, empty, or an earlier simulation with
// nothing else in it.
func mayReplace(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
			return fmt.Errorf("create the directory above %s: %w", dir, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("look into %s: %w", dir, err)
	case len(entries) == 0:
		return nil
	}
	var found about
	text, err := os.ReadFile(filepath.Join(dir, aboutFile))
	if err != nil || json.Unmarshal(text, &found) != nil || found.Schema != aboutSchema {
		return fmt.Errorf("write the simulation to %s: it holds other files; choose an empty or a new directory", dir)
	}
	for _, e := range entries {
		switch e.Name() {
		case dataDir, rulesDir, slosDir, incidentsFile, topologyFile, readmeFile, aboutFile:
		default:
			return fmt.Errorf("write the simulation to %s: it also holds %s; move that away or choose another directory", dir, e.Name())
		}
	}
	return nil
}

// replace puts the finished directory in the place of the old one, if any.
func replace(dir, finished string) error {
	if err := mayReplace(dir); err != nil {
		return err
	}
	old := finished + ".old"
	err := os.Rename(dir, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("move the earlier simulation away: %w", err)
	}
	if err := os.Rename(finished, dir); err != nil {
		return errors.Join(fmt.Errorf("put the simulation in place: %w", err), os.Rename(old, dir))
	}
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("remove the earlier simulation: %w", err)
	}
	return nil
}
