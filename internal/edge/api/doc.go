// Package api is the JSON API below /api/v1, and its OpenAPI document.
//
// A handler parses, calls one use case, and shapes the answer; who asks is found out once per request, from the bearer
// token alone. It must never look at a cookie, hand out a stored structure as it is, tell a foreign record from one
// that does not exist, or let a byte of a record leave that the gate has not given to this caller.
package api
