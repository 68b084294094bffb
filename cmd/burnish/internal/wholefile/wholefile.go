// Package wholefile writes files that are there as a whole or not at all: whoever
// is killed or runs out of room half-way leaves the old file, byte for byte.
//
// [Write] writes beside the file, waits until the disk has it, and then moves it
// into place. It keeps what the old file was to others: a link stays a link and
// what it leads to is replaced, and mode and owner stay where the process may set
// them. Other names of the old file (hard links) keep the old text.
package wholefile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// newMode is the mode of a file that was not there, before the process' mask.
const newMode fs.FileMode = 0o666

// Write replaces the file at a path by what is written, once that is complete. An
// error leaves the old file. What is no regular file, such as /dev/stdout, is
// written to as it is.
func Write(path string, write func(io.Writer) error) error {
	if err := replace(path, write); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func replace(path string, write func(io.Writer) error) error {
	path, err := follow(path)
	if err != nil {
		return err
	}
	old, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		old = nil
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return writeThrough(path, write)
	}
	part, err := create(path)
	if err != nil {
		return err
	}
	if err = fill(part, old, write); err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		_ = os.Remove(part.Name())
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// mostLinks bounds the links from one to the next.
const mostLinks = 40

// follow is where a path leads to that may be a link, also one to a file that is
// not there yet.
func follow(path string) (string, error) {
	for range mostLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", err
		}
		to, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", fmt.Errorf("more than %d links lead on from it", mostLinks)
}

// tries bounds the names that are tried for the new file.
const tries = 100

// create makes the new file beside the old. Its name neither begins nor ends as
// the old one's, so that no pattern for such files matches it.
func create(path string) (*os.File, error) {
	var f *os.File
	var err error
	for range tries {
		name := "." + filepath.Base(path) + "." + strconv.FormatUint(rand.Uint64(), 36) + ".part" //nolint:gosec // no secret
		f, err = os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return nil, err
}

// fill writes the new file with the old one's mode and owner, and closes it once
// the disk has it.
func fill(f *os.File, old fs.FileInfo, write func(io.Writer) error) error {
	err := write(f)
	if err == nil && old != nil {
		adopt(f, old)
		err = f.Chmod(old.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// writeThrough writes to what is no regular file.
func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(f)
	err = write(out)
	if err == nil {
		err = out.Flush()
	}
	return errors.Join(err, f.Close())
}
