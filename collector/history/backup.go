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
	if s.addr.dialect == postgres {
		if err := errors.Join(s.Dump(ctx, f), f.Sync(), f.Close()); err != nil {
			return err
		}
	} else {
		if err := f.Close(); err != nil {
			return fmt.Errorf("back up history store: %w", err)
		}
		// VACUUM INTO takes an empty file and keeps its mode.
		if _, err := s.read.ExecContext(ctx, "VACUUM INTO ?", filepath.Clean(part)); err != nil {
			return s.fail("back up history store", err)
		}
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("back up history store: %w", err)
	}
	return nil
}
