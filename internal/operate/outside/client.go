package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const (
	mostRead   = 512 << 10 // of an answer
	askTimeout = 10 * time.Second
)

// Agent is how this client names itself, so that its requests can be told from those of people.
const Agent = "toh-controls"

// Client asks the service at its public address. It keeps nothing from one request to the next.
type Client struct {
	base *url.URL
	http *http.Client
}

// Request is what is asked. Without a method it is a GET; with a form or a JSON document it is a POST.
type Request struct {
	Method, Path string
	Scheme       string // "" is that of the public address
	Form         url.Values
	JSON         string
	Header       map[string]string
}

// Answer is what the service answered.
type Answer struct {
	Status int
	Header http.Header
	Body   string
	TLS    *tls.ConnectionState
}

// NewClient makes a Client. A nil transport is the network.
func NewClient(baseURL string, transport http.RoundTripper) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil || base.Host == "" {
		return nil, fmt.Errorf("outside: %q is not the public address", baseURL)
	}
	if transport == nil {
		// A connection of its own for each request: what a stranger gets must not depend on an earlier request.
		transport = &http.Transport{DisableKeepAlives: true, TLSHandshakeTimeout: askTimeout / 2,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	}
	return &Client{base: base, http: &http.Client{Transport: transport, Timeout: askTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Ask sends one request and reads the answer; redirects are not followed.
func (c *Client) Ask(ctx context.Context, q Request) (*Answer, error) {
	r, err := c.request(ctx, q)
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(r) // #nosec G704 -- the address is the installation's own, from its configuration
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostRead))
	if err != nil {
		return nil, err
	}
	return &Answer{resp.StatusCode, resp.Header, string(text), resp.TLS}, nil
}

func (c *Client) request(ctx context.Context, q Request) (*http.Request, error) {
	at := *c.base
	if q.Scheme != "" {
		at.Scheme = q.Scheme
	}
	method, kind, text := q.Method, "", ""
	switch {
	case q.Form != nil:
		method, kind, text = http.MethodPost, "application/x-www-form-urlencoded", q.Form.Encode()
	case q.JSON != "":
		method, kind, text = http.MethodPost, "application/json", q.JSON
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String()+q.Path, strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", Agent)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if q.Form != nil {
		r.Header.Set("Origin", at.String())
	}
	for name, value := range q.Header {
		r.Header.Set(name, value)
	}
	return r, nil
}

// Unreachable is the finding when the service does not answer. A certificate that does not hold is a failure: nobody
// can reach the service securely.
func Unreachable(err error) promise.Finding {
	if wrong := (*tls.CertificateVerificationError)(nil); errors.As(err, &wrong) {
		return promise.Fail("the certificate does not hold: %v", wrong)
	}
	f := promise.Undecided("The service did not answer at its public address.")
	f.Detail = err.Error()
	return f
}

// Busy reports whether the service only said that it could not answer now.
func (a *Answer) Busy() bool { return a.Status == http.StatusTooManyRequests || a.Status >= 500 }

// TooBusy is the finding then.
func TooBusy() promise.Finding { return promise.Undecided("The service was too busy to answer.") }

// Leads reports whether an answer redirects to a path of the service, and nowhere else.
func (c *Client) Leads(a *Answer, scheme, path string) bool {
	to, err := url.Parse(a.Header.Get("Location"))
	if err != nil || a.Status < 300 || a.Status > 399 {
		return false
	}
	to = c.base.ResolveReference(to)
	return to.Scheme == scheme && to.Host == c.base.Host && to.Path == path
}

// SignedOut reports whether an answer asks to sign in.
func (c *Client) SignedOut(a *Answer) bool {
	return c.Leads(a, c.base.Scheme, "/signin") || a.Status == http.StatusUnauthorized
}
