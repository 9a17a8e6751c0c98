// Package account holds the use cases about people: their accounts, passwords, sessions, API tokens, and the links that
// are mailed to them.
//
// It must never disclose whether an address has an account; store a password, token or address in plain text; or treat
// a cookie as authoritative. A cookie holds a signed handle; the stored session decides whether it is valid.
package account
