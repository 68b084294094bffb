package history

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes everything into a new file while the store is in use: of SQLite a
// SQLite file that can be opened as it is, of PostgreSQL a dump that Restore
// reads. A file that is there already is left alone.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("back up history store: %s is there already; name a new file", path)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("back up history store: %w", err)
	}
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("back up history store: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	if err := s.backUp(ctx, f); err != nil {
		return errors.Join(err, f.Close())
	}
	// SQLite leaves it to others to bring a copy to the disk.
	if err = errors.Join(f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		return fmt.Errorf("back up history store: %w", err)
	}
	return nil
}

// backUp writes everything into an empty file.
func (s *Store) backUp(ctx context.Context, f *os.File) error {
	if s.addr.dialect == postgres {
		return s.Dump(ctx, f)
	}
	// VACUUM INTO takes an empty file and keeps its mode.
	_, err := s.read.ExecContext(ctx, "VACUUM INTO ?", filepath.Clean(f.Name()))
	return s.fail("back up history store", err)
}
