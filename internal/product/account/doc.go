// Package account is about people: their accounts, passwords, sessions, API tokens, and the links that are mailed to
// them.
//
// It must never tell anybody whether an address has an account, keep a password, a token or an address in the clear, or
// believe a cookie: what a cookie holds is a handle, and the stored session is the truth of it.
package account
