package account

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// LetterKind names a mail. The names are those of package mail.
type LetterKind string

// The mails about people and their workspaces, with what each says beside its addressee.
const (
	ConfirmAddress LetterKind = "confirm" // Path, Life: completes a sign-up
	// Path to sign in: somebody signed up with the address of an account
	AlreadyRegistered LetterKind = "registered"
	ConfirmNewAddress LetterKind = "email-confirm" // Path, Life; to the new address
	ResetPassword     LetterKind = "reset"         // Path, Life
	// Path to sign up: somebody asked for a reset of an address without an account
	ResetUnknown    LetterKind = "reset-unknown"
	PasswordChanged LetterKind = "password-changed"  // Path to reset, At
	EmailChanging   LetterKind = "email-changing"    // Path to reset, At; to the old address, before the change
	EmailChangedOld LetterKind = "email-changed-old" // At; to the old address
	EmailChangedNew LetterKind = "email-changed-new" // Path to sign in, At; to the new address
	Invitation      LetterKind = "invitation"        // Path, Life, By, Workspace, Role
	RoleChanged     LetterKind = "role-changed"      // Path, At, By, Workspace, Role
	Removed         LetterKind = "removed"           // At, By, Workspace
	TokenMade       LetterKind = "token-made"        // Path to the tokens, At
	ManagersChanged LetterKind = "managers-changed"  // Path to the members, At, By, Workspace; to the management
	// Path to the key, At, Life until it is changed, By, Workspace; to the management
	KeyAsked   LetterKind = "key-asked"
	KeyStopped LetterKind = "key-stopped" // Path to the key, At, By, Workspace; to the management
	KeyChanged LetterKind = "key-changed" // Path to the key, At, Workspace; to the management
	KeyFailed  LetterKind = "key-failed"  // Path to the key, At, Workspace; to the management
	// Path to stop it, At, Life until it begins, By, Workspace; to the management
	EraseAsked    LetterKind = "erase-asked"
	EraseStopped  LetterKind = "erase-stopped" // Path to the workspace, At, By, Workspace; to the management
	Erased        LetterKind = "erased"        // Path to the receipt, At, Workspace; to the management
	LockoutNotice LetterKind = "lockout"       // Path to reset, At, Life: how long to wait
	// Path to what differs, At from when it holds, What changes, Workspace; to the management
	AgreementChanged     LetterKind = "agreement-changed"
	SubprocessorsChanged LetterKind = "subprocessors-changed"

	FactorLink    LetterKind = "factor-link"    // Path, Life: allows the first factor
	FactorAdded   LetterKind = "factor-added"   // Path to the factors, At, What
	FactorRemoved LetterKind = "factor-removed" // Path to the factors, At, What
	FactorGuessed LetterKind = "factor-guessed" // Path to reset, At: the password was right, the codes were wrong
	RecoveryMade  LetterKind = "recovery-made"  // Path to the factors, At
	RecoveryUsed  LetterKind = "recovery-used"  // Path to the factors, At, What: how many are left
	PasskeyCopied LetterKind = "passkey-copied" // Path to the factors, At
)

// Letter is a mail before it is rendered. Fields that a kind does not use are zero.
type Letter struct {
	Kind   LetterKind
	To     string
	ToName string
	Path   string        // of the link, on our own site
	Life   time.Duration // how long the link works
	At     time.Time     // when it happened, or will

	By        string // name of who did it
	Workspace string // its name
	Role      string // as people read it
	What      string // in a sentence or two

	// Scope and Record are what is told if the mail does not arrive; empty if nothing is.
	Scope  model.Scope
	Record string
}

// Post sends letters. Queue stores a letter, usually in a transaction (v). Wake is called after the commit, to send it
// soon; if that call is lost, the letter is sent by the next sweep.
type Post interface {
	Queue(ctx context.Context, v records.Via, l Letter) (job string, err error)
	Wake(ctx context.Context, job string)
}

// Mailbag collects the letters of a transaction. A transaction may run more than once; after the commit, only the
// letters of its last run are sent.
type Mailbag struct {
	post Post
	jobs []string
}

// NewMailbag makes one for a single change.
func NewMailbag(p Post) *Mailbag { return &Mailbag{post: p} }

// Empty must be called at the start of each run of the transaction.
func (b *Mailbag) Empty() { b.jobs = nil }

// Put stores a letter in the transaction.
func (b *Mailbag) Put(ctx context.Context, v records.Via, l Letter) error {
	job, err := b.post.Queue(ctx, v, l)
	if err != nil {
		return err
	}
	b.jobs = append(b.jobs, job)
	return nil
}

// Send wakes the jobs of the stored letters. It is called after the commit.
func (b *Mailbag) Send(ctx context.Context) {
	for _, job := range b.jobs {
		b.post.Wake(ctx, job)
	}
}
