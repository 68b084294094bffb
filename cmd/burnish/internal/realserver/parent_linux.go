package realserver

import "syscall"

// dieWithParent has the kernel end a server whose test binary was killed, so
// that an aborted run leaves nothing behind.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
