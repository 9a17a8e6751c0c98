// Package slashes lets an address answer that was typed with a slash too many at its end, or without the one that it
// has.
//
// It must never lead anywhere but to an address that its router knows, and never change an address that is right.
package slashes

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/mux"
)

// Else is for what a router does not find: if the address with the other ending is known, readers are led there, and
// what is sent is taken as if it had gone there, since a redirect would lose it with many programs. Everything else
// goes to nothing.
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

// knows reports whether the router has the address, whatever the method. What could be read as another host's is none
// of ours.
func knows(m *mux.Router, r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "//") || strings.Contains(r.URL.Path, `\`) {
		return false
	}
	var match mux.RouteMatch
	m.Match(r, &match)
	return match.Route != nil && match.MatchErr == nil || errors.Is(match.MatchErr, mux.ErrMethodMismatch)
}
