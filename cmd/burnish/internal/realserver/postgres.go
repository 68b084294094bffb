package realserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresPassword is the password of a test cluster's only user, burnish; it has
// letters that URLs escape.
const PostgresPassword = "s3cr/t pä$$"

// Postgres is a PostgreSQL cluster of the test's own: a new data directory, a free
// port, one user with a password. Database may be called by tests that run at once,
// the other methods are for the test's own goroutine.
type Postgres struct {
	// URL is the cluster's first database, postgres, with user and password.
	URL string

	t       testing.TB
	bin     string
	dir     string
	address string
	owner   *syscall.Credential
	logs    *logBuffer
	cmd     *exec.Cmd
	exited  chan struct{}
	made    atomic.Int64 // databases
}

// StartPostgres makes a cluster and starts it. Where Debian's package postgresql is
// missing the test is skipped, or fails with CI=true.
func StartPostgres(t testing.TB) *Postgres {
	t.Helper()
	if testing.Short() {
		t.Skip("real servers are left out of a -short run")
	}
	p := &Postgres{t: t, bin: postgresBin(t), logs: &logBuffer{}}
	var err error
	// Not t.TempDir: its parent is closed to the user that owns the cluster.
	if p.dir, err = os.MkdirTemp("", "burnish-pg-"); err != nil {
		t.Fatalf("make a directory for PostgreSQL: %v", err)
	}
	t.Cleanup(p.cleanup)
	if p.owner, err = unprivileged(p.dir); err != nil {
		t.Fatalf("find a user for PostgreSQL: %v", err)
	}
	p.init()
	for range portAttempts {
		p.address = freeAddress(t)
		u := url.URL{Scheme: "postgres", User: url.UserPassword("burnish", PostgresPassword), Host: p.address, Path: "/postgres"}
		p.URL = u.String()
		if err = p.launch(); err == nil {
			return p
		}
	}
	t.Fatalf("start PostgreSQL: %v\n%s", err, p.logs.tail())
	return nil
}

// postgresBin is the folder of the newest PostgreSQL's programs, which Debian does
// not put on the PATH.
func postgresBin(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err == nil && len(found) == 0 {
		if path, lookErr := exec.LookPath("postgres"); lookErr == nil {
			return filepath.Dir(path)
		}
	}
	if len(found) == 0 {
		Missing(t, "PostgreSQL is not installed; `make deps` installs it on Debian")
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int {
		return postgresMajor(a) - postgresMajor(b)
	}))
}

func postgresMajor(path string) int {
	major, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return major
}

// unprivileged is whom the cluster belongs to where the test runs as root, which
// PostgreSQL refuses to; nil for the test's own user. The directory is made over.
func unprivileged(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil //nolint:nilnil // The zero value of exec.
	}
	var errs []error
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, errors.Join(errs...)
}

// command is one of PostgreSQL's programs as the cluster's owner.
func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "HOME=" + p.dir}
	cmd.SysProcAttr = dieWithParent()
	if p.owner != nil {
		if cmd.SysProcAttr == nil {
			cmd.SysProcAttr = &syscall.SysProcAttr{}
		}
		cmd.SysProcAttr.Credential = p.owner
	}
	return cmd
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

func (p *Postgres) init() {
	p.t.Helper()
	password := filepath.Join(p.dir, "password")
	if err := os.WriteFile(password, []byte(PostgresPassword+"\n"), 0o644); err != nil {
		p.t.Fatalf("write a password for PostgreSQL: %v", err)
	}
	out, err := p.command("initdb", "-D", p.data(), "-U", "burnish", "-A", "scram-sha-256",
		"--pwfile="+password, "-E", "UTF8", "--no-sync").CombinedOutput()
	if err != nil {
		p.t.Fatalf("initdb: %v\n%s", err, lastLines(out))
	}
}

func (p *Postgres) launch() error {
	host, port, err := net.SplitHostPort(p.address)
	if err != nil {
		return err
	}
	p.cmd = p.command("postgres", "-D", p.data(), "-h", host, "-p", port, "-k", p.dir,
		"-c", "fsync=off", "-c", "max_connections=60", "-c", "shared_buffers=32MB")
	p.cmd.Stdout, p.cmd.Stderr = p.logs, p.logs
	if err := p.cmd.Start(); err != nil {
		return err
	}
	p.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		_ = cmd.Wait() // how it ended stands in its log
	}(p.cmd, p.exited)
	return p.waitReady()
}

func (p *Postgres) waitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyDeadline)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := p.exec(ctx, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("it ended at once: %s", p.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("not ready within %s: %w", readyDeadline, err)
		case <-tick.C:
		}
	}
}

// exec runs a statement in the cluster's first database.
func (p *Postgres) exec(ctx context.Context, statement string, args ...any) error {
	conn, err := pgx.Connect(ctx, p.URL)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, args...)
	return errors.Join(err, conn.Close(ctx))
}

// Exec runs a statement in the cluster's first database as its superuser.
func (p *Postgres) Exec(statement string, args ...any) {
	p.t.Helper()
	if err := p.exec(context.Background(), statement, args...); err != nil {
		p.t.Fatalf("%s: %v", statement, err)
	}
}

// Database makes a new, empty database and gives its URL.
func (p *Postgres) Database() string {
	p.t.Helper()
	name := fmt.Sprintf("test_%d", p.made.Add(1))
	p.Exec("CREATE DATABASE " + name)
	u, err := url.Parse(p.URL)
	if err != nil {
		p.t.Fatalf("make a database: %v", err)
	}
	u.Path = "/" + name
	return u.String()
}

// Restart ends the server as a crash would and starts it again: same port, same
// data.
func (p *Postgres) Restart() {
	p.t.Helper()
	p.end(syscall.SIGQUIT)
	if err := p.launch(); err != nil {
		p.t.Fatalf("restart PostgreSQL: %v\n%s", err, p.logs.tail())
	}
}

// Stop ends the server and waits for it; connections are cut.
func (p *Postgres) Stop() { p.end(syscall.SIGINT) }

// Start starts a stopped server again.
func (p *Postgres) Start() {
	p.t.Helper()
	if err := p.launch(); err != nil {
		p.t.Fatalf("start PostgreSQL: %v\n%s", err, p.logs.tail())
	}
}

func (p *Postgres) end(sig syscall.Signal) {
	if p.exited == nil {
		return
	}
	_ = p.cmd.Process.Signal(sig) // it may have ended
	select {
	case <-p.exited:
	case <-time.After(stopDeadline):
		_ = p.cmd.Process.Kill()
		<-p.exited
		p.t.Errorf("PostgreSQL did not end within %s of %s", stopDeadline, sig)
	}
}

func (p *Postgres) cleanup() {
	p.Stop()
	if p.t.Failed() {
		p.t.Logf("log of PostgreSQL:\n%s", p.logs.tail())
	}
	if err := os.RemoveAll(p.dir); err != nil {
		p.t.Errorf("remove PostgreSQL's directory: %v", err)
	}
}
