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

// mostRead is how much of an answer is read.
const mostRead = 512 << 10

// Agent is how this client names itself, so that its traffic can be told from that of people.
const Agent = "toh-controls"

// answer is what the service answered.
type answer struct {
	status int
	header http.Header
	body   string
	tls    *tls.ConnectionState
}

// request is what is asked. Without a method it is a GET.
type request struct {
	method, path string
	scheme       string // "" is that of the public address
	form         url.Values
	header       map[string]string
}

// ask sends one request and reads the answer; redirects are not followed.
func (o *Options) ask(ctx context.Context, q request) (*answer, error) {
	at := *o.base
	if q.scheme != "" {
		at.Scheme = q.scheme
	}
	method := q.method
	var body io.Reader
	if method == "" {
		method = http.MethodGet
	}
	if q.form != nil {
		method, body = http.MethodPost, strings.NewReader(q.form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, at.String()+q.path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("User-Agent", Agent)
	if q.form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", at.String())
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	resp, err := o.client.Do(r) // #nosec G704 -- the address is the installation's own, from its configuration
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(resp.Body, mostRead))
	if err != nil {
		return nil, err
	}
	return &answer{resp.StatusCode, resp.Header, string(text), resp.TLS}, nil
}

// unreachable is the finding when the service does not answer. A certificate that does not hold is a failure: nobody
// can reach the service securely.
func unreachable(err error) promise.Finding {
	if wrong := (*tls.CertificateVerificationError)(nil); errors.As(err, &wrong) {
		return promise.Fail("the certificate does not hold: %v", wrong)
	}
	f := promise.Undecided("The service did not answer at its public address.")
	f.Detail = err.Error()
	return f
}

// leads reports whether an answer redirects to a path of the service, and nowhere else.
func (a *answer) leads(base *url.URL, scheme, path string) bool {
	to, err := url.Parse(a.header.Get("Location"))
	if err != nil || a.status < 300 || a.status > 399 {
		return false
	}
	to = base.ResolveReference(to)
	return to.Scheme == scheme && to.Host == base.Host && to.Path == path
}

var errNoAddress = errors.New("outside: the public address is not given")

// prepare makes the client.
func (o *Options) prepare() error {
	base, err := url.Parse(o.BaseURL)
	if err != nil || base.Host == "" {
		return fmt.Errorf("%w: %q", errNoAddress, o.BaseURL)
	}
	o.base = base
	transport := o.Transport
	if transport == nil {
		// A connection of its own for each request: what a stranger gets must not depend on an earlier request.
		transport = &http.Transport{DisableKeepAlives: true, TLSHandshakeTimeout: 5 * time.Second,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	}
	o.client = &http.Client{Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return nil
}
