package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/dashboards/report"
)

// trendWeeks is how many weeks back a report shows trends.
const trendWeeks = 12

// extraFlags say what a report tells beside its own window.
type extraFlags struct {
	previous, postmortem string
	team, teamLabel      string
	weeks                int
}

func (f *extraFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.previous, "previous", "", "Earlier report as JSON: tell what became of its advice.")
	flags.IntVar(&f.weeks, "trend-weeks", trendWeeks, "How many weeks back to show trends, as far as the source reaches; 0 for none.")
	flags.StringVar(&f.team, "team", "", "Keep to the rules, alerts, SLOs and incidents of one team.")
	flags.StringVar(&f.teamLabel, "team-label", report.DefaultTeamLabel, "Label whose value is the team that an alert belongs to.")
	flags.StringVar(&f.postmortem, "postmortem", "", "Id of an incident: write a skeleton of its post-mortem, as Markdown, instead of the report.")
}

// extras reads what the flags name.
func (f *extraFlags) extras() (pipeline.Extras, error) {
	x := pipeline.Extras{Team: f.team, TeamLabel: f.teamLabel}
	if f.weeks < 0 || f.weeks > 520 {
		return x, badUsage("--trend-weeks %d: want 0 to 520", f.weeks)
	}
	if f.previous == "" {
		return x, nil
	}
	in, err := os.Open(f.previous)
	if err != nil {
		return x, badUsage("--previous: %v", err)
	}
	defer func() { _ = in.Close() }()
	if x.Earlier, err = report.ReadEarlier(in); err != nil {
		return x, badUsage("--previous %s: %v", f.previous, err)
	}
	return x, nil
}

// checkTeam tells a team without alerts from a name that is spelled wrongly.
func (f *extraFlags) checkTeam(r *report.Report) error {
	teams := r.Teams()
	if f.team == "" || slices.Contains(teams, f.team) {
		return nil
	}
	if len(teams) == 0 {
		return badUsage("--team %q: no rule, alert or SLO names a team; see --team-label", f.team)
	}
	var named []string
	for _, t := range teams[:min(mostTeams, len(teams))] {
		named = append(named, strconv.Quote(t))
	}
	return badUsage("--team %q: nothing is of that team; there are %s", f.team, strings.Join(named, ", "))
}

// mostTeams is how many teams are named to somebody who asked for another.
const mostTeams = 30

// postmortemName keeps of an incident's id what is safe in the name of a file.
var postmortemName = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// mostNamed is how many incidents are named to somebody who asked for another.
const mostNamed = 10

// writePostmortem writes the skeleton of an incident's post-mortem.
func (g *globals) writePostmortem(r *report.Report, id, output string) error {
	var b bytes.Buffer
	err := r.WritePostmortem(&b, id)
	if errors.Is(err, report.ErrNoIncident) {
		return badUsage("--postmortem: %v; %s", err, incidentsNamed(r))
	}
	if err != nil || output == "-" {
		_, werr := g.stdout.Write(b.Bytes())
		return errors.Join(err, werr)
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return fmt.Errorf("make output folder: %w", err)
	}
	path := filepath.Join(output, "postmortem-"+postmortemName.ReplaceAllString(id, "-")+".md")
	if err := writeFile(path, func(w io.Writer) error { _, err := w.Write(b.Bytes()); return err }); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(g.stderr, "wrote", path)
	return nil
}

// incidentsNamed lists the latest incidents of a report.
func incidentsNamed(r *report.Report) string {
	all := r.Document().Incidents
	if len(all) == 0 {
		return "it holds none: give SLOs, or declare incidents"
	}
	var ids []string
	for _, x := range all[max(0, len(all)-mostNamed):] {
		ids = append(ids, strconv.Quote(x.ID))
	}
	return "the latest are " + strings.Join(ids, ", ")
}
