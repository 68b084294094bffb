package deploy_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"

	"github.com/burnish-sre/burnish/config"
)

const chartDir = "helm/burnish"

// objects are Kubernetes objects by kind and name.
type objects map[string]any

// newObject is an empty object of the type that a document names.
func newObject(kind string) any {
	switch kind {
	case "apps/v1/Deployment":
		return &appsv1.Deployment{}
	case "v1/ConfigMap":
		return &corev1.ConfigMap{}
	case "v1/Service":
		return &corev1.Service{}
	case "v1/ServiceAccount":
		return &corev1.ServiceAccount{}
	case "v1/PersistentVolumeClaim":
		return &corev1.PersistentVolumeClaim{}
	case "networking.k8s.io/v1/NetworkPolicy":
		return &networkingv1.NetworkPolicy{}
	case "networking.k8s.io/v1/Ingress":
		return &networkingv1.Ingress{}
	case "policy/v1/PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "monitoring.coreos.com/v1/ServiceMonitor":
		return &monitoringv1.ServiceMonitor{}
	case "monitoring.coreos.com/v1/PrometheusRule":
		return &monitoringv1.PrometheusRule{}
	}
	return nil
}

// decode takes documents apart; an unknown or doubled field fails the test.
func (o objects) decode(t *testing.T, text string) {
	t.Helper()
	for doc := range strings.SplitSeq("\n"+text, "\n---") {
		if strings.TrimSpace(doc) == "" {
			continue
		}
		var head struct {
			APIVersion, Kind string
			Metadata         struct{ Name string }
		}
		require.NoError(t, yaml.Unmarshal([]byte(doc), &head), doc)
		if head.Kind == "" {
			continue // comments only
		}
		into := newObject(head.APIVersion + "/" + head.Kind)
		require.NotNil(t, into, "no type is known for %s/%s", head.APIVersion, head.Kind)
		require.NoError(t, yaml.UnmarshalStrict([]byte(doc), into), "%s %s\n%s", head.Kind, head.Metadata.Name, doc)
		key := head.Kind + "/" + head.Metadata.Name
		require.NotContains(t, o, key, "two objects of one name")
		o[key] = into
	}
}

// get is the only object of its type whose kind and name are given.
func get[T any](t *testing.T, o objects, key string) *T {
	t.Helper()
	require.Contains(t, o, key, "rendered: %v", slices.Sorted(maps.Keys(o)))
	out, ok := o[key].(*T)
	require.True(t, ok)
	return out
}

// values are the values of a file in testdata, over the chart's own.
func values(t *testing.T, file string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if file == "" {
		return out
	}
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, &out))
	return out
}

// render is the chart as Helm renders it. Values that the chart's schema refuses
// are an error, as they are for Helm.
func render(values map[string]any) (map[string]string, error) {
	c, err := loader.LoadDir(chartDir)
	if err != nil {
		return nil, err
	}
	in, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "slo", Namespace: "monitoring", IsInstall: true}, nil)
	if err != nil {
		return nil, err
	}
	return engine.Render(c, in)
}

func rendered(t *testing.T, file string) objects {
	t.Helper()
	files, err := render(values(t, file))
	require.NoError(t, err)
	out := objects{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, "NOTES.txt") {
			out.decode(t, files[name])
		}
	}
	return out
}

// loaded is burnish's configuration in a ConfigMap, read as burnish reads it.
func loaded(t *testing.T, m *corev1.ConfigMap) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "burnish.yml")
	require.NoError(t, os.WriteFile(file, []byte(m.Data["burnish.yml"]), 0o600))
	c, err := config.Load(file, nil)
	require.NoError(t, err, m.Data["burnish.yml"])
	return c
}

func TestChartAsItIs(t *testing.T) {
	o := rendered(t, "")
	assert.ElementsMatch(t, []string{
		"ConfigMap/slo-burnish", "Deployment/slo-burnish", "PersistentVolumeClaim/slo-burnish", "Service/slo-burnish", "ServiceAccount/slo-burnish",
	}, slices.Collect(maps.Keys(o)))
	c := loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish"))
	assert.Equal(t, ":2876", c.Web.ListenAddress)
	assert.Equal(t, "/var/lib/burnish/burnish.db", c.History.Path)

	d := get[appsv1.Deployment](t, o, "Deployment/slo-burnish")
	assert.Equal(t, appsv1.RecreateDeploymentStrategyType, d.Spec.Strategy.Type, "two processes must not write one file")
	assert.Equal(t, get[corev1.Service](t, o, "Service/slo-burnish").Spec.Selector, d.Spec.Selector.MatchLabels)
	holdPod(t, d)
}

func TestChartWithReplicas(t *testing.T) {
	o := rendered(t, "ha.yaml")
	assert.NotContains(t, o, "PersistentVolumeClaim/slo-burnish")
	c := loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish"))
	assert.Equal(t, "/run/secrets/burnish/postgresql/url", c.History.URLFile)
	d := get[appsv1.Deployment](t, o, "Deployment/slo-burnish")
	assert.EqualValues(t, 3, *d.Spec.Replicas)
	assert.Equal(t, appsv1.RollingUpdateDeploymentStrategyType, d.Spec.Strategy.Type)
	holdPod(t, d)
	budget := get[policyv1.PodDisruptionBudget](t, o, "PodDisruptionBudget/slo-burnish")
	assert.Equal(t, d.Spec.Selector.MatchLabels, budget.Spec.Selector.MatchLabels)
}

func TestChartWithEverythingOn(t *testing.T) {
	o := rendered(t, "everything.yaml")
	d := get[appsv1.Deployment](t, o, "Deployment/slo-burnish")
	holdPod(t, d)
	c := loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish"))
	assert.Equal(t, "/etc/burnish-web/web.yml", c.Web.ConfigFile)
	assert.Equal(t, []string{"/etc/burnish-slos/*"}, c.SLOs.Files)
	assert.Contains(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish-slos").Data["checkout.yaml"], "objective")
	assert.Equal(t, "/etc/burnish-files/topology.yml", c.Topology.File)
	assert.Contains(t, get[corev1.ConfigMap](t, o, "ConfigMap/slo-burnish-files").Data["topology.yml"], "version: burnish/topology/v1\n")
	mounts := map[string]string{}
	for _, m := range d.Spec.Template.Spec.Containers[0].VolumeMounts {
		mounts[m.Name] = m.MountPath
	}
	assert.Equal(t, "/etc/burnish-files", mounts["files"])
	get[networkingv1.Ingress](t, o, "Ingress/slo-burnish")
	policy := get[networkingv1.NetworkPolicy](t, o, "NetworkPolicy/slo-burnish")
	assert.Len(t, policy.Spec.PolicyTypes, 2)

	monitor := get[monitoringv1.ServiceMonitor](t, o, "ServiceMonitor/slo-burnish")
	assert.Equal(t, "prometheus", monitor.Labels["release"])
	rule := get[monitoringv1.PrometheusRule](t, o, "PrometheusRule/slo-burnish")
	require.NotEmpty(t, rule.Spec.Groups)
	for _, r := range rule.Spec.Groups[0].Rules {
		assert.NotEmpty(t, r.Alert)
		assert.Equal(t, "sre", r.Annotations["owner"])
		assert.NotEmpty(t, r.Annotations["summary"])
	}
	dashboards := 0
	for key, obj := range o {
		m, ok := obj.(*corev1.ConfigMap)
		if !ok || m.Labels["grafana_dashboard"] == "" {
			continue
		}
		dashboards++
		for file, text := range m.Data {
			assert.True(t, json.Valid([]byte(text)), "%s: %s", key, file)
		}
	}
	assert.Equal(t, len(dashboardFiles(t)), dashboards)
}

// holdPod holds a pod to what a careful cluster admits, and its parts together.
func holdPod(t *testing.T, d *appsv1.Deployment) {
	t.Helper()
	pod := d.Spec.Template.Spec
	require.Len(t, pod.Containers, 1)
	c := pod.Containers[0]
	assert.False(t, *pod.AutomountServiceAccountToken)
	assert.False(t, *pod.EnableServiceLinks, "else the cluster sets BURNISH_... variables of its own")
	assert.True(t, *pod.SecurityContext.RunAsNonRoot)
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
	assert.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
	assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
	assert.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
	assert.False(t, c.Resources.Limits.Memory().IsZero())
	for name, value := range d.Spec.Selector.MatchLabels {
		assert.Equal(t, value, d.Spec.Template.Labels[name])
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
	}
	mounted := map[string]bool{}
	for _, m := range c.VolumeMounts {
		assert.True(t, volumes[m.Name], "volume %s is mounted and not there", m.Name)
		assert.False(t, mounted[m.MountPath], "%s is mounted twice", m.MountPath)
		mounted[m.MountPath] = true
		for other := range mounted {
			assert.False(t, other != m.MountPath && strings.HasPrefix(m.MountPath, other+"/"), "%s lies in %s, which is read-only", m.MountPath, other)
		}
		delete(volumes, m.Name)
	}
	assert.Empty(t, volumes, "volumes that nothing mounts")
}

func TestChartRefusesWhatCanNotWork(t *testing.T) {
	for _, c := range []struct {
		name, says string
		values     map[string]any
	}{
		{"replicas without a shared store", "replicas above 1 need postgresql.enabled", map[string]any{"replicas": 2}},
		{"a shared store without its address", "needs postgresql.existingSecret", map[string]any{"postgresql": map[string]any{"enabled": true}}},
		{"a value that is not there", "replica", map[string]any{"replica": 2}},
		{"a value of another type", "replicas", map[string]any{"replicas": "two"}},
		{"no source", "sources", map[string]any{"config": map[string]any{"sources": []any{}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := render(c.values)
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.says)
		})
	}
}

// TestChartCarriesTheOwnRules holds the chart's copy to the original.
func TestChartCarriesTheOwnRules(t *testing.T) {
	own, err := os.ReadFile("mixin/burnish.rules.yml")
	require.NoError(t, err)
	copied, err := os.ReadFile(filepath.Join(chartDir, "files", "burnish.rules.yml"))
	require.NoError(t, err)
	assert.Equal(t, string(own), string(copied), "copy mixin/burnish.rules.yml into the chart")
}

// dashboardFiles are the dashboards that the chart carries.
func dashboardFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chartDir, "files", "dashboards", "*.json"))
	require.NoError(t, err)
	return files
}
