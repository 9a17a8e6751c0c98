package frame

import (
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Names of cookies. Over https they have the prefix __Host-, with which no other host can set them.
const (
	sessionCookie = "toh"
	deviceCookie  = "toh-device"
	knownCookie   = "toh-known"
	waitingCookie = "toh-waiting"
	themeCookie   = "toh-theme"
	flashCookie   = "toh-flash"
)

func (s *Site) cookieName(name string) string {
	if s.secure && name != themeCookie {
		return "__Host-" + name
	}
	return name
}

// setCookie sets a cookie that is sent to this host only and that scripts cannot read. With a zero expiry it lasts
// until the browser is closed.
func (s *Site) setCookie(q *Request, name, value string, expires time.Time) {
	http.SetCookie(q.writer, &http.Cookie{ // #nosec G124 -- only the one-machine installation has no TLS
		Name: s.cookieName(name), Value: value, Path: "/", Expires: expires, MaxAge: s.maxAge(expires),
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// maxAge lets a browser whose clock is wrong keep a cookie for as long as one whose clock is right.
func (s *Site) maxAge(expires time.Time) int {
	if expires.IsZero() {
		return 0
	}
	return max(1, int(expires.Sub(s.opts.Clock.Now())/time.Second))
}

func (s *Site) dropCookie(q *Request, name string) {
	http.SetCookie(q.writer, &http.Cookie{ // #nosec G124 -- as above
		Name: s.cookieName(name), Path: "/", MaxAge: -1,
		HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	})
}

// cookie returns the value of a cookie, or "". If there are two cookies of that name, it returns "", because one of
// them is not ours.
func (s *Site) cookie(r *http.Request, name string) string {
	found := r.CookiesNamed(s.cookieName(name))
	if len(found) != 1 || len(found[0].Value) > 4096 {
		return ""
	}
	return found[0].Value
}

func (s *Site) session(r *http.Request) string { return s.cookie(r, sessionCookie) }

// KeepSession gives the browser its session.
func (q *Request) KeepSession(value string, expires time.Time) {
	q.site.setCookie(q, sessionCookie, value, expires)
}

// DropSession removes the session cookie, and asks the browser to clear its cache of pages.
func (q *Request) DropSession() {
	q.site.dropSession(q)
	q.writer.Header().Set("Clear-Site-Data", `"cache", "storage"`)
}

// KeepWaiting gives the browser the secret of a sign-in that waits for a second factor.
func (q *Request) KeepWaiting(w *account.Waiting) {
	q.site.setCookie(q, waitingCookie, w.Secret, w.Ends)
}

// Waiting is the secret of the sign-in that waits in this browser, or "".
func (q *Request) Waiting() string { return q.site.cookie(q.Request, waitingCookie) }

func (s *Site) dropSession(q *Request) {
	if s.session(q.Request) != "" {
		s.dropCookie(q, sessionCookie)
	}
}
