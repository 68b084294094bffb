package ingest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// Position is how far a recorder's file was read. The file is known by its first
// line, which holds a time in nanoseconds, since its name moves on when it is
// rotated.
type Position struct {
	First  string `json:"first_line_sha256"` // empty: nothing was read yet
	Offset int64  `json:"offset"`            // bytes, at the start of a line
}

// Positions keep how far each file was read. Save may be behind what was stored,
// never ahead of it: what is read twice is stored once.
type Positions interface {
	// Load gives the zero Position for a file that was never saved.
	Load(ctx context.Context, file string) (Position, error)
	Save(ctx context.Context, file string, p Position) error
}

// FilePositions keeps positions in a file of JSON, which it replaces as a whole.
type FilePositions struct {
	Path string

	mtx sync.Mutex
}

// Load implements Positions.
func (p *FilePositions) Load(_ context.Context, file string) (Position, error) {
	p.mtx.Lock()
	defer p.mtx.Unlock()
	all, err := p.read()
	return all[file], err
}

// Save implements Positions.
func (p *FilePositions) Save(_ context.Context, file string, at Position) error {
	p.mtx.Lock()
	defer p.mtx.Unlock()
	all, err := p.read()
	if err != nil {
		return err
	}
	all[file] = at
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	part := p.Path + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	if err := os.Rename(part, p.Path); err != nil {
		return fmt.Errorf("save positions: %w", err)
	}
	return nil
}

func (p *FilePositions) read() (map[string]Position, error) {
	all := map[string]Position{}
	text, err := os.ReadFile(p.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read positions: %w", err)
	}
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("read positions of %s: %w", p.Path, err)
	}
	return all, nil
}

// mostFirst is how much of a first line is looked at.
const mostFirst = 4 << 10

// firstLine is what a file is known by; empty where its first line has not ended
// yet.
func firstLine(f io.ReaderAt) (string, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(f, 0, mostFirst), mostFirst)
	line, err := in.ReadSlice('\n')
	if err != nil && (!errors.Is(err, io.EOF) || len(line) < mostFirst) && !errors.Is(err, bufio.ErrBufferFull) {
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		return "", err
	}
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:]), nil
}

// rotated lists what a file may have been renamed to, by the names that
// logrotate and its like give.
func rotated(path string) ([]string, error) {
	var all []string
	for _, ending := range []string{".*", "-*"} {
		some, err := filepath.Glob(globQuoted(path) + ending)
		if err != nil {
			return nil, fmt.Errorf("look for rotated files of %s: %w", path, err)
		}
		all = append(all, some...)
	}
	return all, nil
}

// globQuoted keeps a path from being read as a pattern.
func globQuoted(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		switch path[i] {
		case '*', '?', '[', '\\':
			out = append(out, '\\')
		}
		out = append(out, path[i])
	}
	return string(out)
}
