package deploy_test

import (
	"os"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// built is an overlay as `kubectl apply --kustomize` would apply it.
func built(t *testing.T, dir string) objects {
	t.Helper()
	m, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	require.NoError(t, err)
	text, err := m.AsYaml()
	require.NoError(t, err)
	out := objects{}
	out.decode(t, string(text))
	return out
}

func TestPlainManifestsAreTheBase(t *testing.T) {
	o := built(t, "kubernetes")
	holdPod(t, get[appsv1.Deployment](t, o, "Deployment/burnish"))
	loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/burnish"))
}

func TestOverlayForTheOperator(t *testing.T) {
	o := built(t, "kustomize/operator")
	monitor := get[monitoringv1.ServiceMonitor](t, o, "ServiceMonitor/burnish")
	service := get[corev1.Service](t, o, "Service/burnish")
	assert.Equal(t, service.Labels["app.kubernetes.io/name"], monitor.Spec.Selector.MatchLabels["app.kubernetes.io/name"])
	assert.Equal(t, service.Spec.Ports[0].Name, monitor.Spec.Endpoints[0].Port)

	text, err := os.ReadFile("mixin/burnish.rules.yml")
	require.NoError(t, err)
	var own monitoringv1.PrometheusRuleSpec
	require.NoError(t, yaml.UnmarshalStrict(text, &own))
	assert.Equal(t, own, get[monitoringv1.PrometheusRule](t, o, "PrometheusRule/burnish").Spec, "the overlay carries mixin/burnish.rules.yml")
}

func TestOverlayWithReplicas(t *testing.T) {
	o := built(t, "kustomize/postgresql")
	assert.NotContains(t, o, "PersistentVolumeClaim/burnish")
	d := get[appsv1.Deployment](t, o, "Deployment/burnish")
	assert.EqualValues(t, 2, *d.Spec.Replicas)
	holdPod(t, d)
	c := loaded(t, get[corev1.ConfigMap](t, o, "ConfigMap/burnish"))
	assert.Equal(t, "/run/secrets/burnish/url", c.History.URLFile)
}
