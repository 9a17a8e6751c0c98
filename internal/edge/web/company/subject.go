// Package company is the pages about workspaces and who is in them: members, invitations, roles, settings and the key.
package company

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Workspaces are the use cases of workspaces that these pages call.
type Workspaces interface {
	Accept(ctx context.Context, who account.Oneself, secret string) (workspace.Membership, error)
	AcceptNew(ctx context.Context, c account.Client, secret string, n workspace.Newcomer) (account.SignedIn,
		workspace.Membership, error)
	AcceptAgreement(ctx context.Context, c access.Caller, version, sum string) error
	Agreements(ctx context.Context, c access.Caller) ([]workspace.Agreement, error)
	Acknowledge(ctx context.Context, c access.Caller, id string) error
	AskErase(ctx context.Context, c access.Caller, n workspace.NewEnding) (workspace.Ending, error)
	AskKey(ctx context.Context, c access.Caller, name string) error
	Create(ctx context.Context, c access.Caller, n workspace.NewWorkspace) (workspace.Membership, error)
	Get(ctx context.Context, c access.Caller) (records.Record[workspace.Workspace], error)
	GetMember(ctx context.Context, c access.Caller, id string) (records.Record[workspace.Member], error)
	Invite(ctx context.Context, c access.Caller, n workspace.NewInvite) (string, error)
	Key(ctx context.Context, c access.Caller) (workspace.Key, error)
	Leave(ctx context.Context, c access.Caller) error
	ListInvites(ctx context.Context, c access.Caller) ([]workspace.OpenInvite, error)
	ListMembers(ctx context.Context, c access.Caller) ([]records.Record[workspace.Member], error)
	Mine(ctx context.Context, c access.Caller) ([]workspace.Membership, error)
	Notices(ctx context.Context, c access.Caller) ([]workspace.OpenNotice, error)
	Peek(ctx context.Context, c account.Client, secret string) (workspace.Invitation, error)
	Remove(ctx context.Context, c access.Caller, id string) error
	Resend(ctx context.Context, c access.Caller, id string) error
	Revoke(ctx context.Context, c access.Caller, id string) error
	SetRole(ctx context.Context, c access.Caller, id string, role access.Role) error
	SetSettings(ctx context.Context, c access.Caller, ifVersion int64,
		n workspace.Settings) (records.Record[workspace.Workspace], error)
	StopErase(ctx context.Context, c access.Caller) error
	StopKey(ctx context.Context, c access.Caller) error
}

// Erasures say what the erasure of a workspace would remove.
type Erasures interface {
	Preview(ctx context.Context, c access.Caller) (erasure.Preview, error)
}

type pages struct {
	workspaces Workspaces
	erasures   Erasures
	agreement  *policy.Document
}

// Subject is mounted by the site. agreement is what companies accept.
func Subject(workspaces Workspaces, erasures Erasures, agreement *policy.Document) frame.Subject {
	s := &pages{workspaces: workspaces, erasures: erasures, agreement: agreement}
	return frame.Subject{
		Name: "company", Routes: slices.Concat(s.workspaceRoutes(), s.memberRoutes(), s.inviteRoutes(),
			s.eraseRoutes()),
		Menu: []frame.MenuItem{
			{Rank: 40, Section: "members", Path: "/members", Label: "nav.members", Icon: "users", Key: "m",
				Shortcut: "shortcuts.go-members", Action: access.MemberList},
			{Rank: 70, Section: "settings", Path: "/settings", Label: "nav.settings", Icon: "settings",
				Action: access.WorkspaceUpdate},
		},
	}
}
