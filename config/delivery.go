package config

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

// Delivery is where reports go.
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

// Schedule is when a report is made, of what, and for whom.
type Schedule struct {
	Name    string         `yaml:"name" doc:"How its reports are called in the archive: letters, digits, dashes and underscores."`
	Cron    string         `yaml:"cron" doc:"When, as minute hour day month weekday, such as 0 8 * * MON, or @daily, @weekly, @monthly."`
	Zone    string         `yaml:"zone" doc:"Time zone of cron, such as Europe/Berlin."`
	CatchUp model.Duration `yaml:"catch_up" doc:"How late a period that was missed is still made up for; 0s means however late. Only the newest is."`
	Team    string         `yaml:"team" doc:"Keep the report to one team."`
	To      []string       `yaml:"to" doc:"Names of the targets of delivery that get it; all where none is named."`
}

// DefaultSchedule is a schedule of which nothing is said.
func DefaultSchedule() Schedule { return Schedule{Name: "weekly", Cron: "0 8 * * MON", Zone: "UTC"} }

// validate faults what can be told from the text alone; the daemon checks the rest
// of it, such as the targets' names, when it starts.
func (s Schedule) validate(setting string, d *decoder) {
	if !plainName(s.Name) {
		d.fail(setting+".name", "%q is no name of letters, digits, dashes and underscores", s.Name)
	}
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" {
		d.fail(setting+".zone", "%q: no such time zone; write it like Europe/Berlin", s.Zone)
	}
	if s.Cron == "" {
		d.fail(setting+".cron", "say when, such as 0 8 * * MON")
	}
}

func plainName(s string) bool {
	for _, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_') {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

func validateSchedules(schedules []Schedule, d *decoder) {
	seen := map[string]bool{}
	for i, s := range schedules {
		setting := fmt.Sprintf("schedules[%d]", i)
		s.validate(setting, d)
		if seen[s.Name] {
			d.fail(setting+".name", "%q is taken", s.Name)
		}
		seen[s.Name] = true
	}
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
