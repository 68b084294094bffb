package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/burnish-sre/burnish/collector/alertmanager"
)

// pollEvery is how often a file is looked at, and againAfter how long the
// follower waits when the store has no room or fails.
const (
	pollEvery  = time.Second
	againAfter = 2 * time.Second
)

// follower reads one recorder's file as it grows and is rotated.
type follower struct {
	in    *Intake
	path  string
	kept  Positions
	log   *slog.Logger
	file  *os.File // nil while there is none
	first string   // of file, as in Position
	at    int64
	gone  bool // the file was renamed or removed when it was last looked at

	later []string // rotated files to be read before path, oldest first
}

// Follow reads the file that an event recorder writes until ctx ends, which is
// no error, and submits its events. It goes on where positions say it stopped,
// also when the file was rotated in between, by renaming or by truncation; files
// that were compressed since then can't be read. A line that is no event is
// counted and passed over. The file need not exist yet.
func (in *Intake) Follow(ctx context.Context, path string, kept Positions) error {
	f := &follower{in: in, path: path, kept: kept, log: in.w.Logger.With("component", "ingest", "file", path)}
	defer func() { f.close() }()
	if err := f.resume(ctx); err != nil {
		return err
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := f.poll(ctx); err != nil && ctx.Err() == nil {
			f.log.WarnContext(ctx, "reading the event recorder's file failed; trying again", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// resume finds the file that was read last, by its first line.
func (f *follower) resume(ctx context.Context) error {
	last, err := f.kept.Load(ctx, f.path)
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.path, err)
	}
	if last.First == "" || f.matches(f.path, last.First) {
		f.at = last.Offset
		return f.open(f.path)
	}
	others, err := rotated(f.path)
	if err != nil {
		return err
	}
	others = byAge(others)
	i := slices.IndexFunc(others, func(name string) bool { return f.matches(name, last.First) })
	if i < 0 {
		f.log.WarnContext(ctx, "the file that was read last is gone; events may be missing")
		return f.open(f.path)
	}
	f.at = last.Offset
	f.later = append(slices.Clone(others[i+1:]), f.path)
	return f.open(others[i])
}

// byAge orders files by when they were last written and drops compressed ones.
func byAge(names []string) []string {
	written := map[string]time.Time{}
	for _, n := range names {
		info, err := os.Stat(n)
		if err == nil && info.Mode().IsRegular() && !slices.Contains([]string{".gz", ".xz", ".bz2", ".zst"}, filepath.Ext(n)) {
			written[n] = info.ModTime()
		}
	}
	out := slices.DeleteFunc(names, func(n string) bool { return written[n].IsZero() })
	slices.SortStableFunc(out, func(a, b string) int { return written[a].Compare(written[b]) })
	return out
}

func (f *follower) matches(path, first string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	got, err := firstLine(file)
	return err == nil && got == first
}

// open starts on a file, at the offset that is set. One that is missing is
// waited for.
func (f *follower) open(path string) error {
	f.close()
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		f.at = 0
		return nil
	}
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	f.file, f.gone, f.first = file, false, ""
	return nil
}

func (f *follower) close() {
	if f.file != nil {
		_ = f.file.Close() // it was only read
		f.file = nil
	}
}

// poll reads what is new, and moves on to the next file once there is one. A
// file that was renamed is read once more at the next poll, since its writer may
// have written to it until it noticed.
func (f *follower) poll(ctx context.Context) error {
	for {
		if f.file == nil {
			name := f.oldest()
			if err := f.open(name); err != nil || f.file == nil && name == f.path {
				return err
			}
			continue
		}
		if err := f.startOver(ctx); err != nil {
			return err
		}
		if err := f.read(ctx); err != nil {
			return err
		}
		next, err := f.next()
		if err != nil || next == "" {
			return err
		}
		f.at = 0
		if err := f.open(next); err != nil {
			return err
		}
	}
}

// oldest is the file that comes next in time.
func (f *follower) oldest() string {
	if len(f.later) == 0 {
		return f.path
	}
	name := f.later[0]
	f.later = f.later[1:]
	return name
}

// next is the file to go on with; empty to stay.
func (f *follower) next() (string, error) {
	if len(f.later) > 0 {
		return f.oldest(), nil
	}
	now, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		f.gone = true
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("follow: %w", err)
	}
	mine, err := f.file.Stat()
	if err != nil {
		return "", fmt.Errorf("follow: %w", err)
	}
	if os.SameFile(now, mine) {
		f.gone = false
		return "", nil
	}
	if !f.gone {
		f.gone = true
		return "", nil
	}
	return f.path, nil
}

// startOver notices that the file was truncated, even if it has grown past the
// old offset since: then its first line is another.
func (f *follower) startOver(ctx context.Context) error {
	info, err := f.file.Stat()
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	first, err := firstLine(f.file)
	if err != nil {
		return fmt.Errorf("follow: %w", err)
	}
	if info.Size() < f.at || f.first != "" && first != f.first {
		f.log.InfoContext(ctx, "the file was truncated; reading it from its start")
		f.at = 0
	}
	f.first = first
	return nil
}

// submit hands over events and notes how far the file is read, waiting for as
// long as the store can't take them.
func (f *follower) submit(ctx context.Context, events []alertmanager.Event, bytes int, at int64) error {
	for len(events) > 0 {
		err := f.offer(ctx, events, bytes)
		if err == nil {
			break
		}
		if errors.Is(err, ErrRejected) {
			f.in.metrics.refused.WithLabelValues(string(doorFile), whyRejected).Inc()
			break
		}
		if err := wait(ctx, againAfter); err != nil {
			return err
		}
	}
	f.at = at
	if err := f.kept.Save(ctx, f.path, Position{First: f.first, Offset: at}); err != nil {
		return fmt.Errorf("follow %s: %w", f.path, err)
	}
	return nil
}

func (f *follower) offer(ctx context.Context, events []alertmanager.Event, bytes int) error {
	bytes += eventBytes * len(events)
	if !f.in.reserve(bytes) {
		return errBusy
	}
	return f.in.submit(ctx, &delivery{door: doorFile, events: events, bytes: bytes})
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
