package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/burnish-sre/burnish/noise"
)

// Format is a form in which episodes leave and enter the store.
type Format string

// The formats.
const (
	JSONLines Format = "jsonl"   // a line of docs/sources.md for each episode
	Parquet   Format = "parquet" // one row for each episode
)

// Export writes the episodes that a query asks for.
func (s *Store) Export(ctx context.Context, to io.Writer, q Query, f Format) error {
	switch f {
	case JSONLines:
		return s.exportLines(ctx, to, q)
	case Parquet:
		return s.exportParquet(ctx, to, q)
	}
	return fmt.Errorf("export episodes: unknown format %.20q: want jsonl or parquet", f)
}

func (s *Store) exportLines(ctx context.Context, to io.Writer, q Query) error {
	w := bufio.NewWriterSize(to, 64<<10)
	var line []byte
	for e, err := range s.Episodes(ctx, q) {
		if err != nil {
			return err
		}
		if line, err = e.AppendJSON(line[:0]); err != nil {
			return fmt.Errorf("export episodes: %w", err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("export episodes: %w", err)
		}
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("export episodes: %w", err)
	}
	return nil
}

// importBatch is how many episodes are committed at once, and mostEpisodeLine the
// longest line of one, in bytes.
const (
	importBatch     = 5000
	mostEpisodeLine = 4 << 20
)

// Import takes episodes from a file in either format, told apart by their first
// bytes, under a source's name. Taking a file again changes nothing. It gives the
// number of episodes that were read; after an error those of whole batches of
// five thousand stay, and the file can be taken again.
func (s *Store) Import(ctx context.Context, source string, from io.ReaderAt, size int64) (int, error) {
	i := &importing{commit: func(episodes []noise.Episode) error {
		return s.Commit(ctx, Batch{Source: source, Episodes: episodes})
	}}
	return i.run(from, size)
}

// importing gathers episodes into batches.
type importing struct {
	commit   func([]noise.Episode) error
	episodes []noise.Episode
	taken    int
}

func (i *importing) run(from io.ReaderAt, size int64) (int, error) {
	magic := make([]byte, 4)
	if _, err := from.ReadAt(magic, 0); err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("import episodes: %w", err)
	}
	read := i.lines
	if bytes.Equal(magic, []byte("PAR1")) {
		read = i.parquet
	}
	if err := read(io.NewSectionReader(from, 0, size)); err != nil {
		return i.taken, fmt.Errorf("import episodes: %w", err)
	}
	if err := i.flush(); err != nil {
		return i.taken, err
	}
	return i.taken, nil
}

func (i *importing) lines(from *io.SectionReader) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), mostEpisodeLine)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var e noise.Episode
		if err := e.UnmarshalJSON(line); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := i.take(e); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	return lines.Err()
}

// take checks an episode and puts it with the others.
func (i *importing) take(e noise.Episode) error {
	if err := sound(e); err != nil {
		return err
	}
	i.episodes = append(i.episodes, e)
	if len(i.episodes) == importBatch {
		return i.flush()
	}
	return nil
}

func (i *importing) flush() error {
	if len(i.episodes) == 0 {
		return nil
	}
	if err := i.commit(i.episodes); err != nil {
		return err
	}
	i.taken += len(i.episodes)
	i.episodes = i.episodes[:0]
	return nil
}

// The times that an episode may have: those that RFC 3339 can write.
var (
	earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
)

// sound tells what is wrong with an episode that somebody else wrote.
func sound(e noise.Episode) error {
	for _, t := range []struct {
		name string
		at   time.Time
	}{{"active_at", e.ActiveAt}, {"fired_at", e.FiredAt}, {"resolved_at", e.ResolvedAt}} {
		if !t.at.IsZero() && (t.at.Before(earliest) || t.at.After(latest)) {
			return fmt.Errorf("%s is not between 1970 and 9999", t.name)
		}
	}
	switch {
	case e.Rule == "":
		return errors.New("the episode has no rule")
	case e.ActiveAt.IsZero():
		return errors.New("the episode has no active_at")
	case e.Fired() && e.FiredAt.Before(e.ActiveAt), !e.Open() && e.ResolvedAt.Before(e.ActiveAt), !e.Open() && e.ResolvedAt.Before(e.FiredAt):
		return errors.New("active_at, fired_at and resolved_at are not in this order")
	case e.Certainty.Gaps < 0 || e.Certainty.Bridged < 0 || e.Certainty.Replicas < 0:
		return errors.New("a count of the certainty is negative")
	}
	return nil
}
