// Package e2e holds the tests that look at the whole service from outside, as its users do: with a browser, and with
// every route, role and method. It must never bypass the service's address, except to start the service and to read
// what was audited.
package e2e
