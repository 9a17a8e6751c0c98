package outside

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// descriptions are where a description of an API, or its viewer, is commonly found.
var descriptions = []string{"/api/v1/openapi.json", "/api/v1/docs", "/api/openapi.json", "/api/docs", "/openapi.json",
	"/openapi.yaml", "/docs", "/redoc", "/swagger", "/swagger.json"}

// noDescription: none of them exists.
func noDescription(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		if o.Local {
			return promise.Inapplicable("On one machine the API's description is there for whoever writes programs.")
		}
		for _, path := range descriptions {
			a, err := o.client.Ask(ctx, Request{Path: path})
			if err != nil {
				return Unreachable(err)
			}
			if a.Status != http.StatusNotFound && a.Status != http.StatusUnauthorized {
				return promise.Fail("GET %s answered %d", path, a.Status)
			}
		}
		return promise.Pass("%d addresses at which such descriptions are found do not exist.", len(descriptions))
	}
}

// RFC 9116 recommends that security.txt expire within a year; 30 days leave time to notice.
const (
	soonest = 30 * 24 * time.Hour
	latest  = 365 * 24 * time.Hour
)

// contact: security.txt says whom to write to, and holds for a while.
func contact(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		if o.Contact == "" {
			return promise.Inapplicable("On one machine there is nobody to write to but yourself.")
		}
		a, err := o.client.Ask(ctx, Request{Path: "/.well-known/security.txt"})
		if err != nil {
			return Unreachable(err)
		}
		fields := map[string]string{}
		for line := range strings.Lines(a.Body) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				fields[strings.ToLower(name)] = value
			}
		}
		if a.Status != http.StatusOK || fields["contact"] != "mailto:"+o.Contact {
			return promise.Fail("security.txt answered %d and names %q", a.Status, fields["contact"])
		}
		expires, err := time.Parse(time.RFC3339, fields["expires"])
		left := expires.Sub(o.Now())
		if err != nil || left < soonest || left > latest {
			return promise.Fail("security.txt expires at %q", fields["expires"])
		}
		return promise.Pass("It names %s and holds until %s.", o.Contact, expires.Format("2 January 2006"))
	}
}

// documents: the pages are there, and the list names who is used.
func documents(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		for _, path := range []string{"/subprocessors", "/data", "/processing", "/privacy", "/terms"} {
			a, err := o.client.Ask(ctx, Request{Path: path})
			if err != nil {
				return Unreachable(err)
			}
			if a.Status != http.StatusOK {
				return promise.Fail("GET %s answered %d", path, a.Status)
			}
			if path == "/subprocessors" && o.Google && !strings.Contains(a.Body, "Google Cloud") {
				return promise.Fail("the list of subprocessors does not name Google Cloud")
			}
		}
		return promise.Pass("All five documents are public.")
	}
}
