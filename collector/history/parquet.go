package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/burnish-sre/burnish/noise"
)

// parquetEpisode is a row of an export. Times are UTC in milliseconds.
type parquetEpisode struct {
	Source     string            `parquet:"source,dict"`
	Rule       string            `parquet:"rule,dict"`
	Group      string            `parquet:"group,dict"`
	File       string            `parquet:"file,dict"`
	Labels     map[string]string `parquet:"labels"`
	ActiveAt   int64             `parquet:"active_at,timestamp(millisecond),delta"`
	FiredAt    *int64            `parquet:"fired_at,optional,timestamp(millisecond)"`
	ResolvedAt *int64            `parquet:"resolved_at,optional,timestamp(millisecond)"`
	Active     string            `parquet:"active,dict"`
	Fired      string            `parquet:"fired,dict"`
	Resolved   string            `parquet:"resolved,dict"`
	Gaps       int64             `parquet:"bridged_gaps"`
	Bridged    float64           `parquet:"bridged_seconds"`
	Replicas   int64             `parquet:"replicas"`
	Pipeline   []string          `parquet:"pipeline,list"`
}

// parquetRows is how many rows are written or read at once.
const parquetRows = 1000

func (s *Store) exportParquet(ctx context.Context, to io.Writer, q Query) error {
	w := parquet.NewGenericWriter[parquetEpisode](to, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(100_000))
	rows := make([]parquetEpisode, 0, parquetRows)
	write := func() error {
		_, err := w.Write(rows)
		rows = rows[:0]
		return err
	}
	for e, err := range s.Episodes(ctx, q) {
		if err != nil {
			return err
		}
		if rows = append(rows, parquetRow(e)); len(rows) < parquetRows {
			continue
		}
		if err := write(); err != nil {
			return fmt.Errorf("export episodes: %w", err)
		}
	}
	if err := errors.Join(write(), w.Close()); err != nil {
		return fmt.Errorf("export episodes: %w", err)
	}
	return nil
}

func parquetRow(e Entry) parquetEpisode {
	c := e.Certainty
	out := parquetEpisode{
		Source: e.Source, Rule: e.Rule, Group: e.Group, File: e.File, Labels: e.Labels.Map(),
		ActiveAt: e.ActiveAt.UnixMilli(), FiredAt: millis(e.FiredAt), ResolvedAt: millis(e.ResolvedAt),
		Active: c.Active.String(), Fired: c.Fired.String(), Resolved: c.Resolved.String(),
		Gaps: int64(c.Gaps), Bridged: c.Bridged.Seconds(), Replicas: int64(max(1, c.Replicas)),
	}
	for _, kind := range c.Pipeline {
		out.Pipeline = append(out.Pipeline, string(kind))
	}
	return out
}

func (p parquetEpisode) episode() (noise.Episode, error) {
	e := noise.Episode{
		Rule: p.Rule, Group: p.Group, File: p.File, Labels: labels.FromMap(p.Labels),
		ActiveAt: instant(&p.ActiveAt), FiredAt: instant(p.FiredAt), ResolvedAt: instant(p.ResolvedAt),
	}
	e.Certainty.Gaps, e.Certainty.Replicas = int(p.Gaps), int(p.Replicas)
	e.Certainty.Bridged = time.Duration(p.Bridged * float64(time.Second))
	for _, kind := range p.Pipeline {
		e.Certainty.Pipeline = append(e.Certainty.Pipeline, noise.SpellKind(kind))
	}
	err := errors.Join(
		e.Certainty.Active.UnmarshalText([]byte(p.Active)),
		e.Certainty.Fired.UnmarshalText([]byte(p.Fired)),
		e.Certainty.Resolved.UnmarshalText([]byte(p.Resolved)),
	)
	return e, err
}

// parquet reads a file of rows. A broken file may make the reader panic, which is
// taken for what it is.
func (i *importing) parquet(from *io.SectionReader) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the Parquet file is broken: %.200v", p)
		}
	}()
	file, err := parquet.OpenFile(from, from.Size())
	if err != nil {
		return fmt.Errorf("open Parquet file: %w", err)
	}
	r := parquet.NewGenericReader[parquetEpisode](file)
	defer r.Close()
	rows := make([]parquetEpisode, parquetRows)
	for n := 0; ; {
		clear(rows)
		got, err := r.Read(rows)
		for _, row := range rows[:got] {
			n++
			e, err := row.episode()
			if err == nil {
				err = i.take(e)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", n, err)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read Parquet file: %w", err)
		}
		if got == 0 {
			return io.ErrNoProgress
		}
	}
}
