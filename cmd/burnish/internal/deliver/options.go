package deliver

import (
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"
)

// Options are the settings of the section "delivery". Without any target reports
// are delivered nowhere.
type Options struct {
	Folders  []FolderOptions  `yaml:"folders" doc:"Folders that reports are written to."`
	Slack    []SlackOptions   `yaml:"slack" doc:"Slack channels that reports are posted to."`
	Mail     []MailOptions    `yaml:"mail" doc:"Mail servers and the people who get reports by them."`
	Webhooks []WebhookOptions `yaml:"webhooks" doc:"Addresses that reports are posted to as JSON."`
	Timeout  model.Duration   `yaml:"timeout" doc:"How long one try may take."`
	Within   model.Duration   `yaml:"within" doc:"How long a failed delivery is tried again."`
}

// FolderOptions are a folder.
type FolderOptions struct {
	Name string `yaml:"name" doc:"How the target is called in logs and metrics; its path where it is left out."`
	Path string `yaml:"path" doc:"The folder; it is made where it is missing."`
}

// SlackOptions are a channel: either a webhook's URL or a token and a channel.
type SlackOptions struct {
	Name           string `yaml:"name" doc:"How the target is called in logs and metrics."`
	WebhookURLFile string `yaml:"webhook_url_file" doc:"File that holds the URL of an incoming webhook, which is a secret."`
	TokenFile      string `yaml:"token_file" doc:"File that holds a bot's token; it needs the scope chat:write."`
	Channel        string `yaml:"channel" doc:"The channel that the bot posts to, by its id or name."`
	APIURL         string `yaml:"api_url" doc:"Slack's API, where it is another than https://slack.com/api/."`
}

// MailOptions are a mail server and those who get the report by it.
type MailOptions struct {
	Name         string   `yaml:"name" doc:"How the target is called in logs and metrics."`
	Server       string   `yaml:"server" doc:"Host and port of the mail server: smtp.example.org:587."`
	TLS          string   `yaml:"tls" doc:"starttls, tls (from the first byte, port 465) or none."`
	CAFile       string   `yaml:"ca_file" doc:"Certificates to trust instead of the system's, PEM."`
	ServerName   string   `yaml:"server_name" doc:"The name that the server's certificate has to carry, where it is not the host."`
	Username     string   `yaml:"username" doc:"User name, where the server wants one."`
	PasswordFile string   `yaml:"password_file" doc:"File that holds the password."`
	From         string   `yaml:"from" doc:"The sender: burnish <burnish@example.org>."`
	To           []string `yaml:"to" doc:"The recipients. Each gets a message of their own."`
	Hello        string   `yaml:"hello" doc:"The name that burnish greets the server with; the host's where it is left out."`
}

// WebhookOptions are an address that takes JSON.
type WebhookOptions struct {
	Name            string `yaml:"name" doc:"How the target is called in logs and metrics."`
	URL             string `yaml:"url" doc:"The address. Without credentials."`
	URLFile         string `yaml:"url_file" doc:"File that holds the address, where it is a secret."`
	SecretFile      string `yaml:"secret_file" doc:"File that holds the key that messages are signed with."`
	BearerTokenFile string `yaml:"bearer_token_file" doc:"File that holds a bearer token."`
	CAFile          string `yaml:"ca_file" doc:"Certificates to trust instead of the system's, PEM."`
}

// DefaultOptions is what holds where nothing is said.
func DefaultOptions() Options {
	return Options{Timeout: model.Duration(30 * time.Second), Within: model.Duration(30 * time.Minute)}
}

// The ways in which mail is encrypted.
const (
	tlsStart = "starttls"
	tlsFull  = "tls"
	tlsNone  = "none"
)

// Wiring is what a Deliverer works with.
type Wiring struct {
	Registry prometheus.Registerer // takes the metrics; a new one where nil
	Logger   *slog.Logger          // nil discards
	Now      func() time.Time      // the clock; time.Now where nil
	// FirstWait is how long the first repetition waits, about; 2 seconds where
	// zero. Each further one waits twice as long, up to two minutes.
	FirstWait time.Duration
}

func (w Wiring) withDefaults() Wiring {
	if w.Registry == nil {
		w.Registry = prometheus.NewRegistry()
	}
	if w.Logger == nil {
		w.Logger = slog.New(slog.DiscardHandler)
	}
	if w.Now == nil {
		w.Now = time.Now
	}
	if w.FirstWait == 0 {
		w.FirstWait = 2 * time.Second
	}
	return w
}

// Validate tells everything that makes no sense.
func (o Options) Validate() error {
	var errs []error
	fault := func(kind string, i int, text string) {
		if text != "" {
			errs = append(errs, fmt.Errorf("delivery: %s[%d]: %s", kind, i, text))
		}
	}
	if o.Timeout < 0 || o.Within < 0 {
		errs = append(errs, errors.New("delivery: a time is negative"))
	}
	for i, f := range o.Folders {
		if f.Path == "" {
			fault("folders", i, "it has no path")
		}
	}
	for i, s := range o.Slack {
		fault("slack", i, s.fault())
	}
	for i, m := range o.Mail {
		fault("mail", i, m.fault())
	}
	for i, h := range o.Webhooks {
		fault("webhooks", i, h.fault())
	}
	return errors.Join(errs...)
}

func (s SlackOptions) fault() string {
	switch {
	case (s.WebhookURLFile == "") == (s.TokenFile == ""):
		return "give either webhook_url_file or token_file"
	case (s.TokenFile == "") != (s.Channel == ""):
		return "token_file and channel go together"
	case s.APIURL != "":
		return urlFault(s.APIURL)
	}
	return ""
}

func (m MailOptions) fault() string {
	if _, _, err := splitServer(m.Server); err != nil {
		return "server is no host and port, such as smtp.example.org:587"
	}
	if m.TLS != "" && m.TLS != tlsStart && m.TLS != tlsFull && m.TLS != tlsNone {
		return "tls is starttls, tls or none"
	}
	if (m.Username == "") != (m.PasswordFile == "") {
		return "username and password_file go together"
	}
	if m.Username != "" && m.TLS == tlsNone {
		return "a password is not sent without encryption"
	}
	if _, err := mail.ParseAddress(m.From); err != nil {
		return "from is no mail address"
	}
	if len(m.To) == 0 {
		return "it has no recipients"
	}
	for i, to := range m.To {
		if _, err := mail.ParseAddress(to); err != nil {
			return fmt.Sprintf("to[%d] is no mail address", i)
		}
	}
	return ""
}

func (h WebhookOptions) fault() string {
	if (h.URL == "") == (h.URLFile == "") {
		return "give either url or url_file"
	}
	if h.URL != "" {
		return urlFault(h.URL)
	}
	return ""
}

func urlFault(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return "the URL is none of http or https"
	case u.User != nil:
		return "the URL holds credentials; they belong in a file"
	}
	return ""
}
