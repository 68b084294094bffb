package daemon

import (
	"net"
	"sync/atomic"
	"time"
)

// Holding is a listener that outlives the servers that answer on it, so that a
// reload refuses nobody: connections wait while one server ends and the next begins.
type Holding struct{ *net.TCPListener }

// lease is a listener for one server. To close it ends the server's waiting and
// leaves the listener itself open.
type lease struct {
	*net.TCPListener

	closed atomic.Bool
}

// Lease lends the listener to a server; one at a time.
func (h Holding) Lease() net.Listener {
	_ = h.SetDeadline(time.Time{}) // it can only fail where the listener is closed, which Accept says
	return &lease{TCPListener: h.TCPListener}
}

// Accept waits for a connection until the lease is closed.
func (l *lease) Accept() (net.Conn, error) {
	if l.closed.Load() {
		return nil, net.ErrClosed
	}
	c, err := l.TCPListener.Accept()
	if err != nil && l.closed.Load() {
		return nil, net.ErrClosed
	}
	return c, err
}

// Close gives the listener back.
func (l *lease) Close() error {
	if l.closed.CompareAndSwap(false, true) {
		return l.SetDeadline(time.Unix(1, 0))
	}
	return nil
}
