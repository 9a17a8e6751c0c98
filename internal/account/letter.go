package account

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/records"
)

// LetterKind names a mail.
type LetterKind string

// The mails about people and their workspaces.
const (
	ConfirmAddress    LetterKind = "confirm-address"    // Link: sign-up is completed there
	AlreadyRegistered LetterKind = "already-registered" // somebody tried to sign up with the address of an account
	ConfirmNewAddress LetterKind = "confirm-new-address"
	ResetPassword     LetterKind = "reset-password" // Link
	ResetUnknown      LetterKind = "reset-unknown"  // somebody asked for a reset of an address without an account
	PasswordChanged   LetterKind = "password-changed"
	EmailChanging     LetterKind = "email-changing" // to the old address; Address is the new one
	EmailChanged      LetterKind = "email-changed"  // to both; Address is the new one
	Invitation        LetterKind = "invitation"     // Link, Workspace, By, Role
	RoleChanged       LetterKind = "role-changed"   // Workspace, By, Role
	Removed           LetterKind = "removed"        // Workspace, By
	LockoutNotice     LetterKind = "lockout-notice" // many failed sign-ins; Link to the reset page
)

// LetterKinds are all of them, for whoever renders them.
var LetterKinds = []LetterKind{
	ConfirmAddress, AlreadyRegistered, ConfirmNewAddress, ResetPassword, ResetUnknown, PasswordChanged, EmailChanging, EmailChanged,
	Invitation, RoleChanged, Removed, LockoutNotice,
}

// Letter is a mail before it is rendered. Fields that a kind does not use are zero.
type Letter struct {
	Kind    LetterKind
	To      string
	ToName  string
	Link    string    // absolute
	Expires time.Time // of the link
	At      time.Time // when it happened

	Workspace string // its name
	By        string // name of who did it
	Role      string // as people read it
	Address   string
}

// Post takes letters. Queue leaves a letter to v, usually a transaction; Wake is called after the commit, and may be lost.
type Post interface {
	Queue(ctx context.Context, v records.Via, l Letter) (job string, err error)
	Wake(ctx context.Context, job string)
}

// Mailbag gathers the letters of a transaction, which may run more than once, and wakes the last run's after the commit.
type Mailbag struct {
	post Post
	jobs []string
}

// NewMailbag makes one for a single change.
func NewMailbag(p Post) *Mailbag { return &Mailbag{post: p} }

// Empty must be called at the start of each run of the transaction.
func (b *Mailbag) Empty() { b.jobs = nil }

// Put leaves a letter to the transaction.
func (b *Mailbag) Put(ctx context.Context, v records.Via, l Letter) error {
	job, err := b.post.Queue(ctx, v, l)
	if err != nil {
		return err
	}
	b.jobs = append(b.jobs, job)
	return nil
}

// Send wakes what was put, after the commit.
func (b *Mailbag) Send(ctx context.Context) {
	for _, job := range b.jobs {
		b.post.Wake(ctx, job)
	}
}
