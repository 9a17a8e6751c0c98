// Package download answers with files that people added: whole or in ranges, RFC 9110, section 14, for as long as that
// takes.
//
// It must never let a browser show a file within our pages' origin, and never begin an answer before the trail has it.
package download

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Content is what is to be downloaded.
type Content struct {
	Name, Type string
	Tag        string // identifies the bytes
	Size       int64
	// Open gives the bytes. If they are not shown, because the client has them or asked for the headers only, it may
	// give nil.
	Open func(ctx context.Context, shown bool) (io.ReadSeekCloser, error)
	// Refuse answers with a status of 400 or more.
	Refuse func(w http.ResponseWriter, status int)
}

// policy lets nothing in a file run, load anything or be part of a page, even if it is opened by itself.
const policy = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// stall is how long a client may take nothing.
const stall = time.Minute

// mostRanges limits the ranges of one request. Whoever asks for more gets the whole.
const mostRanges = 8

// Serve answers a request for a content. After an error nothing has been written.
func Serve(w http.ResponseWriter, r *http.Request, c Content) error {
	r = r.Clone(r.Context())
	ranges := r.Header.Get("Range")
	if !strings.HasPrefix(ranges, "bytes=") || strings.Count(ranges, ",") >= mostRanges {
		r.Header.Del("Range") // units that we do not know are ignored
	}
	status, of := c.outcome(r)
	shown := r.Method == http.MethodGet && (status == http.StatusOK || status == http.StatusPartialContent)
	body, err := c.Open(r.Context(), shown)
	if err != nil {
		return err
	}
	if status >= http.StatusBadRequest {
		if of != "" {
			w.Header().Set("Content-Range", of)
		}
		c.Refuse(w, status)
		return nil
	}
	if body == nil {
		body = &size{n: c.Size}
	}
	c.describe(w.Header())
	read := &watched{ReadSeekCloser: body}
	http.ServeContent(&patient{ResponseWriter: w, control: http.NewResponseController(w)}, r, "", time.Time{}, read)
	if err := body.Close(); read.failed == nil {
		read.failed = err
	}
	if read.failed != nil { // the answer is shorter than it said, which no client takes for the whole
		logging.From(r.Context()).ErrorContext(r.Context(), "download was cut", "error", read.failed)
	}
	return nil
}

// outcome is the status that the request will have, by its conditions and ranges, and the range that the answer names.
func (c Content) outcome(r *http.Request) (status int, of string) {
	try := r.Clone(r.Context())
	try.Method = http.MethodHead
	w := &discarded{header: http.Header{}}
	c.describe(w.header)
	http.ServeContent(w, try, "", time.Time{}, &size{n: c.Size})
	return w.status, w.header.Get("Content-Range")
}

// describe sets the headers.
func (c Content) describe(h http.Header) {
	h.Set("Content-Type", c.Type)
	h.Set("ETag", `"`+c.Tag+`"`)
	h.Set("Content-Disposition", Disposition(c.Name))
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// Disposition names a file to be saved: as it is (RFC 6266, filename*), and in ASCII for whoever reads only that.
func Disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r < ' ' || r == 0x7f || strings.ContainsRune(`"\/%;`, r) {
			return '_'
		}
		return r
	}, name)
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, plain, extended(name))
}

// extended writes a text as RFC 8187 has it.
func extended(text string) string {
	var b strings.Builder
	for i := range len(text) {
		c := text[i]
		if c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)) || strings.IndexByte("!#$&+-.^_`|~",
			c) >= 0) {
			b.WriteByte(c)
			continue
		}
		_, _ = fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// patient gives a client time for each piece, and not for the whole.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write writes a piece.
func (p *patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(stall)) // where there is none, nothing cuts a long answer
	return p.ResponseWriter.Write(b)
}

// watched keeps the error of reading, which the standard library does not give out.
type watched struct {
	io.ReadSeekCloser
	failed error
}

// Read reads.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadSeekCloser.Read(p)
	if err != nil && err != io.EOF {
		w.failed = err
	}
	return n, err
}

// size is a content of which nobody reads a byte.
type size struct{ n, at int64 }

// Read reads nothing.
func (*size) Read([]byte) (int, error) { return 0, io.EOF }

// Seek moves.
func (s *size) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.n
	}
	s.at = offset
	return offset, nil
}

// Close does nothing.
func (*size) Close() error { return nil }

// discarded is an answer of which only the status counts.
type discarded struct {
	header http.Header
	status int
}

// Header implements http.ResponseWriter.
func (d *discarded) Header() http.Header { return d.header }

// WriteHeader keeps the first status.
func (d *discarded) WriteHeader(status int) {
	if d.status == 0 {
		d.status = status
	}
}

// Write writes nothing.
func (d *discarded) Write(p []byte) (int, error) { return len(p), nil }
