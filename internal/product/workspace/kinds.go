package workspace

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// main is the id of documents of which each scope has exactly one.
const main = "main"

// State is whether a workspace can be used.
type State string

// The states of a workspace.
const (
	Active  State = "active"
	Closing State = "closing" // its erasure has begun: nobody can enter it any more
)

// Workspace is one company.
type Workspace struct {
	Name      string            `json:"name"`
	Slug      string            `json:"slug"`
	Slugs     []string          `json:"slugs,omitempty"` // earlier ones, which still lead here
	TimeZone  string            `json:"time_zone"`
	Session   account.Lifetimes `json:"session"` // shortens sessions in this workspace
	CreatedBy string            `json:"created_by"`
	State     State             `json:"state"`
	Ending    *Ending           `json:"ending,omitempty"` // nil if nobody asked for its erasure
}

// Ending is a requested erasure of the whole workspace.
type Ending struct {
	ID     string    `json:"id"` // of the request, by which its receipt is found
	By     string    `json:"by"` // account
	ByName string    `json:"by_name"`
	Asked  time.Time `json:"asked"`
	Due    time.Time `json:"due"` // until then everybody in the management can stop it
}

// Member is one person in a workspace. Its id is the account's.
type Member struct {
	Account string      `json:"account"`
	Name    string      `json:"name"`
	Email   string      `json:"email,omitempty"` // shown to management and to the member
	Role    access.Role `json:"role"`
	Joined  time.Time   `json:"joined"`
}

// Membership is an entry in the list of a person's workspaces. Name and slug may be out of date; old slugs still lead
// to the workspace.
type Membership struct {
	Workspace string      `json:"workspace"`
	Name      string      `json:"name"`
	Slug      string      `json:"slug"`
	Role      access.Role `json:"role"`
	Joined    time.Time   `json:"joined"`
	PastSteps bool        `json:"-"` // whether the first steps are done or were dismissed: see memberships
}

// memberships are all memberships of a person, in one document, so that it can be read in one batch with the documents
// that identify the caller.
type memberships struct {
	List []Membership `json:"list"`
	// workspaces in which the person has done or dismissed the first steps
	PastSteps []string `json:"past_steps,omitempty"`
	// hashes of the forms with which the person created workspaces, by the workspace's id
	Made map[string]string `json:"made,omitempty"`
}

// all returns the memberships with PastSteps set. It returns copies, because several requests may share the body.
func (b *memberships) all() []Membership {
	list := slices.Clone(b.List)
	for i := range list {
		list[i].PastSteps = slices.Contains(b.PastSteps, list[i].Workspace)
	}
	return list
}

// Invite is an invitation that has not been accepted. Its id is the keyed hash of the address, so that an address has
// at most one.
type Invite struct {
	Email  string      `json:"email"`
	Role   access.Role `json:"role"`
	By     string      `json:"by"` // account
	ByName string      `json:"by_name"`
	Sent   time.Time   `json:"sent"`
	Ends   time.Time   `json:"ends"`
	Ticket string      `json:"ticket"` // id of the ticket of the valid link
	// Returned is when the mail vendor reported that the last mail could not be delivered.
	Returned time.Time `json:"returned,omitzero"`
}

// KeyChange is a requested change of a workspace's key that has not been made yet. There is at most one.
type KeyChange struct {
	ID     string    `json:"id"`
	Key    string    `json:"key"` // "" for the installation's
	By     string    `json:"by"`  // account
	ByName string    `json:"by_name"`
	Asked  time.Time `json:"asked"`
	Due    time.Time `json:"due"`
	Begun  time.Time `json:"begun,omitzero"` // when the product last began to make the change
}

// slug leads from a short name to a workspace. It is never deleted.
type slug struct {
	Workspace string `json:"workspace"`
}

// untilWorkspace is how long everything is kept that a workspace consists of.
const untilWorkspace = "Until the workspace is erased."

// The kinds of documents. workspaces, members and the list of a person's workspaces identify the caller.
var (
	workspaces = records.Declare(records.Spec[Workspace]{
		Name: "workspace", In: model.WorkspaceScope, Identity: true,
		About: model.About{
			Heading: model.OfCompany, Name: "Workspace",
			Purpose: "The name of the company, its address here, its time zone and its settings.",
			Until:   untilWorkspace,
		},
		Label: func(w *Workspace) string { return w.Name },
		Under: records.Under{
			records.Read: {access.WorkspaceRead},
			records.Serve: {
				access.WorkspaceRead, access.WorkspaceErase, access.WorkspaceSpare, access.WorkspaceClose,
			},
			records.Create: {access.WorkspaceCreate},
			records.Change: {
				access.WorkspaceUpdate, access.WorkspaceErase, access.WorkspaceSpare, access.WorkspaceClose,
			},
		},
	})
	members = records.Declare(records.Spec[Member]{
		Name: "members", In: model.WorkspaceScope, Identity: true,
		About: model.About{
			Heading: model.OfCompany, Name: "Members",
			Purpose: "Who belongs to the company and in which role: this decides what somebody may see and do.",
			Until:   "Until somebody leaves or is removed.",
		},
		Only: records.Only[Member]{
			access.MemberUpdate: notAbove,
			access.MemberRemove: notAbove,
			access.MemberLeave:  oneself,
		},
		Under: records.Under{
			records.Read:   {access.MemberRead},
			records.List:   {access.MemberList},
			records.Serve:  {access.MemberList, access.InviteAccept, access.MemberRename},
			records.Create: {access.WorkspaceCreate, access.InviteAccept},
			records.Change: {access.MemberUpdate, access.MemberRename, access.InviteAccept},
			records.Remove: {access.MemberRemove, access.MemberLeave},
		},
		Label:   func(m *Member) string { return m.Name },
		Fields:  []records.Field{{Name: "joined", Type: records.Time}, {Name: "role", Type: records.String}},
		Queries: []records.Query{{Name: "all", Equal: []string{"role"}, Order: []records.Order{{Field: "joined"}}}},
		Index:   func(m *Member) records.Fields { return records.Fields{"joined": m.Joined, "role": string(m.Role)} },
		Redact: func(c access.Caller, m *Member) {
			if c.Role != access.Management && c.Role != access.System && c.Account != m.Account {
				m.Email = ""
			}
		},
	})
	invites = records.Declare(records.Spec[Invite]{
		Name: "invites", In: model.WorkspaceScope,
		About: model.About{
			Heading: model.OfCompany, Name: "Invitations",
			Purpose: "Who was invited, by whom and in which role, until the person has decided.",
			Until:   "Until it is accepted or withdrawn, or " + model.Span(account.InviteLife) + " after it was sent.",
		},
		Under: records.Under{
			records.Read: {access.MemberInvite},
			records.List: {access.InviteList},
			records.Serve: {
				access.MemberInvite, access.InviteAccept, access.InviteReturn, access.WorkspaceClose,
			},
			records.Create: {access.MemberInvite},
			records.Change: {access.MemberInvite, access.InviteReturn},
			records.Remove: {access.InviteRevoke, access.InviteAccept},
		},
		Label:   func(i *Invite) string { return i.Email },
		Fields:  []records.Field{{Name: "sent", Type: records.Time}, {Name: "ends", Type: records.Time}},
		Queries: []records.Query{{Name: "newest", Order: []records.Order{{Field: "sent", Desc: true}}}},
		Index:   func(i *Invite) records.Fields { return records.Fields{"sent": i.Sent, "ends": i.Ends} },
		TTL:     "ends",
	})
	keyChanges = records.Declare(records.Spec[KeyChange]{
		Name: "keychanges", In: model.WorkspaceScope, Quiet: true,
		About: model.About{
			Heading: model.OfCompany, Name: "Changes of the key",
			Purpose: "That management asked for another key of the workspace, until the change is made.",
			Until:   "Until the change was made or called off.",
		},
		Under: records.Under{
			records.Read:   {access.KeyRead},
			records.Serve:  {access.KeyUpdate, access.KeyStop},
			records.Create: {access.KeyUpdate},
			records.Change: {access.KeyUpdate},
			records.Remove: {access.KeyUpdate, access.KeyStop},
		},
	})
	rosters = records.Declare(records.Spec[roster]{
		Name: "roster", In: model.WorkspaceScope, Quiet: true,
		About: model.About{
			Heading: model.OfCompany, Name: "Roster",
			Purpose: "Who is in which role, so that there is always somebody who manages the company, and hashes " +
				"of former names, so that nobody can pass for a former member.",
			Until: untilWorkspace,
		},
		Under: records.Under{
			records.Read: {access.InviteList},
			records.Serve: {
				access.WorkspaceRead, access.MemberRead, access.MemberInvite, access.InviteAccept, access.MemberRename,
				access.WorkspaceClose,
			},
			records.Create: {access.WorkspaceCreate},
			records.Change: {
				access.InviteAccept, access.MemberUpdate, access.MemberRename, access.MemberRemove, access.MemberLeave,
			},
		},
	})
	mine = records.Declare(records.Spec[memberships]{
		Name: "memberships", In: model.AccountScope, Identity: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Your companies",
			Purpose: "Which companies you belong to, so that you find them after signing in.",
			Until:   "Each until you leave the company.",
		},
		Under: records.Under{
			records.Read:   {access.MembershipList},
			records.Serve:  {access.MembershipList},
			records.Create: {access.MembershipWrite},
			records.Change: {access.MembershipWrite},
		},
	})
	slugs = records.Declare(records.Spec[slug]{
		Name: "slugs", In: model.PlatformScope, Quiet: true,
		About: model.About{
			Heading: model.OfCompany, Name: "Addresses of workspaces",
			Purpose: "Lead from a short name to its workspace. A name that was used once leads nowhere else, so " +
				"that old links stay right.",
			Until: "For good.",
		},
		Under: records.Under{
			records.Read:   {access.SlugLookup},
			records.Serve:  {access.SlugLookup},
			records.Create: {access.SlugReserve},
		},
	})
)

// Kinds are all kinds of this package.
func Kinds() []records.Declared {
	return []records.Declared{workspaces, members, invites, keyChanges, rosters, mine, slugs, agreements,
		notices}
}
