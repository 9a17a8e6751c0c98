// Package model is the vocabulary that every package shares: identifiers, scopes, the clock and the kinds of error.
//
// It is a leaf. It must never import another package of this module, reach a network or a disk, or know what a
// workspace does with its documents.
package model
