// Package rewrap looks after the keys of all scopes at once: a new version of the key that wraps the keyrings, wrapping
// every keyring again under it, and how far that is.
//
// It must never unwrap a keyring into anything but its next wrap, stop because one scope's key is away, or destroy a
// version: that is for the operator, when nothing is wrapped by it any more.
package rewrap
