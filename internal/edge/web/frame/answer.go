package frame

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Answer is what a handler gives back. Make one with Show, ShowAs, Go, JSON, Text, File or Raw.
type Answer struct {
	status   int
	page     Page
	location string
	kind     string
	name     string
	body     []byte
	stream   func(context.Context, io.Writer) error
	again    *http.Request // handled instead of the request
	raw      func(http.ResponseWriter, *http.Request) error
}

// Show is a page.
func Show(p Page) Answer { return ShowAs(http.StatusOK, p) }

// ShowAs is a page with another status.
func ShowAs(status int, p Page) Answer { return Answer{status: status, page: p} }

// Go redirects to another page of ours, which the browser opens with GET.
func Go(path string) Answer { return Answer{status: http.StatusSeeOther, location: OwnPath(path, "/")} }

// Text is a line of plain text.
func Text(status int, text string) Answer {
	return Answer{status: status, kind: "text/plain; charset=utf-8", body: []byte(text)}
}

// JSON is a value for a script of our pages.
func JSON(status int, v any) (Answer, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return Answer{}, err
	}
	return Answer{status: status, kind: "application/json", body: body}, nil
}

// File is a download that is streamed. An error before the first 32 KB becomes an error page; a later one closes the
// connection, so that an incomplete file never looks complete.
func File(name, kind string, write func(context.Context, io.Writer) error) Answer {
	return Answer{status: http.StatusOK, name: name, kind: kind, stream: write}
}

// Raw is an answer that a handler writes by itself, as with ranges. An error says that nothing was written yet.
func Raw(write func(http.ResponseWriter, *http.Request) error) Answer { return Answer{raw: write} }

func (s *Site) write(w http.ResponseWriter, q *Request, a Answer) {
	if q.route.Ticket {
		w.Header().Set("Referrer-Policy", "strict-origin")
	}
	switch {
	case a.again != nil:
		s.router().ServeHTTP(w, a.again)
	case a.raw != nil:
		if err := a.raw(w, q.Request); err != nil {
			s.write(w, q, s.failed(q, err))
		}
	case a.stream != nil:
		s.writeStream(w, q, a)
	case a.page != nil:
		s.writePage(w, q, a)
	case a.location != "":
		s.keepFlashes(q)
		w.Header().Set("Location", a.location)
		w.WriteHeader(a.status)
	default:
		w.Header().Set("Content-Type", a.kind)
		send(w, q, a.status, a.body)
	}
}

// writePage renders to memory first, so that a page is sent completely or not at all.
func (s *Site) writePage(w http.ResponseWriter, q *Request, a Answer) {
	var page bytes.Buffer
	err := s.mark(q, a.page)
	if err == nil {
		err = s.view.render(&page, q, a.page)
	}
	if err != nil {
		logging.From(q.Context()).ErrorContext(q.Context(), "render", "error", err)
		s.plainFailure(w, q.Request)
		return
	}
	if a.page.base().Listed != nil && a.status == http.StatusOK {
		w.Header().Del("X-Robots-Tag")
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	send(w, q, a.status, page.Bytes())
}

func send(w http.ResponseWriter, q *Request, status int, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if q.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func (s *Site) writeStream(w http.ResponseWriter, q *Request, a Answer) {
	out := &lateWriter{w: w, start: func() {
		w.Header().Set("Content-Type", a.kind)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.name}))
		w.WriteHeader(a.status)
	}}
	if q.Method == http.MethodHead {
		out.start()
		return
	}
	err := a.stream(q.Context(), out)
	switch {
	case err != nil && !out.started:
		s.write(w, q, s.failed(q, err))
	case err != nil:
		logging.From(q.Context()).ErrorContext(q.Context(), "download was cut", "error", err)
		panic(http.ErrAbortHandler)
	default:
		out.flush()
	}
}

const streamStart = 32 << 10

// lateWriter buffers the first bytes, so that an early error can still become a page.
type lateWriter struct {
	w       io.Writer
	start   func()
	started bool
	held    bytes.Buffer
}

// Write buffers the first bytes, and passes on everything after them.
func (l *lateWriter) Write(b []byte) (int, error) {
	if l.started {
		return l.w.Write(b)
	}
	l.held.Write(b)
	if l.held.Len() >= streamStart {
		l.flush()
	}
	return len(b), nil
}

func (l *lateWriter) flush() {
	if !l.started {
		l.started = true
		l.start()
		_, _ = l.w.Write(l.held.Bytes())
		l.held.Reset()
	}
}
