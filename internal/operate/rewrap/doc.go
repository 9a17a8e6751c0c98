// Package rewrap manages the keys of all scopes at once: it makes a new version of the key that wraps the keyrings,
// wraps every keyring again under it, and reports progress.
//
// It must never unwrap a keyring for any purpose but wrapping it again, stop because one scope's key is unavailable, or
// destroy a version: the operator does that, when nothing is wrapped by it any more.
package rewrap
