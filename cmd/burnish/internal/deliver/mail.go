package deliver

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/wneessen/go-mail"

	"github.com/burnish-sre/burnish/config"
)

// mailbox is a mail server and those who get the report by it.
type mailbox struct {
	o       config.Mail
	now     func() time.Time
	timeout time.Duration

	mtx  sync.Mutex
	done map[string]map[string]error // by report and recipient: nil sent, else refused for good
}

func (m *mailbox) name() string { return m.o.Name }
func (*mailbox) kind() string   { return "mail" }

// mostReports is of how many reports it is remembered who got them.
const mostReports = 100

// send sends each recipient a message of their own over one connection, so that
// one who is refused keeps it from nobody. A repetition is for those only who
// have not got it and may.
func (m *mailbox) send(ctx context.Context, r Report) error {
	m.mtx.Lock()
	defer m.mtx.Unlock()
	done := m.results(r.Name())
	var messages []*mail.Msg
	var open []string
	for _, to := range m.o.To {
		if _, known := done[to]; known {
			continue
		}
		msg, err := m.message(r, to)
		if err != nil {
			return backoff.Permanent(err)
		}
		messages, open = append(messages, msg), append(open, to)
	}
	if len(messages) > 0 {
		c, secrets, err := m.client()
		if err != nil {
			return err
		}
		if err := m.dial(ctx, c, messages, secrets); err != nil {
			return err
		}
	}
	return m.note(done, open, messages)
}

// results are what is known of a report's recipients.
func (m *mailbox) results(report string) map[string]error {
	if known := m.done[report]; known != nil {
		return known
	}
	if m.done == nil || len(m.done) >= mostReports {
		m.done = map[string]map[string]error{}
	}
	m.done[report] = map[string]error{}
	return m.done[report]
}

// dial sends messages. Its error is that of the connection; what became of a
// message stands in the message.
func (m *mailbox) dial(ctx context.Context, c *mail.Client, messages []*mail.Msg, secrets []string) error {
	err := c.DialAndSendWithContext(ctx, messages...)
	for _, msg := range messages {
		if msg.IsDelivered() || msg.HasSendError() {
			return nil
		}
	}
	if err == nil {
		return nil
	}
	if said, ok := errors.AsType[*textproto.Error](err); ok && said.Code >= 500 {
		err = backoff.Permanent(err) // such as a wrong password
	}
	return hide(err, secrets...)
}

// note keeps what became of each message, and tells what is left.
func (m *mailbox) note(done map[string]error, open []string, messages []*mail.Msg) error {
	pending := 0
	var last error
	for i, msg := range messages {
		fault := msg.SendError()
		switch {
		case msg.IsDelivered():
			done[open[i]] = nil
		case fault == nil || msg.SendErrorIsTemp():
			pending++
			last = fault
		default:
			done[open[i]] = fault
		}
	}
	if pending > 0 {
		return fmt.Errorf("%d of %d recipients could not be reached yet%s", pending, len(m.o.To), because(last))
	}
	refused := 0
	for _, to := range m.o.To {
		if err := done[to]; err != nil {
			refused, last = refused+1, err
		}
	}
	if refused > 0 {
		return backoff.Permanent(fmt.Errorf("%d of %d recipients were refused%s", refused, len(m.o.To), because(last)))
	}
	return nil
}

func because(err error) string {
	if err == nil {
		return ""
	}
	return quoted(err.Error())
}

func (m *mailbox) message(r Report, to string) (*mail.Msg, error) {
	body, err := r.Mail()
	if err != nil {
		return nil, fmt.Errorf("make the message: %w", err)
	}
	msg := mail.NewMsg()
	if err := errors.Join(msg.From(m.o.From), msg.To(to)); err != nil {
		return nil, fmt.Errorf("address the message: %w", err)
	}
	msg.Subject(oneLine(r.Subject()))
	msg.SetDateWithValue(m.now())
	msg.SetMessageIDWithValue(deliveryID(r.Name(), m.o.Name, to) + "@" + m.domain())
	msg.SetUserAgent("burnish")
	switch {
	case body.Text == "":
		msg.SetBodyString(mail.TypeTextHTML, body.HTML)
	default:
		msg.SetBodyString(mail.TypeTextPlain, body.Text)
		if body.HTML != "" {
			msg.AddAlternativeString(mail.TypeTextHTML, body.HTML)
		}
	}
	for _, f := range body.Attachments {
		if !plainName.MatchString(f.Name) {
			return nil, fmt.Errorf("attach a file: %w", errName)
		}
		if err := msg.AttachReader(f.Name, bytes.NewReader(f.Body)); err != nil {
			return nil, fmt.Errorf("attach a file: %w", err)
		}
	}
	return msg, nil
}

// oneLine keeps a subject from becoming a header.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// domain is that of the sender.
func (m *mailbox) domain() string {
	_, domain, _ := strings.Cut(strings.TrimRight(m.o.From, "> "), "@")
	return domain
}

// client is for one try, with the secrets that it knows.
func (m *mailbox) client() (c *mail.Client, secrets []string, err error) {
	host, port, err := m.o.HostPort()
	if err != nil {
		return nil, nil, err
	}
	conf, err := trust(m.o.CAFile, m.o.ServerName)
	if err != nil {
		return nil, nil, err
	}
	if conf.ServerName == "" {
		conf.ServerName = host
	}
	options := []mail.Option{mail.WithPort(port), mail.WithTLSConfig(conf), mail.WithTimeout(m.timeout)}
	switch m.o.TLS {
	case config.MailTLS:
		options = append(options, mail.WithSSL())
	case config.MailPlain:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if m.o.Hello != "" {
		options = append(options, mail.WithHELO(m.o.Hello))
	}
	if m.o.Username != "" {
		password, err := secret(m.o.PasswordFile)
		if err != nil {
			return nil, nil, err
		}
		secrets = []string{password, base64.StdEncoding.EncodeToString([]byte(password)),
			base64.StdEncoding.EncodeToString([]byte("\x00" + m.o.Username + "\x00" + password))}
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(m.o.Username), mail.WithPassword(password))
	}
	c, err = mail.NewClient(host, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("set up the mail server: %w", err)
	}
	return c, secrets, nil
}
