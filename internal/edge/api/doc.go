// Package api is the JSON API below /api/v1, and its OpenAPI document.
//
// A handler parses the request, calls one use case, and makes the answer. The caller is identified once per request, by
// the bearer token alone. The API must never look at a cookie, return a stored structure as it is, answer differently
// for records of others and records that do not exist, or return anything that the gate has not given to this caller.
package api
