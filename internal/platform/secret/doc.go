// Package secret reads the product's secrets from Secret Manager: they are refreshed without a restart, and while
// Secret Manager is unavailable the last good copy in memory is used.
//
// It must never write a value anywhere, put one into an error, or wait for a refresh when there is a copy. A version
// that was disabled is no longer accepted after the next refresh.
package secret
