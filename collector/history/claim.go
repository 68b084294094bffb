package history

import (
	"context"
	"errors"
	"time"

	"github.com/burnish-sre/burnish/slo"
)

// Claim is the right to do something for a period: to send the report of a week.
type Claim struct {
	Name   string
	Period slo.Interval
	// Holder tells replicas apart, such as host name and process id.
	Holder string
	// Lease is how long a claim that was not finished lasts; after that another
	// may claim the period. 0 means for ever: what was begun is then never done
	// twice, and not at all where its holder died.
	Lease time.Duration
}

// ClaimPeriod takes a claim where nobody has it, and tells whether it did. Of any
// number of replicas one gets it. A period that was finished can't be claimed.
func (s *Store) ClaimPeriod(ctx context.Context, c Claim) (won bool, err error) {
	if c.Name == "" || c.Holder == "" || c.Period.Empty() {
		return false, errors.New("claim period: want a name, a holder and a period")
	}
	now := s.now().UnixMilli()
	until := mostMillis
	if c.Lease > 0 {
		until = now + c.Lease.Milliseconds()
	}
	p := windowOf(c.Period)
	err = s.inTx(ctx, "claim period", func(t *tx) error {
		n, err := t.exec(`INSERT INTO claims (name, from_at, to_at, holder, claimed_at, until_at) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (name, from_at, to_at) DO UPDATE SET holder = excluded.holder, claimed_at = excluded.claimed_at, until_at = excluded.until_at
			WHERE claims.done_at IS NULL AND claims.until_at <= ?`, plain(c.Name), p.from, p.to, plain(c.Holder), now, until, now)
		won = n == 1
		return err
	})
	return won && err == nil, err
}

// FinishPeriod notes that what was claimed is done. ErrNotFound tells that the
// claim is no longer the holder's.
func (s *Store) FinishPeriod(ctx context.Context, c Claim) error {
	return s.endClaim(ctx, c, "finish period", "UPDATE claims SET done_at = ? WHERE done_at IS NULL AND ", s.now().UnixMilli())
}

// ReleasePeriod gives a claim back that was not finished, as when the delivery
// failed, so that it can be claimed at once.
func (s *Store) ReleasePeriod(ctx context.Context, c Claim) error {
	return s.endClaim(ctx, c, "release period", "DELETE FROM claims WHERE done_at IS NULL AND ")
}

func (s *Store) endClaim(ctx context.Context, c Claim, what, statement string, args ...any) error {
	p := windowOf(c.Period)
	return s.inTx(ctx, what, func(t *tx) error {
		n, err := t.exec(statement+"name = ? AND from_at = ? AND to_at = ? AND holder = ?",
			append(args, plain(c.Name), p.from, p.to, plain(c.Holder))...)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}
