// Package app is the composition root: from configuration and clients to services to one handler, with an ordered start
// and end. It is the only package that sees all others.
//
// It must never decide anything that a use case should decide, and it must never name an emulator: what stands behind
// the clients is not its concern.
package app
