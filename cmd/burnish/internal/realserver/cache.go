package realserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/prometheus/tsdb/fileutil"
)

// buildDeadline is how long one test package waits for another that builds.
const buildDeadline = 15 * time.Minute

// cached is the path of something that is made once per machine: a file or a
// directory of that name in the user's cache directory. create gets a path beside
// it, which takes the name only when create succeeded, so that an aborted run
// leaves no half-made thing behind. Test packages that run at once wait for
// each other.
func cached(name string, create func(path string) error) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find the cache directory: %w", err)
	}
	final := filepath.Join(base, "burnish-test", name)
	if exists(final) {
		return final, nil
	}
	lock, err := waitForLock(final + ".lock")
	if err != nil {
		return "", err
	}
	defer lock.Release() //nolint:errcheck // the process' end releases it too
	if exists(final) {
		return final, nil
	}
	part := final + ".part"
	if err := os.RemoveAll(part); err != nil {
		return "", fmt.Errorf("clear the cache: %w", err)
	}
	if err := create(part); err != nil {
		return "", errors.Join(err, os.RemoveAll(part))
	}
	return final, os.Rename(part, final)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// waitForLock takes a file lock, polling while another process holds it.
func waitForLock(path string) (fileutil.Releaser, error) {
	deadline := time.Now().Add(buildDeadline)
	for {
		lock, _, err := fileutil.Flock(path)
		if err == nil {
			return lock, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("wait for %s: %w", path, err)
		}
		time.Sleep(pollEvery)
	}
}
