package history

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Errors that callers branch on. Whatever the error, nothing of the call that it
// ended was written: it may be made again once the cause is gone.
var (
	// ErrFull: there is no room left where the store lies.
	ErrFull = errors.New("the disk of the history store is full; free some room, or shorten the retention and run `burnish history prune`")
	// ErrBusy: another process kept the store locked for longer than the store
	// waits.
	ErrBusy = errors.New("another process holds the history store; wait for it to end, or use PostgreSQL for several writers")
	// ErrDamaged: the file is no store, or a broken one.
	ErrDamaged = errors.New("the history store is damaged or is no SQLite file; restore a backup (burnish history backup), or move the file away and backfill")
	// ErrUnreachable: the database does not answer.
	ErrUnreachable = errors.New("the history store does not answer; check its host and port, and that it runs")
	// ErrDenied: the database answers and refuses.
	ErrDenied = errors.New("the history store refuses; check user, password, and that the user may create tables in the database")
	// ErrNewer: a newer burnish wrote the store.
	ErrNewer = errors.New("the history store was made by a newer burnish; use that version or newer")
	// ErrNotFound: the store holds no such thing.
	ErrNotFound = errors.New("not found")
)

// storeError is an error of a store: it is of a kind above where that is known,
// and shows no secret.
type storeError struct {
	text  string
	kind  error
	cause error
}

// Error is the text without secrets.
func (e *storeError) Error() string { return e.text }

// Unwrap gives the kind and the driver's own error, for errors.Is.
func (e *storeError) Unwrap() []error {
	if e.kind == nil {
		return []error{e.cause}
	}
	return []error{e.kind, e.cause}
}

// fail makes an error of a call: what was tried, what to do, and the database's
// own words.
func (s *Store) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	if stored, ok := errors.AsType[*storeError](err); ok {
		return stored
	}
	kind := kindOf(err)
	text := what + " of " + s.addr.name + ": "
	if kind != nil {
		text += kind.Error() + ": "
	}
	return &storeError{text: redact(text+firstLines(err.Error()), s.addr.secrets), kind: kind, cause: err}
}

// redact takes the secrets out of a text.
func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, "xxxxx")
	}
	return text
}

// firstLines is an error as one line of bounded length.
func firstLines(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > 400 {
		text = strings.ToValidUTF8(text[:400], "") + "..."
	}
	return text
}

// kindOf is which of the errors above it is; nil for none.
func kindOf(err error) error {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return kindOfSQLite(e.Code())
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return kindOfPostgres(e.Code)
	}
	_, connecting := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[*net.OpError](err)
	if connecting || network {
		return ErrUnreachable
	}
	return nil
}

func kindOfSQLite(code int) error {
	if code == lib.SQLITE_IOERR_SHMSIZE { // no room for the index of the write-ahead log
		return ErrFull
	}
	switch code & 0xff {
	case lib.SQLITE_FULL:
		return ErrFull
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return ErrBusy
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return ErrDamaged
	case lib.SQLITE_CANTOPEN, lib.SQLITE_READONLY, lib.SQLITE_PERM, lib.SQLITE_AUTH:
		return errNoAccess
	}
	return nil
}

// errNoAccess: the file can't be written.
var errNoAccess = errors.New("the file of the history store can't be opened for writing; check that its folder is there and may be written")

// kindOfPostgres sorts by SQLSTATE (PostgreSQL manual, appendix A).
func kindOfPostgres(code string) error {
	switch {
	case code == "53100", code == "53200": // disk full, out of memory
		return ErrFull
	case code == "55P03", code == "57014": // lock not available, query cancelled
		return ErrBusy
	case strings.HasPrefix(code, "XX"): // data corrupted
		return ErrDamaged
	case strings.HasPrefix(code, "28"), code == "42501", code == "3D000": // authorisation, privilege, no such database
		return ErrDenied
	case strings.HasPrefix(code, "08"), strings.HasPrefix(code, "57P"), code == "53300": // connection, shutdown, too many
		return ErrUnreachable
	}
	return nil
}

// again tells whether a transaction that failed for its timing is worth another
// try at once: PostgreSQL could not serialise it, or found a deadlock.
func again(ctx context.Context, err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && ctx.Err() == nil && (e.Code == "40001" || e.Code == "40P01")
}
