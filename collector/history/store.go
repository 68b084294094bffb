package history

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strconv"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers pgx
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // registers sqlite
)

// Options are how a store is opened.
type Options struct {
	// Now is the clock, for claims and for what is noted as made; it must be set.
	Now func() time.Time
	// Logger takes what went wrong and was put right; nil discards.
	Logger *slog.Logger
	// BusyTimeout is how long a write waits for another process; 0 means ten
	// seconds.
	BusyTimeout time.Duration
	// Conns is the most connections at once; 0 means 8.
	Conns int
	// MustExist refuses to make a store that is not there, for readers.
	MustExist bool
}

// Store keeps history in a database. It is safe for concurrent use, also by
// several processes.
type Store struct {
	addr address
	// write is one connection for SQLite, which has one writer at a time; with
	// PostgreSQL both are the same pool.
	read, write *sql.DB
	now         func() time.Time
	log         *slog.Logger
}

// Open opens the store at a URL and brings its schema up to date: a file name or
// sqlite:FILE for SQLite, postgres://USER@HOST/DATABASE for PostgreSQL. A SQLite
// file that is not there is made, readable by its owner only.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	addr, err := parseAddress(url)
	if err != nil {
		return nil, fmt.Errorf("open history store: %w", err)
	}
	if o.Now == nil {
		return nil, errors.New("open history store: Options.Now is not set")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{addr: addr, now: o.Now, log: o.Logger.With("component", "history")}
	if err := s.open(o); err != nil {
		return nil, s.fail("open history store", err)
	}
	if err := s.migrate(ctx); err != nil {
		_ = s.Close()
		return nil, s.fail("open history store", err)
	}
	return s, nil
}

func (s *Store) open(o Options) (err error) {
	conns := cmp.Or(o.Conns, 8)
	if s.addr.dialect == postgres {
		if s.read, err = sql.Open("pgx", s.addr.dsn); err != nil {
			return err
		}
		s.read.SetMaxOpenConns(conns)
		s.read.SetMaxIdleConns(conns)
		s.read.SetConnMaxIdleTime(5 * time.Minute)
		s.write = s.read
		return nil
	}
	if err := touch(s.addr.path, o.MustExist); err != nil {
		return err
	}
	busy := strconv.FormatInt(cmp.Or(o.BusyTimeout, 10*time.Second).Milliseconds(), 10)
	dsn := s.addr.dsn + "?_pragma=busy_timeout(" + busy + ")"
	// The file remembers that it has a write-ahead log and gives pages back. Keys are
	// hashes, so that a commit touches pages all over the file: a larger cache and
	// fewer checkpoints (of 16 MiB of log) write each of them less often.
	made := "&_txlock=immediate&_pragma=auto_vacuum(incremental)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)" +
		"&_pragma=temp_store(memory)&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)"
	if s.write, err = sql.Open("sqlite", dsn+made); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if s.read, err = sql.Open("sqlite", dsn); err != nil {
		return errors.Join(err, s.write.Close())
	}
	s.read.SetMaxOpenConns(conns)
	return nil
}

// touch makes the file for its owner alone where it is not there.
func touch(path string, mustExist bool) error {
	flags := os.O_RDWR | os.O_CREATE
	if mustExist {
		flags = os.O_RDWR
	}
	f, err := os.OpenFile(path, flags, 0o600)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mustExist:
		return &storeError{text: "open history store: there is no " + path + "; fill one with `burnish history backfill`", kind: ErrNotFound, cause: err}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: %w", errNoAccess, err)
	case err != nil:
		return err
	}
	return f.Close()
}

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. Several processes may do it at once.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{goose.WithTableName("burnish_schema"), goose.WithDisableGlobalRegistry(true)}
	kind := goose.DialectSQLite3
	if s.addr.dialect == postgres {
		kind = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(kind, s.write, files, options...)
	if err != nil {
		return err
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > want {
		return fmt.Errorf("%w (its schema is of version %d, this burnish knows %d)", ErrNewer, have, want)
	}
	if have == want {
		return nil
	}
	if _, err = p.Up(ctx); err == nil {
		return nil
	}
	// Another process may have been quicker.
	if have, _, again := p.GetVersions(ctx); again == nil && have == want {
		return nil
	}
	return err
}

// Name is how the store is shown to people: a path, or a URL without credentials.
func (s *Store) Name() string { return s.addr.name }

// Shared tells whether several replicas may share the store (PostgreSQL).
func (s *Store) Shared() bool { return s.addr.dialect == postgres }

// Ping tells whether the store answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.fail("ask history store", s.read.PingContext(ctx))
}

// Close gives up the connections. It waits for what is under way.
func (s *Store) Close() error {
	err := s.read.Close()
	if s.write != s.read {
		err = errors.Join(err, s.write.Close())
	}
	return s.fail("close history store", err)
}

// attempts is how often a transaction is tried that lost to another one.
const attempts = 5

// inTx runs a transaction that is committed whole or not at all.
func (s *Store) inTx(ctx context.Context, what string, do func(*tx) error) error {
	var err error
	for range attempts {
		if err = s.tryTx(ctx, do); err == nil || !again(ctx, err) {
			break
		}
	}
	return s.fail(what, err)
}

func (s *Store) tryTx(ctx context.Context, do func(*tx) error) error {
	t, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(&tx{tx: t, dialect: s.addr.dialect, ctx: ctx}); err != nil {
		_ = t.Rollback() // the error that led here says more
		return err
	}
	return t.Commit()
}

// tx is a transaction under way.
type tx struct {
	tx      *sql.Tx
	dialect dialect
	ctx     context.Context //nolint:containedctx // Lives as long as one transaction.
}

// exec runs a statement and gives the number of rows that it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	res, err := t.tx.ExecContext(t.ctx, t.dialect.bind(query), args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *tx) row(query string, args ...any) *sql.Row {
	return t.tx.QueryRowContext(t.ctx, t.dialect.bind(query), args...)
}

// each calls a function with every row of a query.
func (t *tx) each(scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := t.tx.QueryContext(t.ctx, t.dialect.bind(query), args...)
	return eachRow(rows, err, scan)
}

// each is the same outside of a transaction.
func (s *Store) each(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := s.read.QueryContext(ctx, s.addr.dialect.bind(query), args...)
	return eachRow(rows, err, scan)
}

func eachRow(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// lock keeps others from writing to the same thing until the transaction ends.
// SQLite has one writer anyway.
func (t *tx) lock(what string) error {
	if t.dialect == sqlite {
		return nil
	}
	_, err := t.exec("SELECT pg_advisory_xact_lock(?)", idOf([]byte("lock\x00"+what)))
	return err
}
