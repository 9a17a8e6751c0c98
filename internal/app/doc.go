// Package app is the composition root: it builds services from configuration and clients, and one handler from the
// services, with an orderly start and end. It is the only package that imports all others.
//
// It must never decide anything that a use case should decide, and it must never name an emulator: what is behind the
// clients is not its concern.
package app
