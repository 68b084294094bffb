package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/burnish-sre/burnish/cmd/burnish/internal/pipeline"
	"github.com/burnish-sre/burnish/collector/history"
)

func newHistoryImport(g *globals) *cobra.Command {
	var f storeFlags
	var source string
	cmd := &cobra.Command{
		Use: "import FILE", Short: "Read episodes or a backup into a store", Args: exactArgs("FILE"),
		Long: "Reads the episodes of a file, JSON lines or Parquet as `burnish history export`\n" +
			"writes them, into a history store. Reading a file twice changes nothing. A dump\n" +
			"that `burnish history backup` wrote is restored whole, into an empty store.",
		Example: "  burnish history import episodes.jsonl --history.url burnish.db --source old-cluster",
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.importFile(cmd, &f, args[0], source)
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&source, "source", "", "Name under which the episodes are kept. Default: the file's name.")
	return cmd
}

func (g *globals) importFile(cmd *cobra.Command, f *storeFlags, path, source string) (err error) {
	log, err := g.logger()
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("import episodes: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("import episodes: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("import episodes: %s is no file that can be read twice; write it to one first", path)
	}
	store, err := f.open(cmd.Context(), log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	done := g.spin("importing")
	defer done()
	if isDump(file) {
		if err := store.Restore(cmd.Context(), file); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(g.stderr, "restored", path, "into", store.Name())
		return nil
	}
	if source == "" {
		source = filepath.Base(path)
	}
	n, err := store.Import(cmd.Context(), source, file, info.Size())
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(g.stderr, "imported %d episodes as %s into %s\n", n, source, store.Name())
	return nil
}

// isDump tells whether a file begins as a dump does, and goes back to its start.
func isDump(f *os.File) bool {
	line, _ := bufio.NewReader(io.LimitReader(f, 200)).ReadString('\n')
	_, err := f.Seek(0, io.SeekStart)
	return err == nil && strings.HasPrefix(line, `{"schema":"burnish/history-dump/`)
}

func newHistoryBackup(g *globals) *cobra.Command {
	var f storeFlags
	var dump bool
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Write a copy of a store, also while it is in use", Args: exactArgs("FILE"),
		Long: "Writes everything that a history store holds into a new file: of SQLite a file\n" +
			"that is a store itself, of PostgreSQL (or with --dump) JSON lines that\n" +
			"`burnish history import` restores into an empty store of either kind.",
		Example: "  burnish history backup burnish-2026-11-21.db --history.url burnish.db",
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			log, err := g.logger()
			if err != nil {
				return err
			}
			store, err := f.open(cmd.Context(), log, true)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			done := g.spin("backing up")
			defer done()
			if !dump {
				return store.Backup(cmd.Context(), args[0])
			}
			return writeFile(args[0], func(w io.Writer) error { return store.Dump(cmd.Context(), w) })
		},
	}
	f.register(cmd.Flags())
	cmd.Flags().BoolVar(&dump, "dump", false, "Write JSON lines whatever the store, as to move it to another database.")
	return cmd
}

// exportStore writes the episodes of a store that were active in a window.
func (g *globals) exportStore(cmd *cobra.Command, f *sourceFlags, o pipeline.Options, form history.Format) (err error) {
	log, err := g.logger()
	if err != nil {
		return err
	}
	store, err := openHistory(cmd.Context(), f.history.url, log, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	q := history.Query{Window: o.Window, Source: f.history.source}
	if o.Last > 0 {
		src, err := history.NewSource(cmd.Context(), store, history.SourceOptions{Source: f.history.source})
		if err != nil {
			return err
		}
		if q.Window.To.IsZero() {
			if q.Window.To, err = src.Newest(cmd.Context(), o.Now); err != nil {
				return err
			}
		}
		q.Window.From = q.Window.To.Add(-o.Last)
	}
	return store.Export(cmd.Context(), g.stdout, q, form)
}
