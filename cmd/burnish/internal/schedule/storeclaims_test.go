package schedule

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector/history"
)

// TestClaimsInTheStore: of replicas on one store one gets a period, also after
// its holder died, and nobody once it is done.
func TestClaimsInTheStore(t *testing.T) {
	now := time.Date(2026, 11, 16, 8, 0, 0, 0, time.UTC)
	var clock atomic.Int64
	clock.Store(now.UnixNano())
	path := filepath.Join(t.TempDir(), "history.db")
	var replicas []StoreClaims
	for i := range 4 {
		store, err := history.Open(t.Context(), path, history.Options{Now: func() time.Time { return time.Unix(0, clock.Load()).UTC() }})
		require.NoError(t, err)
		t.Cleanup(func() { _ = store.Close() })
		replicas = append(replicas, StoreClaims{Store: store, Holder: fmt.Sprint("replica-", i)})
	}
	period, ok := parsed(t, "0 8 * * MON", "Europe/Berlin").Period(now)
	require.True(t, ok)
	race := func() (winners []StoreClaims) {
		var mtx sync.Mutex
		var all sync.WaitGroup
		for _, c := range replicas {
			all.Go(func() {
				won, err := c.Claim(t.Context(), "weekly/slack", period)
				assert.NoError(t, err)
				mtx.Lock()
				defer mtx.Unlock()
				if won {
					winners = append(winners, c)
				}
			})
		}
		all.Wait()
		return winners
	}
	first := race()
	require.Len(t, first, 1)
	assert.Empty(t, race())
	require.NoError(t, first[0].Release(t.Context(), "weekly/slack", period))
	second := race()
	require.Len(t, second, 1, "given back")
	clock.Add(int64(DefaultLease + time.Second))
	third := race()
	require.Len(t, third, 1, "its holder died")
	require.NoError(t, third[0].Finish(t.Context(), "weekly/slack", period))
	clock.Add(int64(10 * DefaultLease))
	assert.Empty(t, race(), "done")
}
