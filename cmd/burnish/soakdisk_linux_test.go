package main

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// smallDisk is a filesystem of its own where the test may mount one, and otherwise a
// limit for the daemon's process.
func smallDisk(t *testing.T) disk {
	t.Helper()
	if d, err := mounted64(t); err == nil {
		return d
	}
	return limited(t)
}

func limited(t *testing.T) disk {
	t.Helper()
	return limitedDisk{t, t.TempDir()}
}

// mountedDisk is a small filesystem in memory. It is full when the test has put a
// file in it that takes all that is left.
type mountedDisk struct {
	t    *testing.T
	path string
}

func mounted64(t *testing.T) (mountedDisk, error) {
	t.Helper()
	d := mountedDisk{t, t.TempDir()}
	if err := syscall.Mount("tmpfs", d.path, "tmpfs", 0, "size=64m"); err != nil {
		return d, err
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(d.path, syscall.MNT_DETACH)) })
	return d, nil
}

func (d mountedDisk) dir() string { return d.path }

func (d mountedDisk) ballast() string { return filepath.Join(d.path, "ballast") }

func (d mountedDisk) fill(int) {
	d.t.Helper()
	f, err := os.OpenFile(d.ballast(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(d.t, err)
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	require.ErrorIs(d.t, err, syscall.ENOSPC)
	if err := f.Close(); !errors.Is(err, syscall.ENOSPC) {
		require.NoError(d.t, err)
	}
}

func (d mountedDisk) free(int) {
	d.t.Helper()
	require.NoError(d.t, os.Remove(d.ballast()))
}

// limitedDisk is a folder like any other. It is full when the kernel lets the daemon
// write to no file, which is told by another error than that of a full disk.
type limitedDisk struct {
	t    *testing.T
	path string
}

func (d limitedDisk) dir() string { return d.path }

func (d limitedDisk) fill(pid int) {
	d.t.Helper()
	d.limit(pid, 0)
}

func (d limitedDisk) free(pid int) {
	d.t.Helper()
	d.limit(pid, ^uint64(0))
}

// limit sets how far into a file a process may write.
func (d limitedDisk) limit(pid int, bytes uint64) {
	d.t.Helper()
	to := syscall.Rlimit{Cur: bytes, Max: ^uint64(0)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(pid), syscall.RLIMIT_FSIZE, uintptr(unsafe.Pointer(&to)), 0, 0, 0)
	require.Zero(d.t, errno)
}
