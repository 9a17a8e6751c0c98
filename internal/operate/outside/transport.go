package outside

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// tryFunc is what a control does.
type tryFunc = func(context.Context) promise.Finding

// plainHTTP: a reader is led to the secure address, and what is posted in plain is refused.
func plainHTTP(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		if o.Local {
			return promise.Inapplicable(noTLS)
		}
		page, err := o.client.Ask(ctx, Request{Scheme: "http", Path: "/signin"})
		if refusedConnection(err) {
			return promise.Pass("Without TLS no connection is accepted.")
		}
		if err != nil {
			return Unreachable(err)
		}
		if !o.client.Leads(page, "https", "/signin") {
			return promise.Fail("GET http:///signin answered %d with Location %q", page.Status,
				page.Header.Get("Location"))
		}
		post, err := o.client.Ask(ctx, Request{Scheme: "http", Path: "/signin", Form: url.Values{"email": {""}}})
		if err != nil {
			return Unreachable(err)
		}
		if post.Status < 300 {
			return promise.Fail("POST http:///signin answered %d", post.Status)
		}
		return promise.Pass("A page asked for without TLS led to the secure address; a form posted without TLS was "+
			"answered with status %d.", post.Status)
	}
}

func refusedConnection(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

const (
	leastHSTS  = 365 * 24 * time.Hour
	leastValid = 7 * 24 * time.Hour
)

// secure: TLS of today, a certificate that does not expire soon, and strict transport security with preload.
func secure(o *Options) tryFunc {
	return func(ctx context.Context) promise.Finding {
		if o.Local {
			return promise.Inapplicable(noTLS)
		}
		a, err := o.client.Ask(ctx, Request{Path: "/signin"})
		if err != nil {
			return Unreachable(err)
		}
		if a.TLS == nil || a.TLS.Version < tls.VersionTLS12 {
			return promise.Fail("the public address does not speak TLS 1.2 or later")
		}
		hsts := a.Header.Get("Strict-Transport-Security")
		if !strict(hsts) {
			return promise.Fail("Strict-Transport-Security is %q", hsts)
		}
		evidence := tls.VersionName(a.TLS.Version) + "; browsers are told to use TLS only, with preload"
		if len(a.TLS.PeerCertificates) > 0 {
			left := a.TLS.PeerCertificates[0].NotAfter.Sub(o.Now())
			if left < leastValid {
				return promise.Fail("the certificate expires in %v", left.Round(time.Hour))
			}
			evidence += "; the certificate is valid for " + strconv.Itoa(int(left.Hours()/24)) + " more days"
		}
		return promise.Pass("%s.", evidence)
	}
}

// strict reports whether the header holds for a year or more, for all names below, and asks for preload.
func strict(header string) bool {
	age, sub, preload := time.Duration(0), false, false
	for part := range strings.SplitSeq(strings.ToLower(header), ";") {
		part = strings.TrimSpace(part)
		switch {
		case strings.HasPrefix(part, "max-age="):
			n, err := strconv.Atoi(strings.Trim(strings.TrimPrefix(part, "max-age="), `"`))
			if err != nil {
				return false
			}
			age = time.Duration(n) * time.Second
		case part == "includesubdomains":
			sub = true
		case part == "preload":
			preload = true
		}
	}
	return age >= leastHSTS && sub && preload
}
