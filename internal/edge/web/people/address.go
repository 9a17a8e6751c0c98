package people

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// AddressFor is how a page that opens with a link shows the address that the link was mailed to. Links are passed on
// and end up in histories, so only the account of that address sees it whole; for everybody else it is a hint that its
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
