package ingest

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

// secretAge is how long a secret is used before its file is looked at again.
const secretAge = time.Second

// guard lets in who knows the secret. Without one it lets in everybody.
type guard struct {
	username string
	file     string
	now      func() time.Time

	mtx    sync.Mutex
	secret string // empty lets nobody in
	read   time.Time
}

func newGuard(o Options, now func() time.Time) (*guard, error) {
	g := &guard{username: o.Username, file: o.BearerTokenFile, now: now}
	if o.PasswordFile != "" {
		g.file = o.PasswordFile
	}
	if g.file == "" {
		return g, nil
	}
	secret, err := readSecret(g.file)
	if err != nil {
		return nil, fmt.Errorf("ingest: read the senders' secret: %w", err)
	}
	if secret == "" {
		return nil, fmt.Errorf("ingest: %s holds no secret", g.file)
	}
	g.secret, g.read = secret, now()
	return g, nil
}

func readSecret(file string) (string, error) {
	text, err := os.ReadFile(file)
	return strings.TrimRight(string(text), "\r\n"), err
}

// current is the secret as its file has it, at most a second ago. A file that
// can't be read for a moment, as while it is rotated, leaves the last.
func (g *guard) current() string {
	g.mtx.Lock()
	defer g.mtx.Unlock()
	if now := g.now(); now.Sub(g.read) >= secretAge {
		if s, err := readSecret(g.file); err == nil && s != "" {
			g.secret = s
		}
		g.read = now
	}
	return g.secret
}

// admits tells whether the request carries the secret. How long that takes tells
// nothing of it.
func (g *guard) admits(req *http.Request) bool {
	if g.file == "" {
		return true
	}
	secret := g.current()
	if g.username != "" {
		name, password, _ := req.BasicAuth()
		return same(name, g.username)&same(password, secret) == 1
	}
	scheme, token, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return strings.EqualFold(scheme, "Bearer") && same(strings.TrimSpace(token), secret) == 1
}

func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// challenge is how a sender is asked for the secret.
func (g *guard) challenge() string {
	if g.username != "" {
		return `Basic realm="burnish"`
	}
	return `Bearer realm="burnish"`
}
