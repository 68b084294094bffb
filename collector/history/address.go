package history

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// dialect is the database behind a store.
type dialect int

const (
	sqlite dialect = iota
	postgres
)

// address is where a store lies.
type address struct {
	dialect dialect
	// path is SQLite's file; dsn is what the driver is given.
	path, dsn string
	// name is how the store is shown to people, without credentials, and
	// secrets are what must not be shown.
	name    string
	secrets []string
}

// errAddress says what a store's address looks like.
var errAddress = errors.New("want a file name, sqlite:FILE, or postgres://USER@HOST/DATABASE")

// parseAddress reads a store's URL. Its errors hold nothing of the URL but its
// scheme, since there may be a password in it.
func parseAddress(text string) (address, error) {
	scheme, rest, hasScheme := strings.Cut(text, ":")
	switch {
	case text == "":
		return address{}, errAddress
	case !hasScheme || len(scheme) == 1 || strings.ContainsAny(scheme, `/\.`):
		return sqliteAddress(text)
	case scheme == "sqlite" || scheme == "sqlite3" || scheme == "file":
		path := strings.TrimPrefix(rest, "//")
		if path, err := url.PathUnescape(path); err == nil {
			return sqliteAddress(path)
		}
		return sqliteAddress(path)
	case scheme == "postgres" || scheme == "postgresql":
		return postgresAddress(text)
	}
	return address{}, fmt.Errorf("%w, not one that begins with %.20q", errAddress, scheme+":")
}

func sqliteAddress(path string) (address, error) {
	if path == "" || strings.ContainsAny(path, "?\x00") {
		return address{}, errAddress
	}
	path = filepath.Clean(path)
	dsn := (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}).String()
	return address{dialect: sqlite, path: path, dsn: dsn, name: path}, nil
}

func postgresAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Path == "" && u.Host == "" && u.RawQuery == "" {
		return address{}, errAddress // the parser's own error repeats the URL
	}
	a := address{dialect: postgres}
	q := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		a.hide(q.Get(name))
	}
	if password, ok := u.User.Password(); ok {
		a.hide(password)
	}
	for name, value := range map[string]string{"application_name": "burnish", "connect_timeout": "10"} {
		if !q.Has(name) {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	a.dsn, a.name = u.String(), "postgres://"+cmp.Or(u.Host, q.Get("host"))+u.Path
	a.secrets = append(a.secrets, a.dsn, text)
	return a, nil
}

// hide notes a secret in the forms in which it may turn up.
func (a *address) hide(secret string) {
	if secret != "" {
		a.secrets = append(a.secrets, secret, url.QueryEscape(secret), url.PathEscape(secret))
	}
}

// bind turns the question marks of a query into what the database calls its
// parameters.
func (d dialect) bind(query string) string {
	if d == sqlite {
		return query
	}
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		n++
		fmt.Fprintf(&b, "$%d", n)
		query = after
	}
}
