package detect

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
)

// labelled is an episode an hour, each with the next value of a label.
func labelled(label string, values ...string) []noise.Episode {
	var out []noise.Episode
	for i, v := range values {
		e := exact("R", "a", float64(i)*hour, float64(i)*hour+30)
		e.Labels = labels.NewBuilder(e.Labels).Set(label, v).Labels()
		out = append(out, e)
	}
	return out
}

func TestValueInLabel(t *testing.T) {
	templated := rule("R", 1)
	templated.Labels = labels.FromStrings("severity", "page", "state", `{{ printf "%s" $value }}`)
	numbers := []string{"0.931", "97.2%", "1.4k", "0.5", "12 MiB"}
	valued := rule("R", 1)
	valued.Labels = labels.FromStrings("severity", "page", "value", "{{ $value }}")
	table{
		"round values come back, but the text holds the value": {over(labelled("value", "1", "2", "1", "2", "1")...).knowing(valued), Options{}, []string{"R"}},
		"the text holds the value, and it is always the same":  {over(labelled("value", "1", "1", "1", "1", "1")...).knowing(valued), Options{}, nil},
		"a number at each start":                               {over(labelled("value", numbers...)...), Options{}, []string{"R"}},
		"four starts":                                          {over(labelled("value", numbers[:4]...)...), Options{}, nil},
		"pods come and go by themselves":                       {over(labelled("pod", "web-a", "web-b", "web-c", "web-d", "web-e")...), Options{}, nil},
		"words that the rule's text fills in":                  {over(labelled("state", "a", "b", "c", "d", "e")...).knowing(templated), Options{}, []string{"R"}},
		"the same number comes back":                           {over(labelled("value", "1", "2", "1", "2", "1")...), Options{}, nil},
		"ten hosts with a number each":                         {over(manyAlerts(10, 30)...), Options{}, nil},
		"nine of ten starts":                                   {over(labelled("value", "1", "2", "3", "4", "5", "6", "7", "8", "9", "9")...), Options{}, []string{"R"}},
		"eight of ten starts":                                  {over(labelled("value", "1", "2", "3", "4", "5", "6", "7", "8", "8", "8")...), Options{}, nil},
	}.run(t, noise.KindValueInLabel)
}

func TestValueInLabelNamesTheLabel(t *testing.T) {
	f := theOne(t, noise.KindValueInLabel, over(labelled("value", "1", "2", "3", "4", "5", "6")...))
	assert.Equal(t, "R makes 6 alerts of what would be 1, because the label value holds a value; 6 of 6 (100%) of its starts were new alerts.", f.Title)
	assert.InDelta(t, 1, fact(t, f, "alerts_without_it"), 0)
	assert.InDelta(t, 2.5, *f.Saves, 1e-9, "all starts but the first")
}
