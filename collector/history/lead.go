package history

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// How often a candidate asks for the lead and a leader makes sure that it still
// has it, how long it waits for the answer, and after how much silence PostgreSQL
// takes the lead from a process that hangs. A new leader is found within the
// silence and one round: well under 15 seconds.
const (
	leadEvery   = time.Second
	leadPatient = 3 * time.Second
	leadSilence = 6 * time.Second
)

// Lead runs a function while this process leads: of all processes that ask for
// the lead of one name in one store, one has it at a time. It waits for the lead,
// runs the function with a context that ends when the lead is lost, and then waits
// again, until its own context ends or the function returns without having lost
// the lead; what it then returned is returned.
//
// With PostgreSQL the lead is an advisory lock of a connection of its own, which
// does not work through a pooler that shares connections between transactions.
// With SQLite it is a lock on a file beside the store.
func (s *Store) Lead(ctx context.Context, name string, run func(ctx context.Context) error) error {
	for {
		hold, err := s.seize(ctx, name)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("asking for the lead failed; it is asked again", "name", name, "err", s.fail("lead", err))
		}
		if hold != nil {
			lost, err := s.reign(ctx, name, hold, run)
			if !lost {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(leadEvery):
		}
	}
}

// hold is a lead that is held.
type hold interface {
	check(ctx context.Context) error // fails once it is lost
	release()
}

// seize takes the lead where nobody has it; nil where somebody does.
func (s *Store) seize(ctx context.Context, name string) (hold, error) {
	if s.addr.dialect == postgres {
		return s.seizePostgres(ctx, name)
	}
	return s.seizeFile(name)
}

// errLost ends the context of a leader that is none any more.
var errLost = errors.New("another replica may lead: the connection that holds the lead is gone")

// reign runs the function while the lead is held.
func (s *Store) reign(ctx context.Context, name string, h hold, run func(context.Context) error) (lost bool, err error) {
	defer h.release()
	s.log.Info("leading", "name", name)
	leading, stop := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		tick := time.NewTicker(leadEvery)
		defer tick.Stop()
		for {
			select {
			case <-leading.Done():
				return
			case <-tick.C:
			}
			if err := h.check(leading); err != nil && leading.Err() == nil {
				s.log.Warn("the lead is lost", "name", name, "err", s.fail("lead", err))
				stop(errLost)
			}
		}
	}()
	err = run(leading)
	lost = errors.Is(context.Cause(leading), errLost)
	stop(nil)
	<-watched
	return lost, err
}

// postgresHold is an advisory lock of a session.
type postgresHold struct{ conn *sql.Conn }

func (s *Store) seizePostgres(ctx context.Context, name string) (hold, error) {
	ctx, done := context.WithTimeout(ctx, leadPatient)
	defer done()
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var won bool
	err = conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", idOf([]byte("lead\x00"+name))).Scan(&won)
	if err != nil || !won {
		return nil, errors.Join(err, conn.Close())
	}
	h := &postgresHold{conn}
	// A leader that hangs says nothing and keeps its connection: the server ends
	// the session then. PostgreSQL knows this setting since version 14.
	if _, err := conn.ExecContext(ctx, "SET idle_session_timeout = "+strconv.FormatInt(leadSilence.Milliseconds(), 10)); err != nil {
		s.log.Debug("this PostgreSQL can't take the lead from a process that hangs", "err", s.fail("lead", err))
	}
	if _, err := conn.ExecContext(ctx, "SET tcp_user_timeout = "+strconv.FormatInt(leadSilence.Milliseconds(), 10)); err != nil {
		s.log.Debug("this PostgreSQL can't notice a broken network early", "err", s.fail("lead", err))
	}
	return h, nil
}

func (h *postgresHold) check(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, leadPatient)
	defer done()
	_, err := h.conn.ExecContext(ctx, "SELECT 1")
	return err
}

// release ends the session, which gives the lock back, rather than returning a
// connection with settings of its own to the pool.
func (h *postgresHold) release() {
	_ = h.conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = h.conn.Close()
}

// fileHold is a lock on a file beside the store.
type fileHold struct{ lock fileutil.Releaser }

func (s *Store) seizeFile(name string) (hold, error) {
	sum := sha256.Sum256([]byte(name))
	lock, _, err := fileutil.Flock(s.addr.path + "." + hex.EncodeToString(sum[:4]) + ".lock")
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, nil //nolint:nilnil // Somebody else has it.
	}
	if err != nil {
		return nil, err
	}
	return &fileHold{lock}, nil
}

func (*fileHold) check(context.Context) error { return nil }

func (h *fileHold) release() { _ = h.lock.Release() }
