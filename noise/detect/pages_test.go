package detect

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func page(t *testing.T, kind string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "detectors", kind+".md"))
	require.NoError(t, err)
	return string(text)
}

func TestEachDetectorHasAPage(t *testing.T) {
	for _, d := range All() {
		first, _, _ := strings.Cut(page(t, string(d.Kind)), "\n")
		assert.Equal(t, "# "+string(d.Kind), first)
	}
}

// TestEachLimitIsInAPage: a limit that no page names can't be found by those who
// want to change it.
func TestEachLimitIsInAPage(t *testing.T) {
	var all strings.Builder
	for _, d := range All() {
		all.WriteString(page(t, string(d.Kind)))
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		name := field.Tag.Get("yaml")
		if name == "-" {
			continue
		}
		assert.NotEmpty(t, name, field.Name)
		assert.NotEmpty(t, field.Tag.Get("doc"), field.Name)
		assert.Contains(t, all.String(), "`findings."+name+"`", "no page names the limit")
	}
}

func TestDefaultsAreWhole(t *testing.T) {
	filled, defaults := Options{}.withDefaults(), DefaultOptions()
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		if field.Tag.Get("yaml") == "-" || field.Name == "Disabled" {
			continue
		}
		value := reflect.ValueOf(defaults).FieldByIndex(field.Index)
		assert.False(t, value.IsZero(), field.Name)
		assert.Equal(t, value.Interface(), reflect.ValueOf(filled).FieldByIndex(field.Index).Interface(), field.Name)
	}
}
