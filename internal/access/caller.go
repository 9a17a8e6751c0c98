package access

import "github.com/tinyoperahouse/toh/internal/model"

// Caller is whoever asks: a member in a workspace, a person in their own account, or the product itself. It is made
// from what was read for this request, never kept across requests. The zero value may do nothing.
type Caller struct {
	Scope   model.Scope // where it acts; it can touch nothing outside
	Account string      // account id; "" for the system
	Name    string      // what the account is called in this scope, or the system's job ("task:trash")
	Role    Role
	Limits  Scopes // what an API token narrows the caller to; nil for browsers

	// Standing is what its rights rest on in the store. The gate looks at it again within every transaction that
	// writes. nil rests on nothing that is stored: the product itself.
	Standing Standing

	// What else goes with it through the gate, for the gate alone.
	Ahead  Ahead     // documents that were read together with what says who it is; nil for none
	Beside Companion // what is stored together with the next change that it makes; nil for nothing
	Shows  bool      // what it changes, and what it lists, is shown whole in the answer, and the entries say so

	Proven  bool   // has proved a moment ago that it is them
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
