package admin

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/logviews"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/run"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/serviceusage"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/storage"
)

// HTTP is the transport for Google's clients that use HTTP: Cloud Storage and the identities of Google's services in
// this process, without a network. Intercept is called with the request's method and path, such as "POST
// /storage/v1/b".
func (c *Cloud) HTTP() http.RoundTripper { return roundTripper{c} }

type roundTripper struct{ on *Cloud }

// RoundTrip answers a request.
func (t roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }() // nothing was written
	} else {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	if err := r.Context().Err(); err != nil {
		return nil, fmt.Errorf("localcloud: %w", err)
	}
	served, ok := map[string]http.Handler{storage.Host: t.on.storage, serviceusage.Host: t.on.usage,
		run.Host: t.on.run, logviews.Host: t.on.views}[r.URL.Host]
	if !ok {
		return nil, fmt.Errorf("localcloud: %s is not served here", r.URL.Host)
	}
	w := &response{header: http.Header{}, code: http.StatusOK}
	if err := t.on.intercept(r.Context(), r.Method+" "+r.URL.Path); err != nil {
		storage.WriteError(w, r, err)
	} else {
		served.ServeHTTP(w, r)
	}
	if err := t.on.Durable(r.Context()); err != nil {
		w = &response{header: http.Header{}, code: http.StatusOK}
		storage.WriteError(w, r, localcloud.NotDurable(err))
	}
	return w.result(r), nil
}

// response is an http.ResponseWriter in memory.
type response struct {
	header http.Header
	code   int
	sent   bool
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (w *response) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *response) WriteHeader(code int) {
	if !w.sent {
		w.code, w.sent = code, true
	}
}

// Write implements http.ResponseWriter.
func (w *response) Write(p []byte) (int, error) {
	w.sent = true
	return w.body.Write(p)
}

func (w *response) result(r *http.Request) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.code, http.StatusText(w.code)), StatusCode: w.code,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}
}
