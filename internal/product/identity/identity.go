package identity

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Source is how a caller proved who they are.
type Source string

// The sources. The zero value is nobody.
const (
	BySession Source = "session" // a person's browser
	ByToken   Source = "token"   // a program with a person's API token
	ByPush    Source = "push"    // Google Cloud, whose identity token was checked
	ByJob     Source = "job"     // the system itself, for a background job that a request created
)

// Identity is who is asking, and in which workspace, as stored at the time of this request. It is decided once and is
// immutable: nothing of it can be set from outside the package, and it must not be kept for another request. The zero
// value is nobody.
type Identity struct {
	source Source
	self   access.Caller // the only caller there is: what Caller gives follows from it

	// Of a person.
	person  account.Person
	session *account.Session // nil for an API token
	factors account.Factors
	token   *account.Token // nil for a session
	listed  []workspace.Membership
	idle    time.Duration // how long the session may be idle: the shortest limit that applies

	// In a workspace.
	seat     *workspace.Seat
	standing access.Standing
	ahead    access.Ahead
}

// OfSession is a person in their own account, with a valid session, which ends after being idle for so long.
func OfSession(p account.Person, session account.Session, proven bool, idle time.Duration,
	standing access.Standing) Identity {
	id := ofPerson(BySession, p, standing)
	id.session, id.idle, id.self.Proven = &session, idle, proven
	return id
}

// OfToken is a person in their own account, with a valid API token. A token without scopes may do nothing that needs
// one: it is never taken for a session.
func OfToken(p account.Person, t account.Token, standing access.Standing) Identity {
	id := ofPerson(ByToken, p, standing)
	id.token, id.self.Limits = &t, t.Scopes
	if id.self.Limits == nil {
		id.self.Limits = access.Scopes{}
	}
	return id
}

func ofPerson(by Source, p account.Person, standing access.Standing) Identity {
	self := p.Self()
	self.Standing = standing
	return Identity{source: by, person: p, self: self}
}

// OfPush is the service account that delivers messages and ticks. It has no permissions itself: the job that a message
// wakes has an Identity of its own.
func OfPush(serviceAccount string, c Client) Identity {
	return Identity{source: ByPush, self: access.Caller{Name: serviceAccount, Request: c.Request, Trace: c.Trace}}
}

// OfJob is the system working in a scope for a job, as in OfJob(scope, "task:trash", job.ID).
func OfJob(scope model.Scope, name, job string) Identity {
	return Identity{source: ByJob, self: access.SystemCaller(scope, name, job)}
}

// In is the same person in a workspace, with what was read ahead for them there. With another person's seat the result
// is nobody.
func (id Identity) In(at workspace.Seat, standing access.Standing, ahead access.Ahead) Identity {
	if !id.Known() || at.Member.Account != id.self.Account {
		return Identity{}
	}
	id.seat, id.standing, id.ahead = &at, standing, ahead
	if bound := at.Workspace.Session.Idle; bound > 0 {
		id.idle = min(id.idle, bound)
	}
	return id
}

// proved is the same person after they proved who they are.
func (id Identity) proved(p account.Proof) Identity {
	session := *id.session
	session.Proof = p
	id.session, id.self.Proven = &session, true
	return id
}

// Known reports whether it is a person.
func (id Identity) Known() bool { return id.self.Account != "" }

// Source is how they proved who they are.
func (id Identity) Source() Source { return id.source }

// Caller is who the gate is asked for: a member in their workspace, otherwise a person in their own account, or the
// system. A member carries what was read ahead.
func (id Identity) Caller() access.Caller {
	c := id.self
	if id.seat == nil {
		return c
	}
	c.Scope, c.Role, c.Name = model.Workspace(id.seat.ID), id.seat.Member.Role, id.seat.Member.Name
	c.Standing, c.Ahead = id.standing, id.ahead
	return c
}

// Self is the same person in their own account.
func (id Identity) Self() access.Caller { return id.self }

// Person is the account and the client of the request. The zero value is no person.
func (id Identity) Person() account.Person { return id.person }

// Factors are what the account has beside its password.
func (id Identity) Factors() account.Factors { return id.factors }

// Proof is when and how they last proved in this session who they are. The zero value is never, or no session.
func (id Identity) Proof() account.Proof {
	if id.session == nil {
		return account.Proof{}
	}
	return id.session.Proof
}

// Token is the API token of the request, if there is one.
func (id Identity) Token() (account.TokenRecord, bool) {
	if id.token == nil {
		return account.TokenRecord{}, false
	}
	return account.TokenRecord{ID: id.self.Session, Token: *id.token}, true
}

// Memberships are the workspaces of the person, for the switcher. They are not read for API tokens.
func (id Identity) Memberships() []workspace.Membership { return id.listed }

// Seat is the workspace of the request and their membership in it; false outside workspaces.
func (id Identity) Seat() (workspace.Seat, bool) {
	if id.seat == nil {
		return workspace.Seat{}, false
	}
	return *id.seat, true
}

// WorkspaceID is the id of the workspace of the request, or "".
func (id Identity) WorkspaceID() string {
	if id.seat == nil {
		return ""
	}
	return id.seat.ID
}
