// Package deploy_test holds what is in deploy/ against what it talks about: the
// Kubernetes types, strictly decoded, and burnish's own configuration. There is
// no cluster here, so it checks everything that can be known without one.
package deploy_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/burnish-sre/burnish/config"
)

// manifest is kubernetes/burnish.yaml, one field a document.
type manifest struct {
	ConfigMap  corev1.ConfigMap
	Claim      corev1.PersistentVolumeClaim
	Deployment appsv1.Deployment
	Service    corev1.Service
}

// read decodes every document into its type; an unknown or doubled field, or a
// document of another kind, fails the test.
func read(t *testing.T) manifest {
	t.Helper()
	text, err := os.ReadFile("kubernetes/burnish.yaml")
	require.NoError(t, err)
	var m manifest
	kinds := map[string]any{
		"v1/ConfigMap": &m.ConfigMap, "v1/PersistentVolumeClaim": &m.Claim, "apps/v1/Deployment": &m.Deployment, "v1/Service": &m.Service,
	}
	for doc := range strings.SplitSeq(string(text), "\n---\n") {
		var head struct{ APIVersion, Kind string }
		require.NoError(t, yaml.Unmarshal([]byte(doc), &head))
		kind := head.APIVersion + "/" + head.Kind
		require.Contains(t, kinds, kind, "an unexpected or a second document")
		require.NoError(t, yaml.UnmarshalStrict([]byte(doc), kinds[kind]), kind)
		delete(kinds, kind)
	}
	require.Empty(t, kinds, "documents that are missing")
	return m
}

func TestEmbeddedConfigurationIsValid(t *testing.T) {
	m := read(t)
	file := filepath.Join(t.TempDir(), "burnish.yml")
	require.NoError(t, os.WriteFile(file, []byte(m.ConfigMap.Data["burnish.yml"]), 0o600))
	cfg, err := config.Load(file, nil)
	require.NoError(t, err)
	require.NotEmpty(t, cfg.Sources)

	host, port, err := net.SplitHostPort(cfg.Web.ListenAddress)
	require.NoError(t, err)
	assert.Empty(t, host, "on the loopback address alone no probe would reach it")
	c := container(t, m)
	require.Len(t, c.Ports, 1)
	assert.Equal(t, port, strconv.Itoa(int(c.Ports[0].ContainerPort)), "the container port is the one that burnish listens on")
	assert.Equal(t, port, m.Deployment.Spec.Template.Annotations["prometheus.io/port"])
}

func TestPartsFitTogether(t *testing.T) {
	m := read(t)
	c := container(t, m)
	pod := m.Deployment.Spec.Template
	assert.Equal(t, m.Deployment.Spec.Selector.MatchLabels, pod.Labels, "the deployment finds its pods")
	assert.Equal(t, m.Service.Spec.Selector, pod.Labels, "the service finds its pods")
	require.Len(t, m.Service.Spec.Ports, 1)
	assert.Equal(t, c.Ports[0].Name, m.Service.Spec.Ports[0].TargetPort.StrVal)

	require.Len(t, pod.Spec.Volumes, 2)
	require.Len(t, c.VolumeMounts, 2)
	assert.Equal(t, m.Claim.Name, pod.Spec.Volumes[1].PersistentVolumeClaim.ClaimName)
	assert.Equal(t, m.ConfigMap.Name, pod.Spec.Volumes[0].ConfigMap.Name)
	assert.Equal(t, pod.Spec.Volumes[0].Name, c.VolumeMounts[0].Name)
	assert.Equal(t, []string{"serve", "--config.file=" + c.VolumeMounts[0].MountPath + "/burnish.yml"}, c.Args)

	assert.Equal(t, "/-/healthy", c.LivenessProbe.HTTPGet.Path)
	assert.Equal(t, "/-/ready", c.ReadinessProbe.HTTPGet.Path)
}

func TestPodAsksForNothingItDoesNotNeed(t *testing.T) {
	m := read(t)
	pod, c := m.Deployment.Spec.Template.Spec, container(t, m)
	assert.False(t, *pod.AutomountServiceAccountToken)
	assert.False(t, *pod.EnableServiceLinks, "else the cluster sets BURNISH_... variables of its own")
	assert.True(t, *pod.SecurityContext.RunAsNonRoot)
	assert.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, pod.SecurityContext.SeccompProfile.Type)
	assert.True(t, *c.SecurityContext.ReadOnlyRootFilesystem)
	assert.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
	assert.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop)
	assert.False(t, c.Resources.Requests.Memory().IsZero())
	assert.False(t, c.Resources.Limits.Memory().IsZero())
}

func container(t *testing.T, m manifest) corev1.Container {
	t.Helper()
	require.Len(t, m.Deployment.Spec.Template.Spec.Containers, 1)
	return m.Deployment.Spec.Template.Spec.Containers[0]
}
