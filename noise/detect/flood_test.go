package detect

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/noise"
	"github.com/burnish-sre/burnish/noise/route"
)

// storm is so many alerts a minute apart.
func storm(n int, from, apart float64) []noise.Episode {
	var out []noise.Episode
	for i := range n {
		start := from + float64(i)*apart
		out = append(out, exact("R", "host-"+number(i), start, start+30))
	}
	return out
}

func TestFlood(t *testing.T) {
	found := func(episodes ...noise.Episode) int { return len(find(t, noise.KindFlood, over(episodes...))) }
	assert.Equal(t, 1, found(storm(10, 0, 1)...))
	assert.Zero(t, found(storm(9, 0, 1)...))
	assert.Zero(t, found(storm(10, 0, 1.12)...), "the tenth comes after ten minutes")
	assert.Zero(t, found(storm(100, 0, 2)...), "five in any ten minutes")
	var dirty []noise.Episode
	for _, e := range storm(20, 0, 0.5) {
		dirty = append(dirty, restarted(e))
	}
	assert.Zero(t, found(dirty...), "a restart's flood is the pipeline's")
}

func TestFloodsEndWhenItIsQuiet(t *testing.T) {
	f := theOne(t, noise.KindFlood, over(append(storm(12, 0, 0.5), storm(10, 60, 1)...)...))
	assert.InDelta(t, 2, fact(t, f, "floods"), 0)
	assert.InDelta(t, 12, fact(t, f, "most_in_ten_minutes"), 0)
	assert.InDelta(t, 22, fact(t, f, "share_in_floods"), 0)
	assert.Equal(t, noise.Weak, f.Confidence, "starts are no notifications")
	trickle := append(append(storm(12, 0, 0.5), storm(30, 6, 2.6)...), storm(12, 62, 0.5)...)
	f = theOne(t, noise.KindFlood, over(trickle...))
	assert.InDelta(t, 2, fact(t, f, "floods"), 0, "four in ten minutes are under the end")
	f = theOne(t, noise.KindFlood, over(storm(100, 0, 1.05)...))
	assert.InDelta(t, 1, fact(t, f, "floods"), 0, "it goes on while more than five come in ten minutes")
}

func TestFloodsAreOfReceivers(t *testing.T) {
	in := over(storm(20, 0, 0.5)...)
	in.Route = &route.Result{Window: in.History.Window}
	for i, e := range in.History.Episodes {
		in.Route.Notifications = append(in.Route.Notifications, route.Notification{At: e.FiredAt, Receiver: "pager", Paging: true, Firing: []int{i}})
		if i%2 == 0 {
			in.Route.Notifications = append(in.Route.Notifications, route.Notification{At: e.FiredAt, Receiver: "chat", Firing: []int{i, -1, 99}})
		}
	}
	found := find(t, noise.KindFlood, in)
	require.Len(t, found, 2)
	gravity := map[noise.Gravity]float64{}
	for _, f := range found {
		gravity[f.Gravity] = fact(t, f, "most_in_ten_minutes")
	}
	assert.Equal(t, map[noise.Gravity]float64{noise.GravityWarning: 20, noise.GravityInfo: 10}, gravity)
}
