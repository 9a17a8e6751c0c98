package pubsub

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// CertsURL is where Google publishes the keys of its tokens, and where a verifier looks for them.
const CertsURL = "https://www.googleapis.com/oauth2/v3/certs"

// JWKS returns the public keys of push tokens as Google publishes its own.
func (s *Server) JWKS() []byte { return s.issuer.jwks() }

// CertsTransport answers a request for CertsURL with this server's keys, and refuses every other one. A verifier that
// uses it accepts the tokens of this server and of nobody else.
func (s *Server) CertsTransport() http.RoundTripper { return certs{s.issuer} }

type certs struct{ issuer *issuer }

// RoundTrip implements http.RoundTripper.
func (c certs) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	if req.Method != http.MethodGet || req.URL.String() != CertsURL {
		return nil, fmt.Errorf("pubsub: only %s is served here", CertsURL)
	}
	body := c.issuer.jwks()
	return &http.Response{
		Status:     "200 OK",
		StatusCode: http.StatusOK,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json; charset=UTF-8"},
			"Cache-Control": {"public, max-age=3600, must-revalidate"}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}, nil
}
