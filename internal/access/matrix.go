package access

import "github.com/tinyoperahouse/toh/internal/model"

// Action is one thing that can be done. The audit trail uses the same names.
type Action string

// Actions in a workspace.
const (
	WorkspaceRead   Action = "workspace.read"
	WorkspaceCreate Action = "workspace.create"
	WorkspaceUpdate Action = "workspace.update"
	MatrixRead      Action = "matrix.read"
	KeyRead         Action = "key.read"
	KeyUpdate       Action = "key.update"
	KeyStop         Action = "key.stop"
	WorkspaceErase  Action = "workspace.erase"
	WorkspaceSpare  Action = "workspace.erase-stop"
	WorkspaceClose  Action = "workspace.close"
	AgreementRead   Action = "agreement.read"
	AgreementAccept Action = "agreement.accept"

	ManagementTell    Action = "management.tell" // something by mail, once
	NoticeList        Action = "news.list"
	NoticeAcknowledge Action = "news.acknowledge"

	MemberList   Action = "member.list"
	MemberRead   Action = "member.read"
	MemberInvite Action = "member.invite"
	InviteList   Action = "invite.list"
	InviteRevoke Action = "invite.revoke"
	InviteAccept Action = "invite.accept"
	InviteReturn Action = "invite.return"
	MemberUpdate Action = "member.update"
	MemberRemove Action = "member.remove"
	MemberLeave  Action = "member.leave"
	MemberRename Action = "member.rename"

	ProductionCreate  Action = "production.create"
	ProductionRead    Action = "production.read"
	ProductionList    Action = "production.list"
	ProductionUpdate  Action = "production.update"
	ProductionTrash   Action = "production.trash"
	PerformanceCreate Action = "performance.create"
	PerformanceRead   Action = "performance.read"
	PerformanceList   Action = "performance.list"
	PerformanceUpdate Action = "performance.update"
	PerformanceTrash  Action = "performance.trash"

	ReportCreate  Action = "report.create"
	ReportRead    Action = "report.read"
	ReportList    Action = "report.list"
	ReportSearch  Action = "report.search"
	ReportUpdate  Action = "report.update"
	ReportFile    Action = "report.file"
	ReportAccept  Action = "report.accept"
	ReportQuery   Action = "report.query"
	ReportAmend   Action = "report.amend"
	ReportTrash   Action = "report.trash"
	ReportRestore Action = "report.restore"
	ReportSeen    Action = "report.seen"
	FileAdd       Action = "file.add"
	FileRead      Action = "file.read"
	FileList      Action = "file.list"
	FileRemove    Action = "file.remove"
	FileKeep      Action = "file.keep"
	TrashList     Action = "trash.list"
	TrashEmpty    Action = "trash.empty"

	AuditRead   Action = "audit.read"
	AuditExport Action = "audit.export"
	AuditCheck  Action = "audit.check"

	SessionEnter Action = "session.enter" // a member's sign-in, as recorded in the workspace
	// WorkspaceEnter is an attempt to reach the workspace by somebody who is not a member.
	WorkspaceEnter Action = "workspace.enter"
)

// Actions in a person's own account, and of the platform.
const (
	AccountCreate   Action = "account.create"
	AccountRead     Action = "account.read"
	AccountUpdate   Action = "account.update"
	EmailConfirm    Action = "email.confirm"
	EmailChange     Action = "email.change"
	PasswordCheck   Action = "password.check"
	PasswordChange  Action = "password.change"
	PasswordReset   Action = "password.reset"
	SignIn          Action = "session.sign-in"
	SignOut         Action = "session.sign-out"
	SessionList     Action = "session.list"
	SessionUse      Action = "session.use"
	TokenCreate     Action = "token.create"
	TokenList       Action = "token.list"
	TokenRevoke     Action = "token.revoke"
	TokenUse        Action = "token.use"
	FactorList      Action = "factor.list"
	FactorLink      Action = "factor.link"
	FactorOpen      Action = "factor.open"
	FactorOffer     Action = "factor.offer"
	FactorAdd       Action = "factor.add"
	FactorRemove    Action = "factor.remove"
	FactorCheck     Action = "factor.check"
	MembershipList  Action = "membership.list"
	MembershipWrite Action = "membership.write"

	EmailReserve Action = "email.reserve" // the platform's table of addresses in use, by keyed hash
	EmailLookup  Action = "email.lookup"
	TicketIssue  Action = "ticket.issue" // single-use links: confirm, reset, change, invite
	TicketUse    Action = "ticket.use"
	JobWrite     Action = "job.write"
	JobRead      Action = "job.read"
	MailKeep     Action = "mail.keep" // the caught mail of a one-machine installation
	MailRead     Action = "mail.read"
	LimitCount   Action = "limit.count"  // counters of failed attempts
	StepKeep     Action = "step.keep"    // what a sign-in waits for
	SlugReserve  Action = "slug.reserve" // the platform's table of workspaces' short names
	SlugLookup   Action = "slug.lookup"

	WorkspaceLocked Action = "workspace.locked" // an attempt to reach a workspace whose key is not available
	KeysRotate      Action = "keys.rotate"
	KeysRewrap      Action = "keys.rewrap"
	DeadLetterList  Action = "dead-letters.list"
	DeadLetterSend  Action = "dead-letters.replay"
	DrillRun        Action = "drill.run"
	Whois           Action = "operator.whois"
	TrailsCheck     Action = "operator.check-trails"
	HistoryContinue Action = "operator.continue-history"
	AttestKeep      Action = "attestation.keep"
	AttestRead      Action = "attestation.read"
	PromiseKeep     Action = "promise.keep"
	PromiseRead     Action = "promise.read"
	ChangeKeep      Action = "change.keep" // of the agreement and of the subprocessors, which everybody is told
	ChangeRead      Action = "change.read"
	// ScopeErase is the end of a scope: its keys are destroyed, and its documents removed.
	ScopeErase  Action = "scope.erase"
	ErasureKeep Action = "erasure.keep"
	ErasureRead Action = "erasure.read"
)

const (
	// anyToken marks actions that every API token may do.
	anyToken TokenScope = "any"
	// proven marks actions that no token may do, and that a signed-in person may do only if they proved who they are
	// within the last minutes, in no weaker way than their account signs in: actions whose effect outlasts the
	// session, that take away somebody's access, or that decide about keys. A stolen cookie alone must not be enough
	// for any of them.
	proven TokenScope = "proven"
)

// rule is one row of the matrix: in which kind of scope, for which roles, and with which token scope ("" is never with
// a token).
type rule struct {
	in    model.ScopeKind
	roles []Role
	token TokenScope
	says  string // what it allows, for tables of permissions
	did   string // what was done, for the trail; it follows the actor's name, and "%s" stands for the record
}

var (
	all        = []Role{Management, Organizer, Reporter, Viewer, System}
	reporters  = []Role{Management, Organizer, Reporter}
	organizers = []Role{Management, Organizer}
	management = []Role{Management}
	keepers    = []Role{Management, System} // management requests it, and the product carries it out later
	system     = []Role{System}
	self       = []Role{Self, System}
)

// matrix is the complete table of who may do what. Audiences narrow it further, per document and per section.
var matrix = map[Action]rule{
	WorkspaceRead: {model.WorkspaceScope, all, anyToken,
		"See the workspace's name and settings", "looked at the workspace"},
	WorkspaceCreate: {model.WorkspaceScope, system, "",
		"Create a workspace", "created the workspace %s"},
	WorkspaceUpdate: {model.WorkspaceScope, management, proven,
		"Change the workspace's name and settings", "changed the settings of the workspace"},
	MatrixRead: {model.WorkspaceScope, all, "",
		"See this table", "looked at the table of roles"},
	KeyRead: {model.WorkspaceScope, management, "",
		"See which key protects the workspace", "looked at which key protects the workspace"},
	KeyStop: {model.WorkspaceScope, management, "",
		"Stop a change of the workspace's key before it is made",
		"stopped a change of the key that protects the workspace"},
	KeyUpdate: {model.WorkspaceScope, keepers, proven,
		"Protect the workspace with your own key, or with the installation's key again",
		"changed the key that protects the workspace"},
	WorkspaceErase: {model.WorkspaceScope, management, proven,
		"Erase the workspace and everything in it, after a pause", "asked that the workspace be erased"},
	WorkspaceSpare: {model.WorkspaceScope, keepers, "",
		"Stop an erasure of the workspace before it begins", "stopped the erasure of the workspace"},
	WorkspaceClose: {model.WorkspaceScope, system, "",
		"Close the workspace when its erasure begins", "closed the workspace, because its erasure began"},
	AgreementRead: {model.WorkspaceScope, management, "",
		"See which version of the data processing agreement was accepted",
		"looked at which agreements were accepted"},
	AgreementAccept: {model.WorkspaceScope, management, proven,
		"Accept the data processing agreement for the company",
		"accepted the data processing agreement, %s"},

	ManagementTell: {model.WorkspaceScope, system, "",
		"Tell the management something by mail", "told the management by mail: %s"},
	NoticeList: {model.WorkspaceScope, management, "",
		"See what the management was told", "looked at what the management was told"},
	NoticeAcknowledge: {model.WorkspaceScope, management, "",
		"Acknowledge what the management was told", "acknowledged: %s"},

	MemberList: {model.WorkspaceScope, all, "",
		"See who is a member, and their role", "looked at the list of members"},
	MemberRead: {model.WorkspaceScope, all, anyToken,
		"See one member", "looked at the member %s"},
	MemberInvite: {model.WorkspaceScope, management, proven,
		"Invite people", "invited somebody"},
	InviteList: {model.WorkspaceScope, management, "",
		"See open invitations", "looked at the open invitations"},
	InviteRevoke: {model.WorkspaceScope, management, "",
		"Withdraw an invitation", "withdrew an invitation"},
	InviteAccept: {model.WorkspaceScope, system, "",
		"Become a member through an invitation", "became a member"},
	InviteReturn: {model.WorkspaceScope, system, "",
		"Record that the mail of an invitation could not be delivered",
		"recorded that the mail of an invitation could not be delivered"},
	MemberUpdate: {model.WorkspaceScope, management, proven,
		"Change a member's role", "changed the membership of %s"},
	MemberRemove: {model.WorkspaceScope, management, proven,
		"Remove a member", "removed the member %s"},
	MemberLeave: {model.WorkspaceScope, all, proven,
		"Leave the workspace", "left the workspace"},
	MemberRename: {model.WorkspaceScope, system, "",
		"Update a member's name or address", "updated the name of %s"},

	ProductionCreate: {model.WorkspaceScope, organizers, WriteReports,
		"Add productions", "added the production %s"},
	ProductionRead: {model.WorkspaceScope, all, ReadReports,
		"See a production", "opened the production %s"},
	ProductionList: {model.WorkspaceScope, all, ReadReports,
		"List productions", "looked at the list of productions"},
	ProductionUpdate: {model.WorkspaceScope, organizers, WriteReports,
		"Change productions", "changed the production %s"},
	ProductionTrash: {model.WorkspaceScope, organizers, WriteReports,
		"Put productions in the trash, and take them out", "moved the production %s to or from the trash"},

	PerformanceCreate: {model.WorkspaceScope, organizers, WriteReports,
		"Schedule performances", "scheduled the performance %s"},
	PerformanceRead: {model.WorkspaceScope, all, ReadReports,
		"See a performance", "opened the performance %s"},
	PerformanceList: {model.WorkspaceScope, all, ReadReports,
		"List performances", "looked at the list of performances"},
	PerformanceUpdate: {model.WorkspaceScope, organizers, WriteReports,
		"Change performances", "changed the performance %s"},
	PerformanceTrash: {model.WorkspaceScope, organizers, WriteReports,
		"Put performances in the trash, and take them out", "moved the performance %s to or from the trash"},

	ReportCreate: {model.WorkspaceScope, reporters, WriteReports,
		"Start a report", "started %s"},
	ReportRead: {model.WorkspaceScope, all, ReadReports,
		"Read the reports that are meant for you", "read %s"},
	ReportList: {model.WorkspaceScope, all, ReadReports,
		"List the reports that are meant for you", "looked at a list of reports"},
	ReportSearch: {model.WorkspaceScope, all, ReadReports,
		"Search the reports that are meant for you", "searched the reports"},
	ReportUpdate: {model.WorkspaceScope, reporters, WriteReports,
		"Change your own draft", "changed the draft of %s"},
	ReportFile: {model.WorkspaceScope, reporters, WriteReports,
		"File your own draft", "filed %s"},
	ReportAccept: {model.WorkspaceScope, organizers, WriteReports,
		"Accept a filed report", "accepted %s"},
	ReportQuery: {model.WorkspaceScope, organizers, WriteReports,
		"Send a filed report back to its author with a question", "queried %s"},
	ReportAmend: {model.WorkspaceScope, reporters, WriteReports,
		"Amend a filed report, with a reason: its author, organizers and management only", "amended %s"},
	ReportTrash: {model.WorkspaceScope, reporters, WriteReports,
		"Put a report in the trash: your own draft; a filed one, only organizers and management who may read all of it",
		"moved %s to the trash"},
	ReportRestore: {model.WorkspaceScope, reporters, WriteReports,
		"Take a report out of the trash, if you may put it there", "took %s out of the trash"},
	ReportSeen: {model.WorkspaceScope, all, "",
		"See who has read a report", "looked at who has read %s"},
	FileAdd: {model.WorkspaceScope, reporters, WriteReports,
		"Add files to a report or production that you may change", "added the file %s"},
	FileRead: {model.WorkspaceScope, all, ReadReports,
		"Open the files that are meant for you", "opened the file %s"},
	FileList: {model.WorkspaceScope, all, ReadReports,
		"See which files a report or production has", "looked at a list of files"},
	FileRemove: {model.WorkspaceScope, reporters, WriteReports,
		"Remove files from a report or production that you may change", "removed the file %s for good"},
	FileKeep: {model.WorkspaceScope, system, "",
		"Clean photos, and remove uploads that were left", "cleaned or removed the file %s"},
	TrashList: {model.WorkspaceScope, reporters, "",
		"See what is in the trash, as far as your role allows", "looked at the trash"},
	TrashEmpty: {model.WorkspaceScope, system, "",
		"Empty the trash after 30 days", "removed %s from the trash for good"},

	AuditRead: {model.WorkspaceScope, management, ReadAudit,
		"Read the audit trail", "read the audit trail"},
	AuditExport: {model.WorkspaceScope, management, ReadAudit,
		"Export the audit trail", "exported the audit trail"},
	AuditCheck: {model.WorkspaceScope, management, ReadAudit,
		"Check the audit trail for changes and gaps", "checked the audit trail for changes and gaps"},

	SessionEnter: {model.WorkspaceScope, system, "",
		"Record a member's sign-in", "signed in"},
	WorkspaceEnter: {model.WorkspaceScope, system, "",
		"Record a refused visit", "entered the workspace"},

	AccountCreate: {model.AccountScope, system, "",
		"Create an account", "created the account"},
	AccountRead: {model.AccountScope, self, anyToken,
		"See your account", "looked at the account"},
	AccountUpdate: {model.AccountScope, self, "",
		"Change your account", "changed the account"},
	EmailConfirm: {model.AccountScope, system, "",
		"Confirm an address", "confirmed the address"},
	EmailChange: {model.AccountScope, self, proven,
		"Change your address", "changed the address"},
	PasswordCheck: {model.AccountScope, self, "",
		"Check a password", "entered a password"},
	PasswordChange: {model.AccountScope, self, proven,
		"Change your password", "changed the password"},
	PasswordReset: {model.AccountScope, system, "",
		"Set a new password through a link", "set a new password through a link"},
	SignIn: {model.AccountScope, system, "",
		"Sign in", "signed in"},
	SignOut: {model.AccountScope, self, "",
		"Sign out, here or everywhere", "signed out"},
	SessionList: {model.AccountScope, self, "",
		"See your sessions", "looked at the list of sessions"},
	SessionUse: {model.AccountScope, system, "",
		"Use a session", ""},
	TokenCreate: {model.AccountScope, self, proven,
		"Create an API token", "created an API token"},
	TokenList: {model.AccountScope, self, "",
		"See your API tokens", "looked at the API tokens"},
	TokenRevoke: {model.AccountScope, self, "",
		"Revoke an API token", "revoked an API token"},
	TokenUse: {model.AccountScope, system, "",
		"Use an API token", ""},
	FactorList: {model.AccountScope, self, "",
		"See your authenticator app, passkeys and recovery codes", "looked at the page of sign-in security"},
	FactorLink: {model.AccountScope, self, proven,
		"Have the link mailed with which the first one is added", "asked for the link to add a sign-in factor"},
	FactorOpen: {model.AccountScope, self, "",
		"Use that link", "opened the link to add a sign-in factor"},
	FactorOffer: {model.AccountScope, self, proven,
		"Begin to set up an authenticator app", "began to set up an authenticator app"},
	FactorAdd: {model.AccountScope, self, proven,
		"Add an authenticator app or a passkey, or make recovery codes", "added or renewed a sign-in factor"},
	FactorRemove: {model.AccountScope, self, proven,
		"Remove an authenticator app or a passkey", "removed a sign-in factor"},
	FactorCheck: {model.AccountScope, self, "",
		"Give a second factor", "gave a second factor"},
	MembershipList: {model.AccountScope, self, anyToken,
		"See your workspaces", "looked at the list of workspaces"},
	MembershipWrite: {model.AccountScope, system, "",
		"Update the list of your workspaces", "updated the list of workspaces"},

	EmailReserve: {model.PlatformScope, system, "",
		"Reserve an address", ""},
	EmailLookup: {model.PlatformScope, system, "",
		"Find an account by address", ""},
	TicketIssue: {model.PlatformScope, system, "",
		"Issue a single-use link", ""},
	TicketUse: {model.PlatformScope, system, "",
		"Use a single-use link", ""},
	JobWrite: {model.PlatformScope, system, "",
		"Change a background job", ""},
	JobRead: {model.PlatformScope, system, "",
		"Read a background job", ""},
	MailKeep: {model.PlatformScope, system, "",
		"Store a caught mail", ""},
	MailRead: {model.PlatformScope, system, "",
		"Read caught mail", ""},
	LimitCount: {model.PlatformScope, system, "",
		"Count attempts", ""},
	StepKeep: {model.PlatformScope, system, "",
		"Keep what a sign-in waits for", ""},
	SlugReserve: {model.PlatformScope, system, "",
		"Reserve a workspace's short name", ""},
	SlugLookup: {model.PlatformScope, system, "",
		"Find a workspace by its short name", ""},

	WorkspaceLocked: {model.PlatformScope, system, "",
		"Turn somebody away from a workspace whose key is not available",
		"opened a workspace whose key is not available"},
	KeysRotate: {model.PlatformScope, system, "",
		"Make a new version of a key", "made a new version of a key"},
	KeysRewrap: {model.PlatformScope, system, "",
		"Wrap keyrings again", "wrapped keyrings again"},
	DeadLetterList: {model.PlatformScope, system, "",
		"Look at dead letters", "looked at the dead letters"},
	DeadLetterSend: {model.PlatformScope, system, "",
		"Send a dead letter again", "sent a dead letter again"},
	DrillRun: {model.PlatformScope, system, "",
		"Restore a backup to test it", "restored a backup to test it"},
	Whois: {model.PlatformScope, system, "",
		"Find an account or a workspace for the operator", "looked for an account or a workspace"},
	TrailsCheck: {model.PlatformScope, system, "",
		"Check the trails for the operator", "checked the trails for changes and gaps"},
	HistoryContinue: {model.PlatformScope, system, "",
		"Begin a new section of the history for the operator", "began a new section of the history"},
	AttestKeep: {model.PlatformScope, system, "",
		"Store the findings of an attestation", "stored the findings of an attestation"},
	AttestRead: {model.PlatformScope, system, "",
		"Read the findings of the last attestation", "read the findings of the last attestation"},
	PromiseKeep: {model.PlatformScope, system, "",
		"Store what controls of promises found", "stored what controls of promises found"},
	PromiseRead: {model.PlatformScope, system, "",
		"Read what controls of promises found", "read what controls of promises found"},
	ChangeKeep: {model.PlatformScope, system, "",
		"Store what changed in the agreement and the subprocessors, and tell every workspace",
		"began to tell every workspace: %s"},
	ChangeRead: {model.PlatformScope, system, "",
		"Read what changed in the agreement and the subprocessors",
		"read what changed in the agreement and the subprocessors"},
	ScopeErase: {model.PlatformScope, system, "",
		"Destroy the keys of a workspace and remove its documents", "erased %s"},
	ErasureKeep: {model.PlatformScope, system, "",
		"Store a request for an erasure", ""},
	ErasureRead: {model.PlatformScope, system, "",
		"Read a request for an erasure", ""},
}
