package daemon

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// packed is a long text that lies compressed in memory: of thousands of SLOs the
// report's JSON is fifty megabytes, and two as it lies here.
type packed struct {
	gz   []byte
	size int64 // of the text
	etag string
}

// pack compresses what is written.
func pack(write func(io.Writer) error) (*packed, error) {
	var b bytes.Buffer
	sum, count := sha256.New(), counter(0)
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	if err := write(io.MultiWriter(z, sum, &count)); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return &packed{gz: bytes.Clone(b.Bytes()), size: int64(count), etag: fmt.Sprintf("%x", sum.Sum(nil)[:12])}, nil
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// serve answers with the text: as it lies to whoever takes gzip, unpacked on the way
// to others.
func (p *packed) serve(w http.ResponseWriter, req *http.Request, contentType string) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Vary", "Accept-Encoding")
	if takesGzip(req.Header.Values("Accept-Encoding")) {
		h.Set("Content-Encoding", "gzip")
		h.Set("ETag", `"`+p.etag+`-gzip"`)
		http.ServeContent(w, req, "", time.Time{}, bytes.NewReader(p.gz))
		return
	}
	h.Set("ETag", `"`+p.etag+`"`)
	http.ServeContent(w, req, "", time.Time{}, &unpacking{of: p})
}

// takesGzip tells whether an Accept-Encoding names gzip and does not refuse it.
func takesGzip(accepts []string) bool {
	for part := range strings.SplitSeq(strings.Join(accepts, ","), ",") {
		coding, weight, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q := strings.ReplaceAll(weight, " ", "")
			return strings.Trim(strings.TrimPrefix(q, "q="), "0.") != "" || q == ""
		}
	}
	return false
}

// unpacking reads a packed text from any place on; the way there is unpacked too.
type unpacking struct {
	of *packed
	at int64
	z  *gzip.Reader // nil until something is read
}

// Seek implements io.Seeker.
func (u *unpacking) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += u.at
	case io.SeekEnd:
		offset += u.of.size
	}
	if offset < 0 {
		return 0, errors.New("seek before the beginning")
	}
	u.at, u.z = offset, nil
	return offset, nil
}

// Read implements io.Reader.
func (u *unpacking) Read(b []byte) (int, error) {
	if u.z == nil {
		var err error
		if u.z, err = gzip.NewReader(bytes.NewReader(u.of.gz)); err != nil {
			return 0, err
		}
		if _, err := io.CopyN(io.Discard, u.z, u.at); err != nil {
			return 0, err
		}
	}
	n, err := u.z.Read(b)
	u.at += int64(n)
	return n, err
}
