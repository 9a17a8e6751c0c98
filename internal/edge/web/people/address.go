package people

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// AddressFor is how the page of a mailed link shows the address that the link was mailed to. Links are forwarded and
// end up in browser histories, so only the account of that address sees all of it. Everybody else sees a hint that the
// owner recognizes.
func AddressFor(q *frame.Request, address string) string {
	if q.Who.Known() && SameAddress(q.Who.Person().Email, address) {
		return address
	}
	return hintOf(address)
}

// hintOf keeps the first character and the domain.
func hintOf(address string) string {
	local, domain, found := strings.Cut(address, "@")
	if !found || local == "" {
		return "…"
	}
	return string([]rune(local)[:1]) + "…@" + domain
}

// SameAddress reports whether two addresses are one mailbox.
func SameAddress(a, b string) bool {
	one, err := account.ParseAddress(a)
	other, otherErr := account.ParseAddress(b)
	return err == nil && otherErr == nil && one.Same(other)
}
