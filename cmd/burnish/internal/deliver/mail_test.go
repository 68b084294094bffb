package deliver

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/burnish-sre/burnish/config"
)

// post is a mail server that speaks as much SMTP as a sender needs.
type post struct {
	t       *testing.T
	address string
	ca      string // file
	conf    *tls.Config
	full    bool                       // TLS from the first byte
	plain   bool                       // no TLS at all
	auth    string                     // what AUTH PLAIN has to say; empty wants none
	rcpt    func(to string, n int) int // the answer to the nth RCPT of a recipient

	mtx    sync.Mutex
	tried  map[string]int
	taken  []letter
	logins int
}

// letter is a message as it came in.
type letter struct {
	from, to, text string
	secure         bool
}

func newPost(t *testing.T, change func(p *post)) *post {
	t.Helper()
	p := &post{t: t, tried: map[string]int{}, rcpt: func(string, int) int { return 250 }}
	p.conf, p.ca = certificate(t)
	if change != nil {
		change(p)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.address = l.Addr().String()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return p
}

// certificate is for 127.0.0.1, and a file to trust it by.
func certificate(t *testing.T) (*tls.Config, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}, file
}

func (p *post) serve(conn net.Conn) {
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	secure := p.full
	if p.full {
		conn = tls.Server(conn, p.conf)
	}
	in := bufio.NewReader(conn)
	say := func(text string, args ...any) { _, _ = fmt.Fprintf(conn, text+"\r\n", args...) }
	say("220 test")
	var now letter
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			say("250-test")
			if !secure && !p.plain {
				say("250-STARTTLS")
			}
			if p.auth != "" {
				say("250-AUTH PLAIN")
			}
			say("250 8BITMIME")
		case "STARTTLS":
			say("220 go ahead")
			conn, secure = tls.Server(conn, p.conf), true
			in = bufio.NewReader(conn)
		case "AUTH":
			p.login(rest, say)
		case "MAIL":
			now = letter{from: rest, secure: secure}
			say("250 ok")
		case "RCPT":
			now.to = strings.Trim(strings.TrimPrefix(rest, "TO:"), "<>")
			say("%d %s", p.answer(now.to), "about <"+now.to+">")
		case "DATA":
			say("354 go ahead")
			now.text = data(in)
			p.mtx.Lock()
			p.taken = append(p.taken, now)
			p.mtx.Unlock()
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (p *post) login(rest string, say func(string, ...any)) {
	p.mtx.Lock()
	p.logins++
	p.mtx.Unlock()
	_, given, _ := strings.Cut(rest, " ")
	if given == base64.StdEncoding.EncodeToString([]byte(p.auth)) {
		say("235 ok")
		return
	}
	say("535 5.7.8 not with %s", given)
}

func (p *post) answer(to string) int {
	p.mtx.Lock()
	defer p.mtx.Unlock()
	p.tried[to]++
	return p.rcpt(to, p.tried[to])
}

func data(in *bufio.Reader) string {
	var text strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == ".\r\n" {
			return text.String()
		}
		text.WriteString(line)
	}
}

func (p *post) options(to ...string) config.Mail {
	return config.Mail{Server: p.address, CAFile: p.ca, From: "Burnish <burnish@example.org>", To: to}
}

func TestMail(t *testing.T) {
	p := newPost(t, func(p *post) { p.auth = "\x00me\x00s3cret" })
	o := p.options("ann@example.org", "Bob <bob@example.org>")
	o.Username, o.PasswordFile = "me", file(t, "s3cret")
	r := newRig(t, config.Delivery{Mail: []config.Mail{o}})
	require.NoError(t, r.one(t).Err)
	require.Len(t, p.taken, 2)
	assert.Equal(t, "ann@example.org", p.taken[0].to)
	assert.Equal(t, "bob@example.org", p.taken[1].to)
	assert.True(t, p.taken[0].secure)
	got, err := mail.ReadMessage(strings.NewReader(p.taken[0].text))
	require.NoError(t, err)
	assert.Equal(t, "Alerts of last week: Bcc: all@example.org", got.Header.Get("Subject"), "in one line")
	assert.Empty(t, got.Header.Get("Bcc"))
	assert.Contains(t, got.Header.Get("From"), "burnish@example.org")
	date, err := got.Header.Date()
	require.NoError(t, err)
	assert.True(t, date.Equal(monday))
	assert.Regexp(t, `^<[0-9a-f]{32}@example\.org>$`, got.Header.Get("Message-ID"))
	body, err := io.ReadAll(got.Body)
	require.NoError(t, err)
	for _, part := range []string{"plain words", "rich words", `filename="report.html"`, "multipart/alternative"} {
		assert.Contains(t, got.Header.Get("Content-Type")+string(body), part)
	}
}

func TestWaysToEncryptMail(t *testing.T) {
	full := newPost(t, func(p *post) { p.full = true })
	o := full.options("ann@example.org")
	o.TLS = "tls"
	require.NoError(t, newRig(t, config.Delivery{Mail: []config.Mail{o}}).one(t).Err)
	assert.True(t, full.taken[0].secure)

	open := newPost(t, func(p *post) { p.plain = true })
	o = open.options("ann@example.org")
	short := model.Duration(20 * time.Millisecond)
	require.Error(t, newRig(t, config.Delivery{Mail: []config.Mail{o}, Within: short}).one(t).Err, "a server without TLS gets nothing unless asked for")
	assert.Empty(t, open.taken)
	o.TLS = "none"
	require.NoError(t, newRig(t, config.Delivery{Mail: []config.Mail{o}}).one(t).Err)

	strange := newPost(t, nil)
	o = strange.options("ann@example.org")
	o.CAFile = ""
	require.Error(t, newRig(t, config.Delivery{Mail: []config.Mail{o}, Within: short}).one(t).Err, "nor one that nobody trusts")
	assert.Empty(t, strange.taken)
}

func TestRefusedRecipients(t *testing.T) {
	p := newPost(t, func(p *post) {
		p.rcpt = func(to string, n int) int {
			switch {
			case strings.HasPrefix(to, "gone"):
				return 550
			case strings.HasPrefix(to, "later") && n < 3:
				return 451
			}
			return 250
		}
	})
	r := newRig(t, config.Delivery{Mail: []config.Mail{p.options("gone@example.org", "ann@example.org", "later@example.org")}})
	got := r.one(t)
	require.ErrorContains(t, got.Err, "1 of 3 recipients were refused")
	require.ErrorContains(t, got.Err, "gone@example.org")
	assert.Equal(t, 3, got.Tries)
	assert.Equal(t, map[string]int{"gone@example.org": 1, "ann@example.org": 1, "later@example.org": 3}, p.tried, "nobody gets it twice")
	assert.Len(t, p.taken, 2)

	require.Error(t, r.one(t).Err, "the same report again reaches nobody anew")
	assert.Len(t, p.taken, 2)
}

func TestWrongPassword(t *testing.T) {
	p := newPost(t, func(p *post) { p.auth = "\x00me\x00other" })
	o := p.options("ann@example.org")
	o.Username, o.PasswordFile = "me", file(t, "s3cretw0rd")
	r := newRig(t, config.Delivery{Mail: []config.Mail{o}})
	got := r.one(t)
	require.ErrorContains(t, got.Err, "535")
	assert.Equal(t, 1, got.Tries, "it would lock the account")
	for _, secret := range []string{"s3cretw0rd", base64.StdEncoding.EncodeToString([]byte("\x00me\x00s3cretw0rd"))} {
		assert.NotContains(t, got.Err.Error()+r.logs.String(), secret)
	}
	assert.Empty(t, p.taken)
}

func TestMailServerThatIsDown(t *testing.T) {
	o := config.Mail{Server: "127.0.0.1:1", From: "a@b.example", To: []string{"c@d.example"}}
	got := newRig(t, config.Delivery{Mail: []config.Mail{o}, Within: model.Duration(20 * time.Millisecond)}).one(t)
	require.Error(t, got.Err)
	assert.Greater(t, got.Tries, 1)
}

func TestWhoGotItIsForgottenInTheEnd(t *testing.T) {
	m := &mailbox{}
	for i := range 5 * mostReports {
		m.results(fmt.Sprint(i))["a"] = nil
		assert.Contains(t, m.results(fmt.Sprint(i)), "a", "not while it is sent")
		assert.LessOrEqual(t, len(m.done), mostReports)
	}
}
