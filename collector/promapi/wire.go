package promapi

import (
	"compress/gzip"
	"fmt"
	"io"
)

func unpack(encoding string, r io.Reader) (io.Reader, error) {
	switch encoding {
	case "gzip":
		return gzip.NewReader(r)
	case "", "identity", "snappy": // snappy is unpacked by whom it concerns
		return r, nil
	}
	return nil, fmt.Errorf("%w: its content encoding is %q", errShape, printable(encoding, 40))
}

// wire is what comes over the connection: it counts and remembers how it failed.
type wire struct {
	from     io.Reader
	progress func() // called whenever something came; may be nil

	bytes int64
	err   error
}

// Read reads from the connection.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.from.Read(p)
	if n > 0 && w.progress != nil {
		w.progress()
	}
	w.bytes += int64(n)
	if err != nil && err != io.EOF && w.err == nil {
		w.err = err
	}
	return n, err
}

// limited ends with errTooLarge instead of passing on more than is left.
type limited struct {
	from   io.Reader
	left   int64
	failed *error // where to remember it; a decoder may not pass it on as it was
}

// Read reads up to the limit.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		*l.failed = errTooLarge
		return 0, errTooLarge
	}
	return n, err
}
