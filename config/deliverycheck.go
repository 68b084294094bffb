package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"strconv"
)

// Validate checks settings that were put together in code, to the same rules as
// Load. Its error is of type Errors, without places.
func (c Delivery) Validate() error {
	d := newDecoder("settings")
	c.validate(d)
	if len(d.errs) > 0 {
		return d.errs
	}
	return nil
}

func (c Delivery) validate(d *decoder) {
	limits{}.hold(d, "delivery.timeout", c.Timeout)
	limits{}.hold(d, "delivery.within", c.Within)
	for i, f := range c.Folders {
		if f.Path == "" {
			d.fail(fmt.Sprintf("delivery.folders[%d]", i), "give a path")
		}
	}
	for i, s := range c.Slack {
		s.validate(fmt.Sprintf("delivery.slack[%d]", i), d)
	}
	for i, m := range c.Mail {
		m.validate(fmt.Sprintf("delivery.mail[%d]", i), d)
	}
	for i, h := range c.Webhooks {
		h.validate(fmt.Sprintf("delivery.webhooks[%d]", i), d)
	}
}

func (s Slack) validate(setting string, d *decoder) {
	switch {
	case (s.WebhookURLFile == "") == (s.TokenFile == ""):
		d.fail(setting, "give either webhook_url_file or token_file")
	case (s.TokenFile == "") != (s.Channel == ""):
		d.fail(setting, "token_file and channel go together")
	case s.APIURL != "":
		validateTarget(s.APIURL, setting+".api_url", d)
	}
}

func (m Mail) validate(setting string, d *decoder) {
	if _, _, err := m.HostPort(); err != nil {
		d.fail(setting+".server", "no host and port; write it like smtp.example.org:587")
	}
	if m.TLS != "" {
		oneOf(d, setting+".tls", m.TLS, MailStartTLS, MailTLS, MailPlain)
	}
	switch {
	case (m.Username == "") != (m.PasswordFile == ""):
		d.fail(setting, "username and password_file go together")
	case m.Username != "" && m.TLS == MailPlain:
		d.fail(setting+".tls", "a password is not sent without encryption")
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		d.fail(setting+".from", "no mail address; write it like burnish <burnish@example.org>")
	}
	if len(m.To) == 0 {
		d.fail(setting+".to", "name at least one recipient")
	}
	for i, to := range m.To {
		if _, err := mail.ParseAddress(to); err != nil {
			d.fail(fmt.Sprintf("%s.to[%d]", setting, i), "no mail address")
		}
	}
}

// HostPort is the mail server's host and port.
func (m Mail) HostPort() (host string, port int, err error) {
	host, text, err := net.SplitHostPort(m.Server)
	if err != nil {
		return "", 0, fmt.Errorf("read the mail server's address: %w", err)
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 || host == "" {
		return "", 0, errors.New("read the mail server's address: want host and port")
	}
	return host, int(n), nil
}

func (h Webhook) validate(setting string, d *decoder) {
	switch {
	case (h.URL == "") == (h.URLFile == ""):
		d.fail(setting, "give either url or url_file")
	case h.URL != "":
		validateTarget(h.URL, setting+".url", d)
	}
}

// validateTarget faults what nothing can be posted to. It never repeats the text,
// which may hold a secret.
func validateTarget(text, setting string, d *decoder) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		d.fail(setting, "no http or https URL")
	case u.User != nil:
		d.fail(setting, "holds credentials; they belong in a file")
	}
}
