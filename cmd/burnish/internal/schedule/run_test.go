package schedule

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/slo"
)

// shared are claims as a store keeps them.
type shared struct {
	mtx   sync.Mutex
	held  map[string]time.Time // until when; zero: done
	lease time.Duration
	fail  error
	fails int // how many more calls fail
}

func newShared() *shared { return &shared{held: map[string]time.Time{}, lease: time.Hour} }

func claimKey(job string, p slo.Interval) string {
	return fmt.Sprint(job, p.From.Unix(), p.To.Unix())
}

func (s *shared) fault() error {
	if s.fails > 0 {
		s.fails--
		return s.fail
	}
	return nil
}

func (s *shared) Claim(_ context.Context, job string, p slo.Interval) (bool, error) {
	s.mtx.Lock()
	defer s.mtx.Unlock()
	if err := s.fault(); err != nil {
		return false, err
	}
	until, known := s.held[claimKey(job, p)]
	if known && (until.IsZero() || time.Now().Before(until)) {
		return false, nil
	}
	s.held[claimKey(job, p)] = time.Now().Add(s.lease)
	return true, nil
}

func (s *shared) Finish(_ context.Context, job string, p slo.Interval) error {
	s.mtx.Lock()
	defer s.mtx.Unlock()
	if err := s.fault(); err != nil {
		return err
	}
	s.held[claimKey(job, p)] = time.Time{}
	return nil
}

func (s *shared) Release(_ context.Context, job string, p slo.Interval) error {
	s.mtx.Lock()
	defer s.mtx.Unlock()
	delete(s.held, claimKey(job, p))
	return nil
}

// diary notes what was done and when, by days after the first of January 2000,
// which is when a bubble begins.
type diary struct {
	mtx  sync.Mutex
	done []string
	fail int // how many more times it fails
}

func (d *diary) do(name string) func(context.Context, slo.Interval) error {
	return func(_ context.Context, p slo.Interval) error {
		d.mtx.Lock()
		defer d.mtx.Unlock()
		if d.fail > 0 {
			d.fail--
			return errors.New("no")
		}
		d.done = append(d.done, fmt.Sprintf("%s %s-%s at %s", name, day(p.From), day(p.To), day(time.Now())))
		return nil
	}
}

func day(t time.Time) string { return t.UTC().Format("02T15:04") }

func (d *diary) text() string {
	d.mtx.Lock()
	defer d.mtx.Unlock()
	return strings.Join(d.done, "; ")
}

// process is one run of burnish; it ends with stop.
func process(t *testing.T, claims Claims, jobs ...Job) (r *Runner, stop func()) {
	t.Helper()
	r, err := New(jobs, Wiring{Claims: claims, Registry: prometheus.NewRegistry()})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	return r, func() { cancel(); <-done }
}

// pass lets the bubble's time go by.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func daily(t *testing.T, d *diary) Job {
	return Job{Name: "daily", Schedule: parsed(t, "0 8 * * *", "UTC"), Do: d.do("daily")}
}

const hour = time.Hour

func TestRun(t *testing.T) {
	cases := []struct {
		name string
		play func(t *testing.T, d *diary, c *shared)
		want string
	}{
		{"on time, after making up for the last", func(t *testing.T, d *diary, c *shared) {
			_, stop := process(t, c, daily(t, d))
			pass(40 * hour)
			stop()
		}, "daily 30T08:00-31T08:00 at 01T00:00; daily 31T08:00-01T08:00 at 01T08:00; daily 01T08:00-02T08:00 at 02T08:00"},
		{"a restart does nothing again", func(t *testing.T, d *diary, c *shared) {
			for range 5 {
				_, stop := process(t, c, daily(t, d))
				pass(hour)
				stop()
			}
		}, "daily 30T08:00-31T08:00 at 01T00:00"},
		{"after days of being down only the newest is made up for", func(t *testing.T, d *diary, c *shared) {
			_, stop := process(t, c, daily(t, d))
			pass(hour)
			stop()
			pass(80 * hour)
			_, stop = process(t, c, daily(t, d))
			pass(hour)
			stop()
		}, "daily 30T08:00-31T08:00 at 01T00:00; daily 03T08:00-04T08:00 at 04T09:00"},
		{"what is too old is left", func(t *testing.T, d *diary, c *shared) {
			job := daily(t, d)
			job.CatchUp = 2 * hour
			_, stop := process(t, c, job)
			pass(9 * hour)
			stop()
			pass(26 * hour)
			_, stop = process(t, c, job)
			pass(hour)
			stop()
		}, "daily 31T08:00-01T08:00 at 01T08:00"},
		{"three replicas do it once", func(t *testing.T, d *diary, c *shared) {
			for range 3 {
				_, stop := process(t, c, daily(t, d))
				defer stop()
			}
			pass(20 * hour)
		}, "daily 30T08:00-31T08:00 at 01T00:00; daily 31T08:00-01T08:00 at 01T08:00"},
		{"a replica that died leaves it to another", func(t *testing.T, d *diary, c *shared) {
			job := daily(t, d)
			p, _ := job.Schedule.Period(time.Now())
			won, err := c.Claim(t.Context(), "daily", p)
			require.NoError(t, err)
			require.True(t, won)
			_, stop := process(t, c, job)
			pass(3 * hour)
			stop()
		}, "daily 30T08:00-31T08:00 at 01T01:00"},
		{"a failure is tried again", func(t *testing.T, d *diary, c *shared) {
			d.fail = 2
			r, stop := process(t, c, daily(t, d))
			pass(3 * hour)
			stop()
			assert.InDelta(t, 2, testutil.ToFloat64(r.runs.WithLabelValues("daily", "failed")), 0)
			assert.InDelta(t, 1, testutil.ToFloat64(r.runs.WithLabelValues("daily", "done")), 0)
		}, "daily 30T08:00-31T08:00 at 01T01:00"},
		{"the next period does not wait for the last one's failure", func(t *testing.T, d *diary, c *shared) {
			d.fail = 17 // half-hourly from midnight: the last at eight
			_, stop := process(t, c, daily(t, d))
			pass(10 * hour)
			stop()
		}, "daily 31T08:00-01T08:00 at 01T08:30"},
		{"a store that is away is asked again", func(t *testing.T, d *diary, c *shared) {
			c.fail, c.fails = errors.New("away"), 3
			_, stop := process(t, c, daily(t, d))
			pass(hour)
			stop()
		}, "daily 30T08:00-31T08:00 at 01T00:15"},
		{"a store that is away for a moment learns that it is done", func(t *testing.T, d *diary, c *shared) {
			job := daily(t, d)
			do := job.Do
			job.Do = func(ctx context.Context, p slo.Interval) error {
				c.fail, c.fails = errors.New("away"), 3
				return do(ctx, p)
			}
			c.lease = time.Minute
			_, stop := process(t, c, job)
			pass(5 * hour)
			stop()
		}, "daily 30T08:00-31T08:00 at 01T00:00"},
		{"jobs do not wait for one another", func(t *testing.T, d *diary, c *shared) {
			slow := Job{Name: "slow", Schedule: parsed(t, "0 8 * * *", "UTC"), Do: func(ctx context.Context, _ slo.Interval) error {
				<-ctx.Done()
				return ctx.Err()
			}}
			_, stop := process(t, c, slow, daily(t, d))
			pass(hour)
			stop()
			assert.Len(t, c.held, 1, "what was cut off is given back")
		}, "daily 30T08:00-31T08:00 at 01T00:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &diary{}
				c.play(t, d, newShared())
				assert.Equal(t, c.want, d.text())
			})
		})
	}
}

func TestJobsThatMakeNoSense(t *testing.T) {
	do := func(context.Context, slo.Interval) error { return nil }
	s := parsed(t, "@daily", "UTC")
	for name, jobs := range map[string][]Job{
		"no name": {{Schedule: s, Do: do}}, "no schedule": {{Name: "a", Do: do}}, "nothing to do": {{Name: "a", Schedule: s}},
		"one name twice": {{Name: "a", Schedule: s, Do: do}, {Name: "a", Schedule: s, Do: do}},
	} {
		_, err := New(jobs, Wiring{Claims: newShared()})
		assert.Error(t, err, name)
	}
	_, err := New(nil, Wiring{})
	require.Error(t, err)
	reg := prometheus.NewRegistry()
	_, err = New([]Job{{Name: "a", Schedule: s, Do: do}}, Wiring{Claims: newShared(), Registry: reg})
	require.NoError(t, err)
	problems, err := testutil.GatherAndLint(reg)
	require.NoError(t, err)
	assert.Empty(t, problems)
}
