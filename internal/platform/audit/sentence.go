package audit

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
)

// phrases describe actions; they follow the actor's name. "%s" stands for the object of the action.
var phrases = map[access.Action]string{
	access.WorkspaceRead:   "looked at the workspace",
	access.WorkspaceCreate: "created the workspace %s",
	access.WorkspaceUpdate: "changed the settings of the workspace",
	access.MatrixRead:      "looked at the table of roles",
	access.KeyRead:         "looked at which key protects the workspace",
	access.KeyStop:         "stopped a change of the key that protects the workspace",
	access.KeyUpdate:       "changed the key that protects the workspace",
	access.MemberList:      "looked at the list of members",
	access.MemberRead:      "looked at the member %s",
	access.MemberInvite:    "invited somebody",
	access.InviteList:      "looked at the open invitations",
	access.InviteRevoke:    "withdrew an invitation",
	access.InviteAccept:    "became a member",
	access.InviteReturn:    "recorded that the mail of an invitation could not be delivered",
	access.MemberUpdate:    "changed the membership of %s",
	access.MemberRemove:    "removed the member %s",
	access.MemberRename:    "updated the name of %s",
	access.MemberLeave:     "left the workspace",

	access.ProductionCreate:  "added the production %s",
	access.ProductionRead:    "opened the production %s",
	access.ProductionList:    "looked at the list of productions",
	access.ProductionUpdate:  "changed the production %s",
	access.ProductionTrash:   "moved the production %s to or from the trash",
	access.PerformanceCreate: "scheduled the performance %s",
	access.PerformanceRead:   "opened the performance %s",
	access.PerformanceList:   "looked at the list of performances",
	access.PerformanceUpdate: "changed the performance %s",
	access.PerformanceTrash:  "moved the performance %s to or from the trash",

	access.ReportCreate:  "started %s",
	access.ReportRead:    "read %s",
	access.ReportList:    "looked at a list of reports",
	access.ReportSearch:  "searched the reports",
	access.ReportUpdate:  "changed the draft of %s",
	access.ReportFile:    "filed %s",
	access.ReportAccept:  "accepted %s",
	access.ReportQuery:   "queried %s",
	access.ReportAmend:   "amended %s",
	access.ReportTrash:   "moved %s to the trash",
	access.ReportRestore: "took %s out of the trash",
	access.ReportSeen:    "looked at who has read %s",
	access.TrashList:     "looked at the trash",
	access.TrashEmpty:    "removed %s from the trash for good",

	access.AuditRead:      "read the audit trail",
	access.AuditExport:    "exported the audit trail",
	access.AuditCheck:     "checked the audit trail for changes and gaps",
	access.SessionEnter:   "signed in",
	access.WorkspaceEnter: "entered the workspace",

	access.AccountCreate:   "created the account",
	access.AccountRead:     "looked at the account",
	access.AccountUpdate:   "changed the account",
	access.EmailConfirm:    "confirmed the address",
	access.EmailChange:     "changed the address",
	access.PasswordCheck:   "entered a password",
	access.PasswordChange:  "changed the password",
	access.PasswordReset:   "set a new password through a link",
	access.SignIn:          "signed in",
	access.SignOut:         "signed out",
	access.SessionList:     "looked at the list of sessions",
	access.TokenCreate:     "created an API token",
	access.TokenList:       "looked at the API tokens",
	access.TokenRevoke:     "revoked an API token",
	access.MembershipList:  "looked at the list of workspaces",
	access.MembershipWrite: "updated the list of workspaces",

	access.WorkspaceLocked: "opened a workspace whose key is not available",
	access.KeysRotate:      "made a new version of a key",
	access.KeysRewrap:      "wrapped keyrings again",
	access.Whois:           "looked for an account or a workspace",
	access.TrailsCheck:     "checked the trails for changes and gaps",
	access.AttestKeep:      "stored the findings of an attestation",
	access.AttestRead:      "read the findings of the last attestation",
	access.PromiseKeep:     "kept what controls of promises found",
	access.PromiseRead:     "read what controls of promises found",
	access.DeadLetterList:  "looked at the dead letters",
	access.DeadLetterSend:  "sent a dead letter again",
	access.DrillRun:        "restored a backup to test it",
}

// nouns name a record that has no title, by the first half of its name.
var nouns = map[string]string{
	"reports": "a report", "productions": "a production", "performances": "a performance",
	"members": "a member", "versions": "a version of a report",
}

// Sentence is the entry in plain words, as in "Ada Lovelace read Show report 12 · Tosca."
func (e *Entry) Sentence() string {
	if e.Altered {
		return "This entry was changed after it was written. Do not rely on what it says."
	}
	phrase, ok := phrases[e.Action]
	if !ok {
		phrase = "did " + string(e.Action)
	}
	phrase = strings.ReplaceAll(phrase, "%s", e.subject())
	return e.who() + " " + e.verb(phrase) + e.why() + "."
}

func (e *Entry) who() string {
	if person := e.Labels["person"]; person != "" && e.Actor.Role == access.System {
		return person // what the product did as a consequence of their action
	}
	if e.Actor.Role == access.System {
		return "Tiny Opera House"
	}
	if e.Actor.Name != "" {
		return e.Actor.Name
	}
	return "Somebody"
}

func (e *Entry) verb(phrase string) string {
	switch e.Outcome {
	case Denied:
		return "was refused: " + phrase
	case Failed:
		return "tried, and it failed: " + phrase
	case Begun:
		return "began: " + phrase
	}
	return phrase
}

func (e *Entry) subject() string {
	if title := e.Labels["title"]; title != "" {
		return title
	}
	kind, _, _ := strings.Cut(e.Record, "/")
	if noun, ok := nouns[kind]; ok {
		return noun
	}
	return "a record"
}

func (e *Entry) why() string {
	if reason := e.Labels["reason"]; reason != "" {
		return " (reason: " + reason + ")"
	}
	if times := e.Labels["times"]; times != "" && times != "1" {
		return ", " + times + " times"
	}
	return ""
}
