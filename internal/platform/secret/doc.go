// Package secret gives the product its secrets out of Secret Manager: refreshed without a restart, and from a last-good
// copy in memory while Secret Manager is away.
//
// It must never write a value anywhere, put one into an error, or wait for a refresh when a copy is there. A disabled
// version is gone with the next refresh.
package secret
