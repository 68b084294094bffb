package spelling_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/slo/spelling"
)

func TestNearest(t *testing.T) {
	for name, c := range map[string]struct {
		word string
		of   []string
		want string
	}{
		"a letter too many":          {"notifiers", []string{"cart", "notifier"}, "notifier"},
		"another ending":             {"notifier", []string{"cart", "notify"}, "notify"},
		"two letters changed places": {"http_reqeusts_total", []string{"http_requests_total", "http_errors_total"}, "http_requests_total"},
		"case and hyphens":           {"Keep-Firing-For", []string{"for", "keep_firing_for"}, "keep_firing_for"},
		"nothing is near":            {"checkout", []string{"db-1", "db-2"}, ""},
		"the first of two":           {"b", []string{"a", "c"}, "a"},
		"nothing to choose from":     {"x", nil, ""},
		"a very long word":           {strings.Repeat("x", 1<<20), []string{"y"}, ""},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, spelling.Nearest(c.word, c.of)) })
	}
}
