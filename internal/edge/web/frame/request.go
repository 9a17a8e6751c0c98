package frame

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// Request is what a handler gets: the request, the caller, and helpers for the answer.
type Request struct {
	*http.Request
	ID    string
	Trace string
	Who   identity.Identity // the zero value until it is known, and on routes that do not ask
	Place *Place            // nil outside workspaces

	site    *Site
	route   *Route
	writer  http.ResponseWriter
	flashes []flash
	proof   *Form // the form of the page that asks for a proof, if it is to be shown
	cancel  context.CancelFunc
}

func (s *Site) newRequest(w http.ResponseWriter, h *http.Request, r *Route) *Request {
	limit := r.MaxBody
	if limit == 0 {
		limit = defaultBody
	}
	ctx, cancel := s.deadline(h.Context(), r)
	h = h.WithContext(ctx)
	if r.Timeout > SlowTimeout { // the network gets the time as well
		late, control := time.Now().Add(r.Timeout), http.NewResponseController(w)
		_ = control.SetReadDeadline(late) // where there is none, the context ends it
		_ = control.SetWriteDeadline(late)
	}
	h.Body = http.MaxBytesReader(w, h.Body, limit)
	o, _ := logging.RequestFrom(ctx)
	line := logging.LineOf(ctx)
	line.Route, line.Template = r.Name, r.Path
	if IsProbe(h) {
		line.Edge = logging.Probe
	}
	return &Request{Request: h, ID: o.ID, Trace: o.Trace, site: s, route: r, writer: w, cancel: cancel}
}

// SlowTimeout is the deadline of requests that hash passwords or answer after a fixed time.
const SlowTimeout = 8 * time.Second

// deadline bounds the time of a request. The time for hashing passwords is not counted.
func (s *Site) deadline(ctx context.Context, r *Route) (context.Context, context.CancelFunc) {
	switch {
	case r.Timeout == SlowTimeout, access.AsksProof(r.Action) && !isSafe(r.Method):
		return passwords.Patient(ctx, s.opts.Timeout, max(SlowTimeout, s.opts.Timeout))
	case r.Timeout == 0:
		return context.WithTimeout(ctx, s.opts.Timeout)
	}
	return context.WithTimeout(ctx, max(r.Timeout, s.opts.Timeout))
}

func (q *Request) end() { q.cancel() }

// Var is a variable of the path, or "".
func (q *Request) Var(name string) string { return mux.Vars(q.Request)[name] }

// Caller is the caller, for use cases.
func (q *Request) Caller() access.Caller { return q.Who.Caller() }

// WS is a path inside the workspace of the request, as in q.WS("/members").
func (q *Request) WS(path string) string {
	if q.Place == nil {
		return "/"
	}
	return q.Place.Path() + path
}

// Now is the site's clock.
func (q *Request) Now() time.Time { return q.site.opts.Clock.Now() }

// SiteURL is the address of a path as others see it, for pages that search engines list.
func (q *Request) SiteURL(path string) string { return q.site.URL(path) }

// T is a sentence of the catalog.
func (q *Request) T(key string, args ...any) string { return q.site.catalog.T(key, args...) }

// N is a sentence of the catalog for a number of things.
func (q *Request) N(key string, n int, args ...any) string { return q.site.catalog.N(key, n, args...) }

// ahead is the document that the route reads in one batch with the session.
func (q *Request) ahead() *identity.Ahead {
	kind, variable, ok := strings.Cut(q.route.Ahead, ":")
	if !ok || q.Var(variable) == "" {
		return nil
	}
	return &identity.Ahead{Kind: kind, ID: q.Var(variable)}
}

// Remote is the address that the request came from, according to our own front, or "". It is for limits, and must not
// be logged.
func (q *Request) Remote() string {
	if q.site.opts.Hops > 0 {
		hops := strings.Split(strings.Join(q.Header.Values("X-Forwarded-For"), ","), ",")
		if i := len(hops) - q.site.opts.Hops; i >= 0 {
			return addressOf(hops[i])
		}
		return ""
	}
	host, _, err := net.SplitHostPort(q.RemoteAddr)
	if err != nil {
		return ""
	}
	return addressOf(host)
}

func addressOf(text string) string {
	addr, err := netip.ParseAddr(strings.TrimSpace(text))
	if err != nil {
		return ""
	}
	return addr.Unmap().WithZone("").String()
}

// Client is where the request comes from.
func (q *Request) Client() identity.Client {
	return identity.Client{
		Address: q.Remote(), UserAgent: q.UserAgent(), Device: q.site.cookie(q.Request, deviceCookie),
		Known:   q.site.cookie(q.Request, knownCookie),
		Cookie:  q.site.session(q.Request),
		Request: q.ID, Trace: q.Trace,
	}
}

// Admit sets the cookies after a sign-in.
func (q *Request) Admit(in account.SignedIn) {
	q.KeepSession(in.Cookie, in.Ends)
	q.KeepDevice(in.Device)
	if in.Known != "" {
		q.site.setCookie(q, knownCookie, in.Known, q.Now().Add(account.KnownLife))
	}
	if q.Waiting() != "" {
		q.site.dropCookie(q, waitingCookie)
	}
}

// KeepDevice sets the cookie with the device token, which proves that the owner of an account has used this browser.
func (q *Request) KeepDevice(token string) {
	q.site.setCookie(q, deviceCookie, token, q.Now().Add(account.DeviceLife))
}
