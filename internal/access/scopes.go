package access

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
)

// TokenScope is one thing that an API token may be used for.
type TokenScope string

// The scopes that a member can give a token (T10: the minimum for the task).
const (
	ReadReports  TokenScope = "reports:read"
	WriteReports TokenScope = "reports:write"
	ReadAudit    TokenScope = "audit:read"
)

// Scopes are the scopes of one token. A list that is empty but not nil allows only what every token may do: ask who it
// is.
type Scopes []TokenScope

// TokenScopes are all scopes with the words that people read, in the order of the form.
var TokenScopes = []struct {
	Scope TokenScope
	Says  string
}{
	{ReadReports, "Read productions, performances and reports"},
	{WriteReports, "Create, change, file and review productions and reports"},
	{ReadAudit, "Read the audit trail"},
}

// ParseScopes reads scope names. An unknown name is an error that says so.
func ParseScopes(names []string) (Scopes, error) {
	scopes := Scopes{}
	for _, name := range names {
		s := TokenScope(name)
		if !known(s) {
			return nil, model.Invalid("There is no token scope %q.", name)
		}
		if !slices.Contains(scopes, s) {
			scopes = append(scopes, s)
		}
	}
	return scopes, nil
}

func known(s TokenScope) bool {
	for _, t := range TokenScopes {
		if t.Scope == s {
			return true
		}
	}
	return false
}

// Allow reports whether one of the scopes covers the action.
func (s Scopes) Allow(a Action) bool {
	need := matrix[a].token
	return need == anyToken || (known(need) && slices.Contains(s, need))
}

// AsksProof reports whether a person must have given the password a moment ago before they do this.
func AsksProof(a Action) bool { return matrix[a].token == proven }

// Proof refuses a person who has not proved who they are. A caller without a standing is the product itself, which has
// nothing to prove.
func Proof(c Caller, a Action) error {
	if !AsksProof(a) || c.Proven || c.Standing == nil {
		return nil
	}
	return &model.Error{Kind: model.ErrUnproven, Public: "Enter your password again before you do this."}
}
