package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/tsdb/index"
	"github.com/prometheus/prometheus/tsdb/tombstones"
	"golang.org/x/sync/errgroup"
)

const (
	// blockSpan is the length of a block; blocks never overlap.
	blockSpan = 5 * 24 * time.Hour
	// samplesPerChunk is how many samples Prometheus puts into a chunk.
	samplesPerChunk = 120
)

// blocks writes all series as TSDB blocks that cover a window between them.
type blocks struct {
	dir      string
	seed     uint64
	from, to time.Time
	series   []*series // in the order of their labels
	progress progress
}

// write writes the blocks side by side and counts the samples in them.
func (b blocks) write(ctx context.Context) (samples uint64, err error) {
	var spans [][2]int64
	for t := b.from; t.Before(b.to); t = t.Add(blockSpan) {
		end := t.Add(blockSpan)
		if end.After(b.to) {
			end = b.to
		}
		spans = append(spans, [2]int64{t.UnixMilli(), end.UnixMilli()})
	}
	counts := make([]uint64, len(spans))
	step := b.progress.stage("write blocks", len(spans))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallelism())
	for i, span := range spans {
		g.Go(func() error {
			defer step()
			n, err := b.writeOne(ctx, span)
			counts[i] = n
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return 0, err
	}
	for _, n := range counts {
		samples += n
	}
	return samples, nil
}

func (b blocks) writeOne(ctx context.Context, span [2]int64) (uint64, error) {
	id, err := b.ulid(span)
	if err != nil {
		return 0, err
	}
	meta := &tsdb.BlockMeta{
		ULID: id, MinTime: span[0], MaxTime: span[1], Version: 1,
		Compaction: tsdb.BlockMetaCompaction{Level: 1, Sources: []ulid.ULID{id}},
	}
	dir := filepath.Join(b.dir, id.String())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, fmt.Errorf("create a block: %w", err)
	}
	if err := b.fill(ctx, dir, meta); err != nil {
		return 0, fmt.Errorf("write block %s: %w", id, err)
	}
	text, err := json.MarshalIndent(meta, "", "\t")
	if err != nil {
		return 0, fmt.Errorf("write block %s: %w", id, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "meta.json"), text, 0o644); err != nil {
		return 0, fmt.Errorf("write block %s: %w", id, err)
	}
	if _, err := tombstones.WriteFile(slog.New(slog.DiscardHandler), dir, tombstones.NewMemTombstones()); err != nil {
		return 0, fmt.Errorf("write block %s: %w", id, err)
	}
	return meta.Stats.NumSamples, nil
}

// ulid names a block after its end and the seed, so that the same simulation
// gives the same names.
func (b blocks) ulid(span [2]int64) (ulid.ULID, error) {
	var key [32]byte
	h := fnv.New128a()
	fmt.Fprintf(h, "block %d %d %d", b.seed, span[0], span[1])
	h.Sum(key[:0])
	id, err := ulid.New(uint64(span[1]), rand.NewChaCha8(key))
	if err != nil {
		return ulid.ULID{}, fmt.Errorf("name a block: %w", err)
	}
	return id, nil
}

// fill writes the chunks and the index of a block.
func (b blocks) fill(ctx context.Context, dir string, meta *tsdb.BlockMeta) error {
	cw, err := chunks.NewWriter(filepath.Join(dir, "chunks"))
	if err != nil {
		return err
	}
	iw, err := index.NewWriter(ctx, filepath.Join(dir, "index"))
	if err != nil {
		return errors.Join(err, cw.Close())
	}
	err = b.populate(ctx, cw, iw, meta)
	return errors.Join(err, cw.Close(), iw.Close())
}

func (b blocks) populate(ctx context.Context, cw *chunks.Writer, iw *index.Writer, meta *tsdb.BlockMeta) error {
	present := slices.DeleteFunc(slices.Clone(b.series), func(s *series) bool {
		c := cursor{series: s, i: -1}
		return c.Seek(meta.MinTime) == chunkenc.ValNone || c.AtT() >= meta.MaxTime
	})
	for _, symbol := range symbols(present) {
		if err := iw.AddSymbol(symbol); err != nil {
			return err
		}
	}
	for i, s := range present {
		if err := ctx.Err(); err != nil {
			return err
		}
		metas, err := encode(s, meta)
		if err != nil {
			return err
		}
		if err := cw.WriteChunks(metas...); err != nil {
			return err
		}
		if err := iw.AddSeries(storage.SeriesRef(i+1), s.labels, metas...); err != nil {
			return err
		}
	}
	return nil
}

// encode cuts a series' samples within a block into chunks and counts them.
func encode(s *series, meta *tsdb.BlockMeta) ([]chunks.Meta, error) {
	var (
		out []chunks.Meta
		app chunkenc.Appender
		err error
	)
	for i := s.first(meta.MinTime); i < len(s.values); i++ {
		t, v := s.at(i), s.values[i]
		if t >= meta.MaxTime {
			break
		}
		if isAbsent(v) {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Chunk.NumSamples() == samplesPerChunk {
			chunk := chunkenc.NewXORChunk()
			if app, err = chunk.Appender(); err != nil {
				return nil, err
			}
			out = append(out, chunks.Meta{Chunk: chunk, MinTime: t})
		}
		app.Append(0, t, v)
		out[len(out)-1].MaxTime = t
		meta.Stats.NumSamples++
		meta.Stats.NumFloatSamples++
	}
	meta.Stats.NumSeries++
	meta.Stats.NumChunks += uint64(len(out))
	return out, nil
}

// symbols are the distinct label names and values of series, sorted. The empty
// string is one of them, as in the blocks that Prometheus writes.
func symbols(all []*series) []string {
	set := map[string]struct{}{"": {}}
	for _, s := range all {
		s.labels.Range(func(l labels.Label) {
			set[l.Name] = struct{}{}
			set[l.Value] = struct{}{}
		})
	}
	return slices.Sorted(maps.Keys(set))
}
