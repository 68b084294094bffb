package realserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// How long a server may take to answer and to go. Both are far above what a
// busy two-core machine needs; a test that meets them has found a real fault.
const (
	readyDeadline = 90 * time.Second
	stopDeadline  = 30 * time.Second
	pollEvery     = 25 * time.Millisecond
)

// portAttempts is how often a start is tried again with another port, since a
// free port may be taken between being found and being listened on.
const portAttempts = 3

// Server is a running server. Its methods are for the test's own goroutine.
type Server struct {
	// URL is where the server answers, without a trailing slash. It stays the
	// same over Restart.
	URL string
	// DataDir is the server's storage.
	DataDir string

	t       testing.TB
	spec    spec
	address string
	logs    *logBuffer
	cmd     *exec.Cmd
	exited  chan struct{} // closed once cmd has been waited for
}

// spec is what differs between the kinds of server.
type spec struct {
	name    string
	program string
	args    func(address string) []string
	ready   string // path that answers 200 once the server can be asked
}

// start runs the server on a free port and waits until it is ready.
func start(t testing.TB, sp spec, dataDir string) *Server {
	t.Helper()
	s := &Server{t: t, spec: sp, DataDir: dataDir, logs: &logBuffer{}}
	t.Cleanup(s.cleanup)
	var err error
	for range portAttempts {
		s.address = freeAddress(t)
		s.URL = "http://" + s.address
		if err = s.launch(); err == nil {
			return s
		}
		if !strings.Contains(s.Logs(), "address already in use") {
			break
		}
	}
	t.Fatalf("start %s: %v\n%s", sp.name, err, s.logs.tail())
	return nil
}

// Restart starts a stopped or killed server again: same port, same storage.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.launch(); err != nil {
		s.t.Fatalf("restart %s: %v\n%s", s.spec.name, err, s.logs.tail())
	}
}

// Stop ends the server in good order and waits for it. Stopping one that does
// not run, or a nil Server, does nothing.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server as a crash would and waits until it is gone.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

// Pause halts the server so that connections are accepted and never answered,
// as a hung server's are; Resume lets it go on. It returns when every thread has
// stopped: the signal alone leaves those on another core running for a moment.
func (s *Server) Pause() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	deadline := time.Now().Add(stopDeadline)
	for !allStopped(s.cmd.Process.Pid) {
		if time.Now().After(deadline) {
			s.t.Fatalf("%s did not pause within %s", s.spec.name, stopDeadline)
		}
		runtime.Gosched()
	}
}

// allStopped tells whether every thread of a process is stopped (state T in
// proc(5)). Where there is no /proc it can't know, and takes the signal's word.
func allStopped(pid int) bool {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return true
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // the thread has ended
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		if !strings.HasPrefix(after, "T") {
			return false
		}
	}
	return true
}

// Resume lets a paused server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Logs is all that the server wrote so far, over every start.
func (s *Server) Logs() string { return s.logs.String() }

func (s *Server) launch() error {
	s.cmd = exec.Command(s.spec.program, s.spec.args(s.address)...)
	s.cmd.Stdout, s.cmd.Stderr = s.logs, s.logs
	s.cmd.SysProcAttr = dieWithParent()
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		defer close(exited)
		_ = cmd.Wait() // how it ended stands in its log
	}(s.cmd, s.exited)
	return s.waitReady()
}

func (s *Server) waitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), readyDeadline)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if answers(ctx, s.URL+s.spec.ready) {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended at once: %s", s.cmd.ProcessState)
		case <-ctx.Done():
			return fmt.Errorf("not ready within %s", readyDeadline)
		case <-tick.C:
		}
	}
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (s *Server) end(sig syscall.Signal) {
	if s == nil || !s.running() {
		return
	}
	s.t.Helper()
	s.signal(syscall.SIGCONT) // a paused process would not take SIGTERM
	s.signal(sig)
	select {
	case <-s.exited:
	case <-time.After(stopDeadline):
		_ = s.cmd.Process.Kill()
		<-s.exited
		s.t.Errorf("%s did not end within %s of %s", s.spec.name, stopDeadline, sig)
	}
}

func (s *Server) signal(sig syscall.Signal) {
	if s.running() {
		_ = s.cmd.Process.Signal(sig) // it may have ended in between
	}
}

func (s *Server) running() bool {
	if s.exited == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

func (s *Server) cleanup() {
	s.Stop()
	if s.t.Failed() {
		s.t.Logf("log of %s:\n%s", s.spec.name, s.logs.tail())
	}
}

// freeAddress is a loopback address on which nobody listens.
func freeAddress(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer l.Close()
	return l.Addr().String()
}

// writeConfig puts a server's configuration into a file of the test's own.
func writeConfig(t testing.TB, text string) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "config-*.yml")
	if err != nil {
		t.Fatalf("write server configuration: %v", err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatalf("write server configuration: %v", err)
	}
	return f.Name()
}

// logBuffer gathers what a process writes.
type logBuffer struct {
	mtx sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *logBuffer) Write(p []byte) (int, error) {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.buf.Write(p)
}

// String is all that was written.
func (b *logBuffer) String() string {
	b.mtx.Lock()
	defer b.mtx.Unlock()
	return b.buf.String()
}

// tail is the last forty lines, which is where a server says why it gave up.
func (b *logBuffer) tail() string {
	lines := strings.SplitAfter(b.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "")
}
