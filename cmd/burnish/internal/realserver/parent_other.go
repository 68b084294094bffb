//go:build !linux

package realserver

import "syscall"

// dieWithParent does nothing where the kernel offers no such thing; servers of
// an aborted run have to be ended by hand there.
func dieWithParent() *syscall.SysProcAttr { return nil }
