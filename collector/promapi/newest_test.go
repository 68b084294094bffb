package promapi

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/collector"
)

func TestNewest(t *testing.T) {
	t.Parallel()
	now := noon.Add(17 * time.Second)
	for name, tc := range map[string]struct {
		samples []time.Duration // before now
		want    time.Time
	}{
		"live":                          {[]time.Duration{5 * time.Second}, noon.Add(-time.Minute)},
		"live, just":                    {[]time.Duration{15 * time.Minute}, noon.Add(-time.Minute)},
		"a bit too old":                 {[]time.Duration{15*time.Minute + time.Millisecond}, noon.Add(-14 * time.Minute)},
		"sixteen minutes":               {[]time.Duration{16 * time.Minute}, noon.Add(-15 * time.Minute)},
		"at a full minute":              {[]time.Duration{20*time.Minute + 17*time.Second}, noon.Add(-19 * time.Minute)},
		"a millisecond before a minute": {[]time.Duration{20*time.Minute + 17*time.Second + time.Millisecond}, noon.Add(-20 * time.Minute)},
		"two days":                      {[]time.Duration{48 * time.Hour, 72 * time.Hour}, noon.Add(-48*time.Hour + time.Minute)},
		"two years":                     {[]time.Duration{2 * 365 * 24 * time.Hour}, noon.Add(-2*365*24*time.Hour + time.Minute)},
		"only in the future":            {[]time.Duration{-time.Minute}, time.Time{}},
		"nothing":                       {nil, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPrometheus(t)
			for _, v := range slices.Backward(tc.samples) {
				p.add(t, now.Add(-v), 0, "__name__", "up")
			}
			got, err := serve(t, p.ServeHTTP).Newest(context.Background(), now)
			if tc.want.IsZero() {
				require.ErrorIs(t, err, collector.ErrNoData)
				require.ErrorContains(t, err, "check that it is the right server")
				return
			}
			require.NoError(t, err)
			require.Equal(t, tc.want, got)
		})
	}
}

func TestNewestOfAServerThatFails(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(says(401, ""))
	t.Cleanup(server.Close)
	_, err := dial(t, server.URL).Newest(context.Background(), noon)
	require.ErrorContains(t, err, "401")
	require.NotErrorIs(t, err, collector.ErrNoData)
}

func TestTooManySamplesAreSomeSamples(t *testing.T) {
	t.Parallel()
	c := serve(t, says(422, `{"status":"error","errorType":"execution","error":"query processing would load too many samples into memory in query execution"}`))
	got, err := c.Newest(context.Background(), noon)
	require.NoError(t, err)
	require.Equal(t, noon.Add(-time.Minute), got)
}
