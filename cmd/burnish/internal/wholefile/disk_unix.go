//go:build unix

package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// adopt gives a file another's owner and group, as far as the process may.
func adopt(f *os.File, old fs.FileInfo) {
	is, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if f.Chown(int(is.Uid), int(is.Gid)) != nil {
		_ = f.Chown(-1, int(is.Gid))
	}
}

// syncFolder waits until the disk knows a file's new place. File systems that
// can't tell are taken at their word.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return nil //nolint:nilerr // A folder that may be written to and not read can't be waited for.
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, d.Close())
}
