package account

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

const (
	maxAddress = 254 // RFC 5321: what fits into a path
	maxLocal   = 64
	maxLabel   = 63 // RFC 1035: between two dots
)

// Address is a mail address in its two forms.
type Address struct {
	Text string // where mail is sent: the local part as written, the domain in its ASCII form
	key  string // for comparing addresses: the local part is case-folded
}

// Same reports whether two addresses would belong to the same account.
func (a Address) Same(b Address) bool { return a.key != "" && a.key == b.key }

// Key is the form by which addresses are compared. It is personal data: hash it before it is kept.
func (a Address) Key() string { return a.key }

var errAddress = model.Invalid("Enter one e-mail address, such as name@example.org.")

// ParseAddress reads one plain address. The error is an ErrInvalid with a sentence for the person.
func ParseAddress(text string) (Address, error) {
	text = norm.NFC.String(strings.TrimSpace(text))
	if len(text) > maxAddress {
		return Address{}, model.Invalid("An e-mail address has at most %d characters.", maxAddress)
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text {
		return Address{}, errAddress
	}
	at := strings.LastIndexByte(text, '@')
	local := text[:at]
	domain, err := idna.Lookup.ToASCII(text[at+1:])
	if err != nil || !plausible(local, domain) {
		return Address{}, errAddress
	}
	domain = strings.ToLower(domain)
	if len(local)+1+len(domain) > maxAddress {
		return Address{}, model.Invalid("An e-mail address has at most %d characters.", maxAddress)
	}
	return Address{Text: local + "@" + domain, key: norm.NFC.String(cases.Fold().String(local)) + "@" + domain}, nil
}

// NewAddress reads an address that somebody typed to be kept. A payment card number is none, and neither is an address
// that cannot exist: accounts of controls have such addresses, and nobody else may have what is theirs.
func NewAddress(text string) (Address, error) {
	if cardnumber.In(text) {
		return Address{}, model.Invalid(cardnumber.Refusal)
	}
	a, err := ParseAddress(text)
	if err == nil && strings.HasSuffix(a.Text, ".invalid") {
		return Address{}, model.Invalid("An e-mail address cannot end in .invalid.")
	}
	return a, err
}

// canaryDomain is where the accounts of controls have their addresses. It can never exist (RFC 2606), so that no mail
// of theirs can reach anybody.
const canaryDomain = "@canary.invalid"

// CanaryAddress is the address of an account of controls.
func CanaryAddress(name string) string { return name + canaryDomain }

// IsCanary reports whether an address is that of an account of controls, to which nothing is mailed.
func IsCanary(address string) bool { return strings.HasSuffix(address, canaryDomain) }

func plausible(local, domain string) bool {
	if len(local) > maxLocal || strings.ContainsAny(local, "\"\\ ()<>[]:;,@") ||
		strings.ContainsFunc(local, invisible) {
		return false
	}
	labels := strings.Split(domain, ".")
	for _, l := range labels {
		if l == "" || len(l) > maxLabel {
			return false
		}
	}
	return len(labels) > 1 && !strings.ContainsAny(domain, "[]:")
}
