package deliver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cenkalti/backoff/v5"

	"github.com/burnish-sre/burnish/config"
)

// folder is a folder on this machine.
type folder struct{ o config.Folder }

func (f folder) name() string {
	if f.o.Name != "" {
		return f.o.Name
	}
	return f.o.Path
}

func (folder) kind() string { return "folder" }

// send writes each file beside its place and moves it there, so that a reader
// sees the whole of it or nothing. Sending again replaces what is there.
func (f folder) send(_ context.Context, r Report) error {
	files, err := r.Files()
	if err != nil {
		return backoff.Permanent(fmt.Errorf("make the files: %w", err))
	}
	for _, file := range files {
		if !plainName.MatchString(file.Name) {
			return backoff.Permanent(fmt.Errorf("name a file: %w", errName))
		}
	}
	if err := os.MkdirAll(f.o.Path, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := replace(filepath.Join(f.o.Path, file.Name), file.Body); err != nil {
			return err
		}
	}
	return nil
}

// replace puts a file in its place as a whole, on disk.
func replace(path string, body []byte) error {
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(part.Name()) // nothing is there once it has moved
	_, err = part.Write(body)
	if err == nil {
		err = part.Chmod(0o644)
	}
	if err == nil {
		err = part.Sync()
	}
	if closing := part.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(part.Name(), path)
}
