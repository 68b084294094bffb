package config

import (
	"time"

	"github.com/prometheus/common/model"
)

// Delivery is where reports go. Without any target they are delivered nowhere.
type Delivery struct {
	Folders  []Folder       `yaml:"folders" doc:"Folders that reports are written to."`
	Slack    []Slack        `yaml:"slack" doc:"Slack channels that reports are posted to."`
	Mail     []Mail         `yaml:"mail" doc:"Mail servers and the people who get reports by them."`
	Webhooks []Webhook      `yaml:"webhooks" doc:"Addresses that reports are posted to as JSON."`
	Timeout  model.Duration `yaml:"timeout" doc:"How long one try may take."`
	Within   model.Duration `yaml:"within" doc:"How long a failed delivery is tried again."`
}

// Folder is a folder that reports are written to.
type Folder struct {
	Name string `yaml:"name" doc:"How the target is called in logs and metrics; its path where it is left out."`
	Path string `yaml:"path" doc:"The folder; it is made where it is missing."`
}

// Slack is a channel: either a webhook's URL or a token and a channel.
type Slack struct {
	Name           string `yaml:"name" doc:"How the target is called in logs and metrics."`
	WebhookURLFile string `yaml:"webhook_url_file" doc:"File that holds the URL of an incoming webhook, which is a secret."`
	TokenFile      string `yaml:"token_file" doc:"File that holds a bot's token; it needs the scope chat:write."`
	Channel        string `yaml:"channel" doc:"The channel that the bot posts to, by its id or name."`
	APIURL         string `yaml:"api_url" doc:"Slack's API, where it is another than https://slack.com/api/."`
}

// Mail is a mail server and those who get the report by it.
type Mail struct {
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

// Webhook is an address that takes JSON.
type Webhook struct {
	Name            string `yaml:"name" doc:"How the target is called in logs and metrics."`
	URL             string `yaml:"url" doc:"The address. Without credentials."`
	URLFile         string `yaml:"url_file" doc:"File that holds the address, where it is a secret."`
	SecretFile      string `yaml:"secret_file" doc:"File that holds the key that messages are signed with."`
	BearerTokenFile string `yaml:"bearer_token_file" doc:"File that holds a bearer token."`
	CAFile          string `yaml:"ca_file" doc:"Certificates to trust instead of the system's, PEM."`
}

// The ways in which mail is encrypted.
const (
	MailStartTLS = "starttls" // from the first words on; also where nothing is said
	MailTLS      = "tls"      // from the first byte
	MailPlain    = "none"     // not at all, and no password is sent
)

// DefaultDelivery is what holds where nothing is said: no target, half a minute
// for one try, and half an hour of tries.
func DefaultDelivery() Delivery {
	return Delivery{Timeout: model.Duration(30 * time.Second), Within: model.Duration(30 * time.Minute)}
}

// anchor takes the paths of delivery from the configuration's folder.
func (c *Delivery) anchor(dir string) {
	for i := range c.Folders {
		anchor(dir, &c.Folders[i].Path)
	}
	for i := range c.Slack {
		anchor(dir, &c.Slack[i].WebhookURLFile, &c.Slack[i].TokenFile)
	}
	for i := range c.Mail {
		anchor(dir, &c.Mail[i].CAFile, &c.Mail[i].PasswordFile)
	}
	for i := range c.Webhooks {
		anchor(dir, &c.Webhooks[i].URLFile, &c.Webhooks[i].SecretFile, &c.Webhooks[i].BearerTokenFile, &c.Webhooks[i].CAFile)
	}
}
