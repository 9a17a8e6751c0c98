// Package program keeps, in the account of whoever made an API token, what the API must know of the programs that use
// it: how many requests a token has left, and what became of a request with an Idempotency-Key.
//
// It must never keep an answer, or what somebody wrote.
package program
