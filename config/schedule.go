package config

import (
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

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
