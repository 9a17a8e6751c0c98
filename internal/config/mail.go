package config

import (
	"net/mail"
	"strings"
)

// Mail is how mail is sent.
type Mail struct {
	Vendor string // resend, smtp, or catch on one machine
	From   string // "Name <address>" or an address
	SMTP   SMTP
}

// SMTP is a submission server. STARTTLS is always required; the password is the secret Secrets.Mail.
type SMTP struct {
	Host string
	Port int
	User string
}

// The ways in which mail is sent.
const (
	Resend   = "resend"
	SMTPMail = "smtp"
	Catch    = "catch" // one machine only: kept and shown, not sent
)

func (r *reader) mail() Mail {
	m := Mail{
		Vendor: r.choice("TOH_MAIL", Resend, Resend, SMTPMail),
		From:   r.from("TOH_MAIL_FROM"),
		SMTP: SMTP{
			Host: r.optional("TOH_SMTP_HOST"),
			Port: r.number("TOH_SMTP_PORT", 587, 1, 65535),
			User: r.optional("TOH_SMTP_USER"),
		},
	}
	if m.Vendor == SMTPMail {
		r.checkSMTP(m.SMTP)
	}
	return m
}

func (r *reader) checkSMTP(s SMTP) {
	if s.Host == "" || strings.ContainsAny(s.Host, " /:@\r\n") || isLoopback(s.Host) {
		r.problem("TOH_SMTP_HOST", "is missing or not valid: set it to the name of the mail server, as in "+
			"smtp.example.net")
	}
	if s.User == "" || strings.ContainsAny(s.User, "\r\n") {
		r.problem("TOH_SMTP_USER", "is missing: set it to the user of the mail server")
	}
}

func (r *reader) from(name string) string {
	v := r.optional(name)
	a, err := mail.ParseAddress(v)
	switch {
	case v == "":
		r.problem(name, "is missing: set it to the sender, as in Tiny Opera House <house@opera.example.org>")
	case err != nil || strings.ContainsAny(v, "\r\n"):
		r.problem(name, "is not an address: set it to the sender, as in Tiny Opera House <house@opera.example.org>")
	case isExampleDomain(a.Address):
		r.problem(name, "is a placeholder: set it to an address of a domain that is set up with the mail vendor")
	}
	return v
}

func isExampleDomain(address string) bool {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	for _, d := range []string{"example.com", "example.org", "example.net"} {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return true
		}
	}
	return !strings.Contains(domain, ".") || strings.HasSuffix(domain, ".test") ||
		strings.HasSuffix(domain, ".invalid") || strings.HasSuffix(domain, ".example")
}
