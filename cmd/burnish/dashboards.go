package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/burnrate"
	"github.com/burnish-sre/burnish/dashboards/grafana"
	"github.com/burnish-sre/burnish/slo"
	"github.com/burnish-sre/burnish/slo/spec"
)

func newDashboards(g *globals) *cobra.Command {
	cmd := &cobra.Command{Use: "dashboards", Short: "Make Grafana dashboards", RunE: needsSubcommand}
	cmd.AddCommand(newDashboardsGenerate(g))
	return cmd
}

// dashboardFlags are the flags of dashboards generate.
type dashboardFlags struct {
	spec                        specFlags
	output, format              string
	compat, layout              string
	pageURL, uidPrefix, cluster string
	namespace, path             string
	check                       bool
	interval, scrapeInterval    string
	grafanaURL, tokenFile       string
	folder                      string
}

func newDashboardsGenerate(g *globals) *cobra.Command {
	var f dashboardFlags
	cmd := &cobra.Command{
		Use: "generate [FILES...]", Short: "Write or push dashboards of SLOs, alerts and burnish itself", Args: cobra.ArbitraryArgs,
		Long: "Reads SLOs, in every format that slo check reads, and writes Grafana dashboards of\n" +
			"them, of the hygiene of alerts, and of burnish itself; without files of the latter\n" +
			"two alone. The same SLOs always give the same files. With --check nothing is written:\n" +
			"the exit code is 3 where a file is not what would be written now. With --grafana.url\n" +
			"the dashboards are pushed; one that is there as it should be is left alone.",
		Example: "  burnish dashboards generate slos/*.yaml --output-dir dashboards\n" +
			"  burnish dashboards generate slos/*.yaml --output-dir dashboards --output-format configmap --check\n" +
			"  burnish dashboards generate slos/*.yaml --grafana.url https://grafana.example.org --grafana.token-file token",
		RunE: func(cmd *cobra.Command, args []string) error { return g.dashboards(cmd.Context(), args, f) },
	}
	f.register(cmd)
	return cmd
}

func (f *dashboardFlags) register(cmd *cobra.Command) {
	f.spec.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.output, "output-dir", "", "Folder to write the files into.")
	flags.StringVar(&f.format, "output-format", "json", "What to write: json, configmap, grafana-operator, provisioning.")
	flags.StringVar(&f.compat, "compat", "", "Query the record names of another tool: sloth, pyrra.")
	flags.StringVar(&f.layout, "layout", "one", "One detail for all SLOs, or besides it one for each: one, per-slo.")
	flags.StringVar(&f.interval, "interval", "30s", "The --interval that rules generate was given.")
	flags.StringVar(&f.scrapeInterval, "scrape-interval", "15s", "The --scrape-interval that rules generate was given.")
	flags.StringVar(&f.pageURL, "page.url", "", "Where burnish's own page answers; the dashboards then link to it.")
	flags.StringVar(&f.uidPrefix, "uid-prefix", "burnish", "What the uid of every dashboard begins with.")
	flags.StringVar(&f.cluster, "cluster-label", "cluster", "Label that tells clusters apart.")
	flags.StringVar(&f.namespace, "namespace", "", "Namespace of ConfigMaps and GrafanaDashboards.")
	flags.StringVar(&f.path, "provisioning-path", "/var/lib/grafana/dashboards/burnish", "Where Grafana finds the files of --output-format provisioning.")
	flags.BoolVar(&f.check, "check", false, "Write nothing; show what differs and exit with 3 if anything does.")
	flags.StringVar(&f.grafanaURL, "grafana.url", "", "Grafana to push to.")
	flags.StringVar(&f.tokenFile, "grafana.token-file", "", "File with the token of a service account with the role Editor.")
	flags.StringVar(&f.folder, "grafana.folder", "burnish", "Folder in Grafana; made by a push where it is not there.")
}

// options are the flags, checked.
func (f *dashboardFlags) options() (grafana.Options, error) {
	o := grafana.Options{
		Names: burnrate.Compat(f.compat), Layout: grafana.Layout(f.layout), UIDPrefix: f.uidPrefix, Cluster: f.cluster,
	}
	switch f.format {
	case "json", "configmap", "grafana-operator", "provisioning":
	default:
		return o, badUsage("--output-format %q: want json, configmap, grafana-operator or provisioning", f.format)
	}
	switch {
	case f.layout != "one" && f.layout != "per-slo":
		return o, badUsage("--layout %q: want one or per-slo", f.layout)
	case f.compat != "" && f.compat != "sloth" && f.compat != "pyrra":
		return o, badUsage("--compat %q: want sloth or pyrra", f.compat)
	case f.output == "" && f.grafanaURL == "":
		return o, badUsage("say where dashboards go: --output-dir, --grafana.url or both")
	case f.check && (f.output == "" || f.grafanaURL != ""):
		return o, badUsage("--check holds files against the SLOs: it needs --output-dir and goes without --grafana.url")
	case f.tokenFile != "" && f.grafanaURL == "":
		return o, badUsage("--grafana.token-file needs --grafana.url")
	}
	var err error
	if o.Interval, err = positiveDuration("--interval", f.interval); err != nil {
		return o, err
	}
	if o.Scrape, err = positiveDuration("--scrape-interval", f.scrapeInterval); err != nil {
		return o, err
	}
	if f.pageURL == "" {
		return o, nil
	}
	if o.PageURL, err = webURL(f.pageURL); err != nil {
		return o, badUsage("--page.url: %w", err)
	}
	return o, nil
}

// slos reads SLOs; notes go to stderr.
func (g *globals) slosOf(args []string, f specFlags) ([]slo.SLO, error) {
	if len(args) == 0 {
		return nil, nil
	}
	o, err := f.options()
	if err != nil {
		return nil, err
	}
	texts, err := readSpecFiles(args)
	if err != nil {
		return nil, err
	}
	parsed, err := spec.ParseAll(texts, o)
	for _, n := range parsed.Notes {
		_, _ = fmt.Fprintln(g.stderr, printable(n.String()))
	}
	switch {
	case err != nil:
		return nil, usageError{err}
	case countRefused(parsed.Notes) > 0:
		return nil, badUsage("make dashboards: %s can't be used as written, see the lines marked refused", counted(countRefused(parsed.Notes), "thing"))
	case len(parsed.SLOs) == 0:
		return nil, badUsage("make dashboards: no SLO in %s", counted(len(texts), "file"))
	}
	return parsed.SLOs, nil
}
