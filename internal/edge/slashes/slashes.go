// Package slashes corrects addresses that were typed with a surplus or a missing slash at the end.
//
// It must never redirect to an address that its router does not know, or change an address that the router knows.
package slashes

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"
)

// Else handles addresses that a router does not find. If the address with the other ending is known, reading requests
// are redirected to it, and others are served as if sent to it, because many programs lose the body on a redirect. The
// handler nothing gets everything else.
func Else(m *mux.Router, nothing http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		right := other(r)
		switch {
		case !knows(m, right):
			nothing.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			w.Header().Set("Location", right.URL.RequestURI())
			w.WriteHeader(http.StatusPermanentRedirect)
		default:
			m.ServeHTTP(w, right)
		}
	})
}

// other is the request with the other ending.
func other(r *http.Request) *http.Request {
	path := strings.TrimRight(r.URL.Path, "/")
	if path == r.URL.Path {
		path += "/"
	}
	right := r.Clone(r.Context())
	right.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
	right.RequestURI = right.URL.RequestURI()
	return right
}

// knows reports whether the router has the address, for any method. It rejects addresses that a browser could take for
// another host.
func knows(m *mux.Router, r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "//") || strings.Contains(r.URL.Path, `\`) {
		return false
	}
	var match mux.RouteMatch
	m.Match(r, &match)
	return match.Route != nil && match.MatchErr == nil || errors.Is(match.MatchErr, mux.ErrMethodMismatch)
}
