//go:build !linux

package main

import "testing"

// A disk that can be full is only to be had with Linux.

func smallDisk(t *testing.T) disk { return limited(t) }

func limited(t *testing.T) disk {
	t.Helper()
	t.Skip("a disk that is full for a while needs Linux")
	return nil
}

type mountedDisk struct{ disk }
