package web

import (
	"net/http"
	"strings"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Machine wraps what programs call in the place of browsers: the shell, the headers, our own names only, and nothing in
// plain. There is no redirect to the secure address: a program that sent its token in plain should notice.
func (s *Site) Machine(next http.Handler) http.Handler {
	return s.Shell(s.headers(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := logging.LineOf(r.Context())
		line.Edge, line.Route = logging.API, "refused" // the API says otherwise
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
