package tsdbdir

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/wlog"

	"github.com/burnish-sre/burnish/collector"
	"github.com/burnish-sre/burnish/noise"
)

// openTries is how often a directory is opened when blocks come and go under
// our hands because a server compacts them.
const openTries = 3

// Options of a Dir.
type Options struct {
	// Path is the folder that Prometheus' --storage.tsdb.path names.
	Path string
	// Logger takes what is worth knowing but no error; nil discards it.
	Logger *slog.Logger
	// MaxSamples bounds what a query may hold at once; 0 means 50 million, as
	// in Prometheus.
	MaxSamples int
	// Timeout bounds a query; 0 means two minutes.
	Timeout time.Duration
}

// Dir is an open data directory. It sees what was there when it was opened.
type Dir struct {
	path    string
	blocks  []*tsdb.Block // ordered by time
	head    *tsdb.Head    // what only the write-ahead log holds; nil without one
	sandbox string        // temporary folder of the head; empty without one
	engine  *promql.Engine
}

var _ collector.Source = (*Dir)(nil)

// Open opens a data directory for reading. It fails where the path is no data
// directory and where a block is damaged that no other block replaces.
func Open(o Options) (*Dir, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := checkIsDataDir(o.Path); err != nil {
		return nil, err
	}
	d, err := open(o)
	for try := 1; try < openTries && errors.Is(err, os.ErrNotExist); try++ {
		d, err = open(o)
	}
	return d, err
}

func open(o Options) (d *Dir, err error) {
	d = &Dir{path: o.Path, engine: newEngine(o)}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
			d = nil
		}
	}()
	if err := d.openBlocks(o.Logger); err != nil {
		return d, err
	}
	return d, d.openHead(o.Logger)
}

func newEngine(o Options) *promql.Engine {
	opts := promql.EngineOpts{
		MaxSamples: o.MaxSamples, Timeout: o.Timeout, LookbackDelta: 5 * time.Minute,
		EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		Parser:                   parser.NewParser(parser.Options{}),
	}
	if opts.MaxSamples == 0 {
		opts.MaxSamples = 50_000_000
	}
	if opts.Timeout == 0 {
		opts.Timeout = 2 * time.Minute
	}
	return promql.NewEngine(opts)
}

// checkIsDataDir tells a data directory from anything else before it is opened,
// so that the error can say what is wrong.
func checkIsDataDir(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open data directory: %w; check --tsdb.path", err)
	}
	if !info.IsDir() {
		return fmt.Errorf("open data directory %s: it is a file; give the folder that Prometheus' --storage.tsdb.path names", path)
	}
	ids, err := blockIDs(path)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(path, "wal")); len(ids) == 0 && err != nil {
		return fmt.Errorf("open data directory %s: it holds neither blocks nor a wal; give the folder that Prometheus' --storage.tsdb.path names", path)
	}
	return nil
}

// blockIDs lists the folders that are named as blocks are.
func blockIDs(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("list data directory %s: %w; check its permissions", path, err)
	}
	var out []string
	for _, e := range entries {
		if _, err := ulid.ParseStrict(e.Name()); err == nil && e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// openBlocks opens all blocks. As in Prometheus, a damaged block is passed over
// if a sound one was compacted from it.
func (d *Dir) openBlocks(log *slog.Logger) error {
	ids, err := blockIDs(d.path)
	if err != nil {
		return err
	}
	damaged := map[string]error{}
	for _, id := range ids {
		b, err := tsdb.OpenBlock(log, filepath.Join(d.path, id), nil, nil)
		if err != nil {
			damaged[id] = err
			continue
		}
		d.blocks = append(d.blocks, b)
	}
	for _, b := range d.blocks {
		for _, parent := range b.Meta().Compaction.Parents {
			delete(damaged, parent.ULID.String())
		}
	}
	for _, id := range ids {
		if err := damaged[id]; err != nil {
			return fmt.Errorf("open block %s: %w; it is damaged: move that folder away, or restore it, and try again", filepath.Join(d.path, id), err)
		}
	}
	slices.SortFunc(d.blocks, func(a, b *tsdb.Block) int {
		return cmp.Or(cmp.Compare(a.MinTime(), b.MinTime()), cmp.Compare(a.MaxTime(), b.MaxTime()))
	})
	return nil
}

// openHead replays the write-ahead log, if there is one, into memory. A record
// at its very end that is only half there is being written right now.
func (d *Dir) openHead(log *slog.Logger) error {
	walDir := filepath.Join(d.path, "wal")
	_, last, err := wlog.Segments(walDir)
	if err != nil || last < 0 {
		return nil //nolint:nilerr // A directory without a log has blocks only.
	}
	if d.sandbox, err = os.MkdirTemp("", "burnish-head-"); err != nil {
		return fmt.Errorf("make a temporary folder for the write-ahead log: %w", err)
	}
	wal, err := wlog.Open(log, walDir)
	if err != nil {
		return fmt.Errorf("open write-ahead log %s: %w", walDir, err)
	}
	var wbl *wlog.WL
	wblDir := filepath.Join(d.path, wlog.WblDirName)
	if _, err := os.Stat(wblDir); err == nil {
		if wbl, err = wlog.Open(log, wblDir); err != nil {
			return fmt.Errorf("open write-behind log %s: %w", wblDir, err)
		}
	}
	opts := tsdb.DefaultHeadOptions()
	opts.ChunkDirRoot = d.sandbox
	if d.head, err = tsdb.NewHead(nil, log, wal, wbl, opts, tsdb.NewHeadStats()); err != nil {
		return fmt.Errorf("read write-ahead log %s: %w", walDir, err)
	}
	err = d.head.Init(d.blocksEnd())
	var corrupt *wlog.CorruptionErr
	if errors.As(err, &corrupt) && corrupt.Segment == last {
		log.Info("the last record of the write-ahead log is incomplete; using all before it", "dir", walDir)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read write-ahead log %s: %w; if the server was killed, start it once so that it repairs its log", walDir, err)
	}
	return nil
}

// blocksEnd is the time from which only the write-ahead log can know.
func (d *Dir) blocksEnd() int64 {
	end := int64(0)
	for _, b := range d.blocks {
		end = max(end, b.MaxTime())
	}
	return end
}

// Name is the path of the directory.
func (d *Dir) Name() string { return d.path }

// Rules fails with collector.ErrRulesUnknown: a data directory holds no rules.
func (d *Dir) Rules(context.Context) ([]noise.Rule, error) {
	return nil, fmt.Errorf("list rules of %s: %w", d.path, collector.ErrRulesUnknown)
}

// Close releases the blocks and removes the temporary folder.
func (d *Dir) Close() error {
	var errs []error
	for _, b := range d.blocks {
		errs = append(errs, b.Close())
	}
	if d.head != nil {
		errs = append(errs, d.head.Close())
	}
	if d.sandbox != "" {
		errs = append(errs, os.RemoveAll(d.sandbox))
	}
	d.blocks, d.head, d.sandbox = nil, nil, ""
	return errors.Join(errs...)
}
