package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/collector/history"
)

func newHistoryPrune(g *globals) *cobra.Command {
	var f storeFlags
	var keep, reports string
	cmd := &cobra.Command{
		Use: "prune", Short: "Drop what is older than it is kept", Args: noArgs,
		Long: "Drops everything that ended longer ago than --keep from a history store.\n" +
			"Finished reports are kept unless --keep-reports says how long.",
		Example: "  burnish history prune --history.url burnish.db --keep 400d",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			r, err := retention(keep, reports)
			if err != nil {
				return err
			}
			log, err := g.logger()
			if err != nil {
				return err
			}
			store, err := f.open(cmd.Context(), log, true)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			p, err := store.Prune(cmd.Context(), r)
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(g.stderr, "dropped %d episodes, %d notifications, %d silences, %d findings and %d reports\n",
				p.Episodes, p.Notifications, p.Silences, p.Findings, p.Reports)
			return nil
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&keep, "keep", "", "How long history is kept, such as 400d; 7d at least.")
	cmd.Flags().StringVar(&reports, "keep-reports", "", "How long finished reports are kept. Default: for ever.")
	return cmd
}

// retention reads how long things are kept.
func retention(keep, reports string) (history.Retention, error) {
	d, err := model.ParseDuration(keep)
	if err != nil || time.Duration(d) < 7*24*time.Hour {
		return history.Retention{}, badUsage("--keep %q: want how long history is kept, 7d at least", keep)
	}
	all := time.Duration(d)
	out := history.Retention{
		Episodes: all, Notifications: all, Silences: all, Acknowledgements: all,
		Increments: all, Incidents: all, Findings: all,
	}
	if reports == "" {
		return out, nil
	}
	if d, err = model.ParseDuration(reports); err != nil || d <= 0 {
		return out, badUsage("--keep-reports %q: want a duration, such as 400d", reports)
	}
	out.Reports = time.Duration(d)
	return out, nil
}
