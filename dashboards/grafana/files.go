package grafana

import (
	"bytes"
	"cmp"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/yaml"
)

// Format says what dashboards are written as.
type Format string

// The formats.
const (
	FormatJSON         Format = "json"             // files to import
	FormatConfigMap    Format = "configmap"        // ConfigMaps for Grafana's sidecar
	FormatOperator     Format = "grafana-operator" // GrafanaDashboard resources
	FormatProvisioning Format = "provisioning"     // JSON files and the provider that finds them
)

// FileOptions say how files are written. The zero value writes JSON.
type FileOptions struct {
	Format Format
	// Folder is the folder in Grafana; "burnish" where it is empty.
	Folder string
	// Namespace is that of Kubernetes resources; empty leaves it out.
	Namespace string
	// Path is where Grafana finds provisioned dashboards;
	// "/var/lib/grafana/dashboards/burnish" where it is empty.
	Path string
}

// File is a file as it should be.
type File struct {
	Name string // relative to the folder of all files, with forward slashes
	Text []byte
}

// Files are dashboards as files of a format, in a fixed order.
func Files(all []Dashboard, o FileOptions) ([]File, error) {
	o.Folder, o.Path = cmp.Or(o.Folder, "burnish"), cmp.Or(o.Path, "/var/lib/grafana/dashboards/burnish")
	var out []File
	if o.Format == FormatProvisioning {
		text, err := yaml.Marshal(provider(o))
		if err != nil {
			return nil, fmt.Errorf("write provider: %w", err)
		}
		out = append(out, File{"provider.yaml", text})
	}
	made := make([]File, len(all))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range all {
		g.Go(func() (err error) {
			made[i], err = file(d, o)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return append(out, made...), nil
}

func file(d Dashboard, o FileOptions) (File, error) {
	model, err := d.JSON()
	if err != nil {
		return File{}, err
	}
	switch o.Format {
	case FormatJSON, "":
		return File{d.Name + ".json", model}, nil
	case FormatProvisioning:
		return File{"dashboards/" + d.Name + ".json", model}, nil
	case FormatConfigMap:
		return resource(d, configMap(d, o), block{"data:\n", "  ", d.Name + ".json", model})
	case FormatOperator:
		return resource(d, grafanaDashboard(d, o), block{"", "  ", "json", model})
	}
	return File{}, fmt.Errorf("write dashboards as %q: there are json, configmap, grafana-operator and provisioning", o.Format)
}

// block is a text that goes on below a resource, as YAML's block of lines.
type block struct {
	above, at, key string
	text           []byte
}

// resource is a resource of Kubernetes with the model at its end. The model is written
// by hand: as a value it would pass through YAML and back, which takes most of the time.
func resource(d Dashboard, head any, below block) (File, error) {
	text, err := yaml.Marshal(head)
	if err != nil {
		return File{}, fmt.Errorf("write resource of dashboard %s: %w", d.Name, err)
	}
	var out bytes.Buffer
	out.Grow(len(below.text) * 5 / 4)
	out.Write(text)
	out.WriteString(below.above + below.at + below.key + ": |\n")
	for line := range bytes.Lines(below.text) {
		out.WriteString(below.at + "  ")
		out.Write(line)
	}
	return File{d.Name + ".yaml", out.Bytes()}, nil
}

type metadata struct {
	Name        string            `json:"name"`
	Namespace   string            `json:"namespace,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func metadataOf(d Dashboard, o FileOptions) metadata {
	return metadata{Name: "burnish-" + d.Name, Namespace: o.Namespace, Labels: map[string]string{"app.kubernetes.io/managed-by": "burnish"}}
}

// head is how every resource begins.
type head struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
}

// configMap is what the sidecar of Grafana's Helm chart looks for by label.
func configMap(d Dashboard, o FileOptions) head {
	m := metadataOf(d, o)
	m.Labels["grafana_dashboard"] = "1"
	m.Annotations = map[string]string{"grafana_folder": o.Folder}
	return head{APIVersion: "v1", Kind: "ConfigMap", Metadata: m}
}

// operated is the resource of the Grafana operator, whose spec comes last.
type operated struct {
	head

	Spec struct {
		Folder           string   `json:"folder"`
		InstanceSelector selector `json:"instanceSelector"`
	} `json:"spec"`
}

type selector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

func grafanaDashboard(d Dashboard, o FileOptions) operated {
	out := operated{head: head{APIVersion: "grafana.integreatly.org/v1beta1", Kind: "GrafanaDashboard", Metadata: metadataOf(d, o)}}
	out.Spec.Folder, out.Spec.InstanceSelector.MatchLabels = o.Folder, map[string]string{"dashboards": "grafana"}
	return out
}

type providersOf struct {
	APIVersion int          `json:"apiVersion"`
	Providers  []providerOf `json:"providers"`
}

type providerOf struct {
	Name            string            `json:"name"`
	Folder          string            `json:"folder"`
	Type            string            `json:"type"`
	AllowUIUpdates  bool              `json:"allowUiUpdates"`
	DisableDeletion bool              `json:"disableDeletion"`
	Options         map[string]string `json:"options"`
}

func provider(o FileOptions) providersOf {
	return providersOf{APIVersion: 1, Providers: []providerOf{{
		Name: "burnish", Folder: o.Folder, Type: "file", Options: map[string]string{"path": o.Path},
	}}}
}
