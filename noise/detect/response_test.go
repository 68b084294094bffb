package detect

import (
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/slo"
)

// silence is one that is made at an instant and mutes the alert of an episode.
func silence(e noise.Episode, at time.Time) noise.Silence {
	return noise.Silence{
		Interval: slo.Interval{From: at, To: at.Add(time.Hour)},
		Matchers: [][]*labels.Matcher{{
			labels.MustNewMatcher(labels.MatchEqual, labels.AlertName, e.Rule),
			labels.MustNewMatcher(labels.MatchEqual, "instance", e.Labels.Get("instance")),
		}},
	}
}

func TestAcknowledgement(t *testing.T) {
	e := exact("R", "a", 60, 90)
	anyName := silence(e, at(70))
	anyName.Matchers[0] = anyName.Matchers[0][1:]
	for name, c := range map[string]struct {
		silence noise.Silence
		want    bool
	}{
		"while it fires":         {silence(e, at(70)), true},
		"as it fires":            {silence(e, at(60)), true},
		"as it ends":             {silence(e, at(90)), false},
		"before":                 {silence(e, at(50)), false},
		"another alert's":        {silence(exact("R", "b", 0, 1), at(70)), false},
		"another rule's":         {silence(exact("S", "a", 0, 1), at(70)), false},
		"one without alertname":  {anyName, true},
		"one that matches none":  {noise.Silence{Interval: slo.Interval{From: at(70), To: at(80)}}, false},
		"one outside the window": {silence(e, at(3*week)), false},
	} {
		t.Run(name, func(t *testing.T) {
			in := over(e)
			in.Silences = []noise.Silence{c.silence}
			o := Options{}.withDefaults()
			m := measure(&in, &o)
			assert.Equal(t, c.want, m.rule(key("R")).count(markAcked, 0) == 1)
		})
	}
}
