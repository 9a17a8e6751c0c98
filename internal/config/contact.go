package config

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unnamedOperator stands where nobody said who runs the installation.
const unnamedOperator = "the operator of this installation"

const maxOperator = 100 // characters

// operator is who runs the installation.
func (r *reader) operator() string {
	const name = "TOH_OPERATOR"
	v := r.optional(name)
	if v == "" {
		return unnamedOperator
	}
	if utf8.RuneCountInString(v) > maxOperator || strings.ContainsFunc(v, unicode.IsControl) {
		r.problem(name, "is not valid: set it to the name of the company that runs the service, at most %d characters",
			maxOperator)
	}
	return v
}

// contact is the address for security, privacy and abuse. The sender of mail stands in for it.
func (r *reader) contact(from string) string {
	const name = "TOH_CONTACT"
	v := r.optional(name)
	if v == "" {
		a, err := mail.ParseAddress(from)
		if err != nil {
			return "" // told of by the sender
		}
		return a.Address
	}
	a, err := mail.ParseAddress(v)
	switch {
	case err != nil || a.Address != v || strings.ContainsAny(v, "<>()%&?#\"\r\n "):
		r.problem(name, "is not an address: set it to one for security, privacy and abuse, as in "+
			"security@opera.example.org")
	case isExampleDomain(v):
		r.problem(name, "is a placeholder: set it to an address at which you are reached")
	}
	return v
}
