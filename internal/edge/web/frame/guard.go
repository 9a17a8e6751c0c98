package frame

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// guard refuses requests that do not come from our pages: with an unknown host name, over plain http, from another
// site, or embedded in another page.
func (s *Site) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	refused := func(err error) http.Handler {
		return s.adapt(&Route{Name: "refused", For: Open, Handle: func(*Request) (Answer, error) {
			return Answer{}, err
		}})
	}
	wrongHost, crossSite := refused(errHost), refused(errCross)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case IsProbe(r):
			next.ServeHTTP(w, r)
		case !s.hosts[strings.ToLower(r.Host)]:
			wrongHost.ServeHTTP(w, r)
		case s.secure && !arrivedSecurely(r):
			s.toHTTPS(w, r, crossSite)
		case s.elsewhere(r):
			http.Redirect(w, r, s.URL(OwnPath(r.URL.RequestURI(), "/")), http.StatusTemporaryRedirect) // #nosec G710 -- as below
		case cross.Check(r) != nil || !s.fromHere(r) || !isolated(r):
			crossSite.ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// probes are the addresses of health checks. Google's front may intercept those that end in z, so checks from outside
// use the others.
var probes = []string{"/livez", "/readyz", "/live", "/ready"}

// IsProbe reports a health check, which the platform makes by address and without TLS.
func IsProbe(r *http.Request) bool {
	return r.Method == http.MethodGet && slices.Contains(probes, r.URL.Path)
}

// arrivedSecurely trusts the front that terminates TLS: nothing else can reach the container.
func arrivedSecurely(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	protos := strings.Split(r.Header.Get("X-Forwarded-Proto"), ",")
	return strings.EqualFold(strings.TrimSpace(protos[len(protos)-1]), "https")
}

// elsewhere reports that somebody opens a page under another name of this machine: passkeys, sessions and links in
// mails belong to the name in the base URL.
func (s *Site) elsewhere(r *http.Request) bool {
	return !s.secure && isSafe(r.Method) && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		!strings.EqualFold(r.Host, s.base.Host)
}

// toHTTPS redirects reading requests to https. It refuses others, so that somebody notices that data was sent in plain
// text.
func (s *Site) toHTTPS(w http.ResponseWriter, r *http.Request, refuse http.Handler) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse.ServeHTTP(w, r)
		return
	}
	http.Redirect(w, r, s.URL(OwnPath(r.URL.RequestURI(), "/")), http.StatusPermanentRedirect) // #nosec G710 -- ownPath lets only our own paths through
}

// fromHere is stricter about unsafe requests than the standard library: an Origin must be exactly ours, and a request
// with a cookie must say where it came from.
func (s *Site) fromHere(r *http.Request) bool {
	if isSafe(r.Method) {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return r.Header.Get("Sec-Fetch-Site") != "" || (origin == "" && r.Header.Get("Cookie") == "")
	}
	scheme, host, _ := strings.Cut(origin, "://")
	return scheme == s.base.Scheme && s.hosts[strings.ToLower(host)]
}

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// isolated is the resource isolation policy: other sites may only link to our pages.
func isolated(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "object", "embed", "iframe", "frame", "fencedframe":
		return false
	}
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return true
	}
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// Machine wraps what programs call: the shell, the headers, known host names only, and no plain text. It does not
// redirect to https: whoever runs a program that sends its token in plain text should notice.
func (s *Site) Machine(next http.Handler) http.Handler {
	return s.Shell(s.headers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := logging.LineOf(r.Context())
		line.Edge, line.Route = logging.API, "refused" // the API sets it again
		switch {
		case !s.hosts[strings.ToLower(r.Host)]:
			w.WriteHeader(http.StatusMisdirectedRequest)
		case s.secure && !arrivedSecurely(r):
			w.WriteHeader(http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})))
}

// contentPolicy allows files of this site, and nothing inline.
var contentPolicy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"form-action 'self'",
	"frame-ancestors 'none'",
	"base-uri 'none'",
	"object-src 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
}, "; ")

// permissions turns off the features of browsers that no page uses.
const permissions = "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), " +
	"fullscreen=(), geolocation=(), gyroscope=(), " +
	"magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), publickey-credentials-get=(self), " +
	"screen-wake-lock=(), usb=(), xr-spatial-tracking=()"

// headers sets the headers of every answer, including those to unknown paths and refused requests.
func (s *Site) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Robots-Tag", "noindex")
		h.Set("Cache-Control", "no-store")
		if s.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload")
		}
		next.ServeHTTP(w, r)
	})
}

// OwnPath returns target if it is a path of this site, and otherwise the second argument. It rejects what a browser
// could take for another host.
func OwnPath(target, otherwise string) string {
	if !strings.HasPrefix(target, "/") || len(target) > 2048 || strings.ContainsAny(target, "\\\t\r\n") {
		return otherwise
	}
	if strings.HasPrefix(target, "//") {
		return otherwise
	}
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(u.Path, "\\\t\r\n") {
		return otherwise
	}
	return target
}

// Next is the path that a sign-in returns to, from the query or the form.
func (q *Request) Next() string { return OwnPath(q.FormValue("next"), "/") }
