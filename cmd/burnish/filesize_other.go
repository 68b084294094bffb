//go:build !unix

package main

// outliveFileLimits does nothing where files have no limits.
func outliveFileLimits() {}
