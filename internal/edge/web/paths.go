package web

import (
	"net/url"
	"strings"
)

// ownPath is target if it is a path of this site, else otherwise. What a browser could read as another host is not a
// path.
func ownPath(target, otherwise string) string {
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
func (q *Request) Next() string { return ownPath(q.FormValue("next"), "/") }
