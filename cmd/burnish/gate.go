package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/gateapi"
	"github.com/burnish-sre/burnish/cmd/burnish/internal/gatecase"
	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/gate"
)

// gateFlags are the questions of one call.
type gateFlags struct {
	sloFiles, incidents            []string
	policy, at, format, change     string
	canary, baseline, canaryWindow string
	repeated, bake                 bool
	phases                         []string
	share                          string
}

func (f *gateFlags) register(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.sloFiles, "slo.files", nil, "Glob of files with SLOs; may be repeated. Default: those of --config.file.")
	flags.StringVar(&f.policy, "policy", "", "File that says what has to hold, YAML. Default: the built-in policy.")
	flags.StringArrayVar(&f.incidents, "incidents", nil, "Glob of files with declared incidents, JSON or CSV; may be repeated. Default: those of --config.file.")
	flags.StringVar(&f.at, "at", "", "Instant to ask about, RFC 3339. Default: now.")
	flags.StringVar(&f.format, "format", "text", "How to print: text or json.")
	flags.StringVar(&f.change, "change", "", "Kind of change, such as rollback; the policy may exempt it.")
	flags.StringVar(&f.canary, "canary", "", "The canary's events: bad/total, or label matchers that are added to the SLO's selectors.")
	flags.StringVar(&f.baseline, "baseline", "", "The events of the version beside it, in the same form.")
	flags.StringVar(&f.canaryWindow, "canary.window", "1h", "How far back canary and baseline are compared, while both had the share they have now.")
	flags.BoolVar(&f.repeated, "canary.repeated", false, "The comparison is made again and again while the canary runs.")
	flags.BoolVar(&f.bake, "bake", false, "Plan how long each phase of a roll-out has to run.")
	flags.StringSliceVar(&f.phases, "bake.phases", nil, "Shares of the traffic of the phases, such as 1%,10%,100%. Default: those of the policy.")
	flags.StringVar(&f.share, "bake.share", "", "Share of the traffic that runs the change now.")
}

func newGate(g *globals) *cobra.Command {
	var source sourceFlags
	var f gateFlags
	cmd := &cobra.Command{
		Use: "gate [SLO...]", Short: "Tell whether a change may go out", Args: cobra.ArbitraryArgs,
		Long: "Holds SLOs against a policy and says whether a change may go out, with every reason.\n" +
			"An SLO is named as service/name, by a pattern of that, or by its service; without\n" +
			"any, all SLOs of the files are asked. Exits with 0 if it may, with 3 if not.",
		Example: "  burnish gate checkout --slo.files 'slos/*.yaml' --prometheus.url http://localhost:9090\n" +
			"  burnish gate checkout/availability --config.file burnish.yml --canary 'version=\"v2\"' --baseline 'version=\"v1\"'\n" +
			"  burnish gate checkout --config.file burnish.yml --policy gate.yml --bake --bake.share 5%",
		RunE: func(cmd *cobra.Command, args []string) error { return g.gate(cmd, &source, &f, args) },
	}
	source.register(cmd.Flags())
	f.register(cmd.Flags())
	return cmd
}

func (g *globals) gate(cmd *cobra.Command, source *sourceFlags, f *gateFlags, args []string) error {
	if f.format != "text" && f.format != "json" {
		return badUsage("--format %q: want text or json", f.format)
	}
	o, err := f.options()
	if err != nil {
		return err
	}
	all, err := g.specs(source, f.sloFiles)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return badUsage("no SLO to ask about: name files with --slo.files, or set slos.files in the file of --config.file")
	}
	slos, err := gatecase.Select(all, args)
	if err != nil {
		return usageError{err}
	}
	c, err := g.askGate(cmd, source, slos, o)
	if err != nil {
		return err
	}
	answer := gate.Decide(c, o.Policy)
	write := gateapi.WriteText
	if f.format == "json" {
		write = gateapi.WriteJSON
	}
	if err := write(g.stdout, answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	if !answer.Allowed {
		return unwellError{fmt.Errorf("the gate is closed (%s)", answer.Verdict)}
	}
	return nil
}

func (g *globals) askGate(cmd *cobra.Command, source *sourceFlags, slos []slo.SLO, o gatecase.Options) (gate.Case, error) {
	log, err := g.logger()
	if err != nil {
		return gate.Case{}, err
	}
	c, err := source.settings()
	if err != nil {
		return gate.Case{}, err
	}
	if len(c.Incidents.Files) > 0 && o.Declared == nil {
		if o.Declared, err = collector.ReadIncidents(c.Incidents.Files); err != nil {
			return gate.Case{}, usageError{err}
		}
	}
	done := g.spin("asking")
	defer done()
	src, err := source.open(cmd.Context(), c, log)
	if err != nil {
		return gate.Case{}, err
	}
	defer func() { _ = src.Close() }()
	out, warnings, err := gatecase.Ask(cmd.Context(), src, slos, o)
	for _, w := range warnings {
		log.Warn("the source warned; the answer may be partial", "warning", w)
	}
	return out, err
}

// options reads what the flags ask.
func (f *gateFlags) options() (o gatecase.Options, err error) {
	o = gatecase.Options{Now: time.Now().UTC(), Policy: gate.DefaultPolicy(), Change: f.change}
	if f.at != "" {
		if o.Now, err = instant("--at", f.at); err != nil {
			return o, err
		}
	}
	if f.policy != "" {
		text, err := os.ReadFile(f.policy)
		if err == nil {
			o.Policy, err = gate.ParsePolicy(f.policy, text, time.LoadLocation)
		}
		if err != nil {
			return o, usageError{err}
		}
	}
	if len(f.incidents) > 0 {
		if o.Declared, err = collector.ReadIncidents(f.incidents); err != nil {
			return o, usageError{err}
		}
	}
	if o.Canary, err = f.comparison(o.Now); err != nil {
		return o, usageError{err}
	}
	return o, f.rollout(&o)
}

// comparison reads the two sides, both as counts or both as matchers.
func (f *gateFlags) comparison(now time.Time) (*gatecase.Canary, error) {
	if f.canary == "" && f.baseline == "" {
		return nil, nil //nolint:nilnil // no canary is a fine answer
	}
	if f.canary == "" || f.baseline == "" {
		return nil, errors.New("--canary and --baseline go together: give both")
	}
	out := &gatecase.Canary{Repeated: f.repeated}
	var errCanary, errBaseline error
	out.Counts, errCanary = gate.ParseCounts(f.canary)
	out.BaselineCounts, errBaseline = gate.ParseCounts(f.baseline)
	if errCanary == nil && errBaseline == nil {
		return out, nil
	}
	if errCanary == nil || errBaseline == nil {
		return nil, errors.New("--canary and --baseline: give counts for both, or label matchers for both")
	}
	back, err := model.ParseDuration(f.canaryWindow)
	if err != nil || back <= 0 {
		return nil, fmt.Errorf("--canary.window %.40q: want a duration over 0, such as 30m", f.canaryWindow)
	}
	out.Over = slo.Interval{From: now.Add(-time.Duration(back)), To: now}
	if out.Matchers, err = gatecase.ParseMatchers(f.canary); err != nil {
		return nil, fmt.Errorf("--canary: want bad/total or label matchers: %w", err)
	}
	if out.BaselineMatchers, err = gatecase.ParseMatchers(f.baseline); err != nil {
		return nil, fmt.Errorf("--baseline: want bad/total or label matchers: %w", err)
	}
	return out, nil
}

func (f *gateFlags) rollout(o *gatecase.Options) error {
	if f.share != "" && f.share != "0" && f.share != "0%" {
		var err error
		if o.Share, err = gate.ParseShare(f.share); err != nil {
			return badUsage("--bake.share: %w", err)
		}
	}
	if !f.bake && len(f.phases) == 0 && f.share == "" {
		return nil
	}
	o.Phases = o.Policy.Phases
	if len(f.phases) > 0 {
		phases, err := gate.ParseShares(f.phases)
		if err != nil {
			return badUsage("--bake.phases: %w", err)
		}
		o.Phases = phases
	}
	if !slices.IsSorted(o.Phases) {
		return badUsage("--bake.phases: the shares have to grow")
	}
	return nil
}
