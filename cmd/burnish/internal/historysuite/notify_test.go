package historysuite

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// notified are the notifications of a store: the time of each by its key.
func notified(t *testing.T, s *history.Store) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	for n, err := range s.Notifications(t.Context(), "", slo.Interval{}) {
		require.NoError(t, err)
		require.NotContains(t, out, n.Key)
		out[n.Key] = n.At
	}
	return out
}

// testFirstTelling tells of one notification again and again, in every order and in
// one batch or several: the first telling stands.
func testFirstTelling(t *testing.T, d *database) {
	for i, order := range [][]int{{3, 5, 9}, {3, 9, 5}, {5, 3, 9}, {5, 9, 3}, {9, 3, 5}, {9, 5, 3}} {
		one, several := open(t, d.fresh(t)), open(t, d.fresh(t))
		whole := history.Batch{Source: "am"}
		for _, at := range order {
			n := history.Notification{Key: "k", At: minute(at), Receiver: "told at " + strconv.Itoa(at)}
			whole.Notifications = append(whole.Notifications, n)
			commit(t, several, history.Batch{Source: "am", Notifications: []history.Notification{n}})
		}
		commit(t, one, whole, whole)
		for _, s := range []*history.Store{one, several} {
			for n, err := range s.Notifications(t.Context(), "am", slo.Interval{}) {
				require.NoError(t, err)
				assert.Equal(t, history.Notification{Key: "k", At: minute(3), Receiver: "told at 3"}, n, "order %d", i)
			}
			assert.Len(t, notified(t, s), 1)
		}
	}
}

// testOtherKeys tells of one notification by the keys of neighbouring steps of time,
// as a delivery has that comes to two replicas on both sides of the step's edge.
func testOtherKeys(t *testing.T, d *database) {
	n := func(step int) history.Notification {
		return history.Notification{Key: strconv.Itoa(step), Same: []string{strconv.Itoa(step - 1), strconv.Itoa(step + 1)}, At: minute(2 * step)}
	}
	for _, order := range [][]int{{1, 2}, {2, 1}, {2, 1, 2}} {
		s, whole := open(t, d.fresh(t)), history.Batch{Source: "am"}
		for _, step := range order {
			whole.Notifications = append(whole.Notifications, n(step))
			commit(t, s, history.Batch{Source: "am", Notifications: []history.Notification{n(step)}})
		}
		assert.Equal(t, map[string]time.Time{strconv.Itoa(order[0]): minute(2 * order[0])}, notified(t, s), "what was stored first stands")
		batched := open(t, d.fresh(t))
		commit(t, batched, whole)
		assert.Equal(t, map[string]time.Time{"1": minute(2)}, notified(t, batched), "in one batch what was told first")
		commit(t, s, history.Batch{Source: "am", Notifications: []history.Notification{n(9)}}, history.Batch{Source: "other", Notifications: []history.Notification{n(10)}})
		assert.Len(t, notified(t, s), 3, "a repetition is another notification, and so is one of another source")
	}
}

// testTwoReplicas delivers the same notifications to two replicas at once, in
// different orders and more than once.
func testTwoReplicas(t *testing.T, d *database) {
	url := d.fresh(t)
	const sent = 60
	var wg sync.WaitGroup
	for replica, s := range []*history.Store{open(t, url), open(t, url)} {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(replica), 7))
			for range 2 {
				for _, i := range rng.Perm(sent) {
					edge := 10*i + rng.IntN(2) // this side of a step's edge or that
					n := history.Notification{Key: strconv.Itoa(edge), Same: []string{strconv.Itoa(edge - 1), strconv.Itoa(edge + 1)}, At: minute(edge)}
					assert.NoError(t, s.Commit(t.Context(), history.Batch{Source: "am", Notifications: []history.Notification{n}}))
				}
			}
		})
	}
	wg.Wait()
	assert.Len(t, notified(t, open(t, url)), sent)
}
