package identity_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

var (
	clara = account.Person{ID: "clara", Name: "Clara", Session: "s1",
		Client: account.Client{Request: "r1", Trace: "t1"}}
	seated = workspace.Seat{ID: "lyric", Workspace: workspace.Workspace{Session: account.Lifetimes{Idle: time.Minute}},
		Member: workspace.Member{Account: "clara", Name: "Clara L.", Role: access.Organizer}}
)

func everySource() map[identity.Source]identity.Identity {
	session := identity.OfSession(clara, account.Session{}, true, time.Hour, nil)
	token := identity.OfToken(clara, account.Token{Scopes: access.Scopes{access.ReadReports}}, nil)
	return map[identity.Source]identity.Identity{
		"":                                {},
		identity.BySession:                session,
		identity.BySession + " in a seat": session.In(seated, nil, nil),
		identity.ByToken:                  token,
		identity.ByToken + " in a seat":   token.In(seated, nil, nil),
		identity.ByPush:                   identity.OfPush("push@example.org", clara.Client),
		identity.ByJob:                    identity.OfJob(model.Workspace("lyric"), "task:trash", "job"),
	}
}

// One Identity has one caller: whom it is in a workspace differs from whom it is in the account by what the workspace
// says, and by nothing of who they are, by what they ask and what they proved.
func TestOneIdentityHasOneCaller(t *testing.T) {
	t.Parallel()
	for name, id := range everySource() {
		self, here := id.Self(), id.Caller()
		if _, inside := id.Seat(); inside {
			if here.Scope != model.Workspace(id.WorkspaceID()) || here.Role != access.Organizer ||
				here.Name != "Clara L." || self.Scope != model.Account("clara") || self.Role != access.Self {
				t.Errorf("%s: %+v in the workspace, %+v in the account", name, here, self)
			}
			here.Scope, here.Role, here.Name = self.Scope, self.Role, self.Name
		}
		if !reflect.DeepEqual(self, here) {
			t.Errorf("%s: %+v and %+v are two callers", name, self, here)
		}
		if p := id.Person(); id.Known() != (p.ID != "") || p.ID != self.Account ||
			id.Known() && p.Session != self.Session {
			t.Errorf("%s: the person is %+v, the caller %+v", name, p, self)
		}
		if id.Known() && (self.Request != "r1" || self.Trace != "t1") {
			t.Errorf("%s: %+v is not of this request", name, self)
		}
	}
}

// Nothing of an Identity can be set from outside.
func TestAnIdentityIsClosed(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[identity.Identity]()
	for i := range of.NumField() {
		if of.Field(i).IsExported() {
			t.Errorf("%s can be set by everybody", of.Field(i).Name)
		}
	}
	for i := range reflect.TypeFor[*identity.Identity]().NumMethod() {
		name := reflect.TypeFor[*identity.Identity]().Method(i).Name
		if _, byValue := of.MethodByName(name); !byValue {
			t.Errorf("%s may change an Identity", name)
		}
	}
}

func TestNobodySitsInAnothersSeat(t *testing.T) {
	t.Parallel()
	theirs := seated
	theirs.Member.Account = "bob"
	for name, id := range everySource() {
		if got := id.In(theirs, nil, nil); got.Known() || got.Caller().Role != "" || got.Source() != "" {
			t.Errorf("%s: in the seat of bob: %+v", name, got.Caller())
		}
	}
	if got := everySource()[identity.ByJob].In(seated, nil, nil); got.Caller().Role != "" {
		t.Errorf("a job as a member: %+v", got.Caller())
	}
}

func TestSourcesNarrow(t *testing.T) {
	t.Parallel()
	for name, id := range everySource() {
		c := id.Self()
		_, byToken := id.Token()
		if byToken != (c.Limits != nil) || byToken != (id.Source() == identity.ByToken) {
			t.Errorf("%s: limits %v", name, c.Limits)
		}
		if c.Proven && id.Source() != identity.BySession {
			t.Errorf("%s: proven", name)
		}
		if (c.Role == access.System) != (id.Source() == identity.ByJob) {
			t.Errorf("%s: role %q", name, c.Role)
		}
	}
	if id := identity.OfToken(clara, account.Token{}, nil); id.Self().Limits == nil {
		t.Error("a token without scopes has no limits")
	}
	push := everySource()[identity.ByPush]
	for _, row := range access.Table() {
		if access.Can(push.Caller(), row.Action) {
			t.Errorf("a push may %s", row.Action)
		}
	}
}
