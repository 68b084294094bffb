package schedule

import (
	"context"
	"time"

	"github.com/burnish-sre/burnish/collector/history"
	"github.com/burnish-sre/burnish/slo"
)

// DefaultLease is how long a claim lasts that its holder did not finish. It is
// longer than a delivery is tried again.
const DefaultLease = time.Hour

// StoreClaims are claims in the history store.
type StoreClaims struct {
	Store *history.Store
	// Holder tells this process from others, such as host name and process id.
	Holder string
	// Lease is how long a claim lasts that was not finished; DefaultLease where
	// zero.
	Lease time.Duration
}

func (c StoreClaims) claim(job string, period slo.Interval) history.Claim {
	out := history.Claim{Name: job, Period: period, Holder: c.Holder, Lease: c.Lease}
	if out.Lease == 0 {
		out.Lease = DefaultLease
	}
	return out
}

// Claim implements Claims.
func (c StoreClaims) Claim(ctx context.Context, job string, period slo.Interval) (claimed bool, err error) {
	return c.Store.ClaimPeriod(ctx, c.claim(job, period))
}

// Finish implements Claims.
func (c StoreClaims) Finish(ctx context.Context, job string, period slo.Interval) error {
	return c.Store.FinishPeriod(ctx, c.claim(job, period))
}

// Release implements Claims.
func (c StoreClaims) Release(ctx context.Context, job string, period slo.Interval) error {
	return c.Store.ReleasePeriod(ctx, c.claim(job, period))
}
