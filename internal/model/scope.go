package model

import (
	"crypto/rand"
	"strings"
)

// ScopeKind is the kind of owner that a document belongs to.
type ScopeKind string

// The three owners of documents. Everything that is stored belongs to exactly one scope, and the scope is part of its
// key.
const (
	WorkspaceScope ScopeKind = "workspaces"
	AccountScope   ScopeKind = "accounts"
	PlatformScope  ScopeKind = "platform"
)

// Scope is one owner of documents: a workspace, an account, or the platform itself. The zero value is no scope.
type Scope struct {
	Kind ScopeKind
	ID   string
}

// Workspace is the scope of a workspace.
func Workspace(id string) Scope { return Scope{WorkspaceScope, id} }

// Account is the scope of one person's account.
func Account(id string) Scope { return Scope{AccountScope, id} }

// Platform is the scope of what belongs to no workspace and no account.
func Platform() Scope { return Scope{PlatformScope, "main"} }

// String is the scope's document path, as in "workspaces/abc".
func (s Scope) String() string { return string(s.Kind) + "/" + s.ID }

// Valid reports whether the scope can own documents.
func (s Scope) Valid() bool {
	switch s.Kind {
	case WorkspaceScope, AccountScope:
		return ValidID(s.ID)
	case PlatformScope:
		return s.ID == "main"
	}
	return false
}

// NewID makes an unguessable identifier of 130 random bits: 26 lower-case letters and digits.
func NewID() string { return strings.ToLower(rand.Text()) }

// ValidID reports whether s can be an identifier. Anything else cannot exist, and is never passed to a store.
//
// An identifier has 2 to 64 lower-case letters, digits and hyphens and does not begin with a hyphen. Ours have 26
// characters; keyed hashes are longer.
func ValidID(s string) bool {
	if len(s) < 2 || len(s) > 64 || s[0] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
