package access

import "github.com/tinyoperahouse/toh/internal/model"

// Caller is whoever asks: a member in a workspace, a person in their own account, or the product itself. It is made
// from what was read for this request, never kept across requests. The zero value may do nothing.
type Caller struct {
	Scope   model.Scope // where it acts; it can reach nothing outside
	Account string      // account id; "" for the system
	Name    string      // the account's name in this scope, or the system's job ("task:trash")
	Role    Role
	Limits  Scopes // what an API token restricts the caller to; nil for browsers

	// Standing is what the caller's rights depend on in the store. The gate checks it again in every transaction that
	// writes. It is nil for the product itself, whose rights depend on nothing that is stored.
	Standing Standing

	// What the caller carries through the gate, for the gate alone.
	Ahead  Ahead     // documents that were read together with the caller's identity; nil for none
	Beside Companion // what is stored together with the next change that the caller makes; nil for nothing
	Shows  bool      // the answer shows what the caller changes or lists in full, and the entries say so

	Proven  bool   // they proved a moment ago who they are
	Session string // session or token id, for the audit
	Request string // request id
	Trace   string // trace id, "" if none
}

// Standing is for the gate alone: see records.Standing.
type Standing interface{ Standing() }

// Ahead is for the gate alone: see records.Ahead.
type Ahead interface{ Ahead() }

// Companion is for the gate alone: see records.Companion.
type Companion interface{ Companion() }

// SystemCaller is the product itself acting in a scope. The job names what it does, as in "task:trash" or "sign-in".
func SystemCaller(scope model.Scope, job, request string) Caller {
	return Caller{Scope: scope, Name: job, Role: System, Request: request}
}

// In is the same system caller in another scope. It is for the system only: everybody else is bound to one scope.
func (c Caller) In(scope model.Scope) Caller {
	if c.Role != System {
		return Caller{}
	}
	c.Scope = scope
	return c
}

// Can reports whether the caller's role allows the action, and, for an API token, whether its scopes do.
func Can(c Caller, a Action) bool {
	rule, known := matrix[a]
	if !known || !c.Scope.Valid() || c.Scope.Kind != rule.in {
		return false
	}
	if c.Limits != nil && !c.Limits.Allow(a) {
		return false
	}
	for _, r := range rule.roles {
		if r == c.Role {
			return true
		}
	}
	return false
}
