package account

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
)

// main is the id of documents of which each scope has exactly one.
const main = "main"

// State is whether an account can be used.
type State string

// The states of an account.
const (
	Active State = "active"
	Closed State = "closed"
)

// Account is one person. It is created when the person has confirmed their address.
type Account struct {
	Name        string      `json:"name"`
	Email       string      `json:"email"`
	Password    string      `json:"password,omitempty"` // the hash; never returned to a caller
	State       State       `json:"state"`
	Confirmed   time.Time   `json:"confirmed"` // when the address was confirmed: the verified primary address
	Changed     time.Time   `json:"changed"`   // when password or address last changed: links issued before are void
	Epoch       int         `json:"epoch"`     // sessions of an earlier epoch are void
	TokenEpoch  int         `json:"token_epoch"`
	Factors     Factors     `json:"factors,omitzero"`
	Preferences Preferences `json:"preferences"`
}

// Factors says what an account has beside its password. It is kept with the account, which every request reads, and
// changes in one transaction with the factors themselves.
type Factors struct {
	On       bool `json:"on,omitempty"`       // a password alone lets nobody in, and proves nothing
	Passkeys bool `json:"passkeys,omitempty"` // there is one
	Epoch    int  `json:"epoch,omitempty"`    // goes up with every change of factors or password: see known
}

// Preferences are what a person chose for themselves.
type Preferences struct {
	Theme string `json:"theme,omitempty"` // "" follows the system; light, dark, dim
}

// Session is one sign-in of one browser.
type Session struct {
	Created   time.Time `json:"created"`
	Seen      time.Time `json:"seen"` // last use, recorded at most every few minutes
	Ends      time.Time `json:"ends"` // the latest possible end
	Epoch     int       `json:"epoch"`
	UserAgent string    `json:"user_agent,omitempty"`
	Address   string    `json:"address,omitempty"`
	Proof     Proof     `json:"proof,omitzero"`
	By        ProvedBy  `json:"by,omitempty"` // how it was opened; "" in sessions of releases that knew one way only
}

// Proof records when and how the owner of a session last proved their identity.
type Proof struct {
	At time.Time `json:"at"`
	By ProvedBy  `json:"by"`
}

// ProvedBy is a way to prove one's identity.
type ProvedBy string

// The ways. Those with a second factor, and a passkey, which asks its owner for a PIN or a finger, are strong.
const (
	ByPassword ProvedBy = "password"
	ByApp      ProvedBy = "password+app"
	ByRecovery ProvedBy = "password+recovery"
	ByKey      ProvedBy = "password+passkey" // #nosec G101 -- a name
	ByDevice   ProvedBy = "password+device"  // #nosec G101 -- on a device where a code was given within 30 days
	ByPasskey  ProvedBy = "passkey"
)

// strong reports whether more than a password was given.
func (b ProvedBy) strong() bool { return b == ByApp || b == ByRecovery || b == ByKey || b == ByPasskey }

// proofLife is how long a proof is valid.
const proofLife = 10 * time.Minute

// holds reports whether the proof is still valid, for an account with these factors. A way that is weaker than what the
// account has proves nothing.
func (p Proof) holds(f Factors, now time.Time) bool {
	return p.By != "" && now.Before(p.At.Add(proofLife)) && (!f.On || p.By.strong())
}

// Token is an API token. Only a hash of its secret is kept.
type Token struct {
	Name      string        `json:"name"`
	Scopes    access.Scopes `json:"scopes"`
	Workspace string        `json:"workspace,omitempty"` // "" is every workspace of the person
	Hash      []byte        `json:"hash,omitempty"`      // never returned to a caller
	Created   time.Time     `json:"created"`
	Ends      time.Time     `json:"ends"`
	Used      time.Time     `json:"used"` // last use, recorded at most every ten minutes; zero if never
	Epoch     int           `json:"epoch"`
}

// reserved is an address in use. The id of its document is the keyed hash of the address, so there can be only one.
type reserved struct {
	Account string `json:"account"`
	Address string `json:"address"` // as its owner wrote it: where mail is sent
}

// counter counts attempts within a window.
type counter struct {
	Count int       `json:"count"`
	Ends  time.Time `json:"ends"`
}

// untilAccount is how long everything is kept that an account consists of.
const untilAccount = "As long as you have the account. An account cannot be erased yet."

// The kinds of documents. accounts, sessions and tokens identify the caller.
var (
	accounts = records.Declare(records.Spec[Account]{
		Name: "about", In: model.AccountScope, Identity: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Account",
			Purpose: "Your name, your address, the hash of your password and your theme: they let you in, and " +
				"nobody else.",
			Until: untilAccount,
		},
		Label:  func(a *Account) string { return a.Name },
		Redact: func(_ access.Caller, a *Account) { a.Password = "" },
		Under: records.Under{
			records.Read:   {access.AccountRead},
			records.Serve:  {access.AccountRead, access.TokenCreate},
			records.Create: {access.AccountCreate},
			records.Change: {
				access.AccountUpdate, access.PasswordCheck, access.PasswordChange, access.PasswordReset,
				access.EmailConfirm, access.SignOut, access.FactorAdd, access.FactorRemove,
			},
		},
	})
	sessions = records.Declare(records.Spec[Session]{
		Name: "sessions", In: model.AccountScope, Identity: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Sessions",
			Purpose: "Keep you signed in, and show you where you are: when, from which address, with which browser.",
			Until:   "Until you sign out, at the latest {session} after you signed in.",
		},
		Under: records.Under{
			records.List:   {access.SessionList},
			records.Create: {access.SignIn},
			records.Change: {access.SessionUse, access.PasswordCheck, access.FactorCheck},
			records.Remove: {access.SignOut},
		},
		Fields:  lifetime,
		Queries: newest,
		Index:   func(s *Session) records.Fields { return records.Fields{"opened": s.Created, "ends": s.Ends} },
		TTL:     "ends",
	})
	tokens = records.Declare(records.Spec[Token]{
		Name: "tokens", In: model.AccountScope, Identity: true,
		About: model.About{
			Heading: model.OfAccount, Name: "API tokens",
			Purpose: "Let your own programs in. Only a hash of each is stored.",
			Until: "Until you revoke one, or it ends, which is " + model.Span(maxTokenDays*24*time.Hour) +
				" after you made it at the latest.",
		},
		Under: records.Under{
			records.List:   {access.TokenList},
			records.Serve:  {access.TokenCreate},
			records.Create: {access.TokenCreate},
			records.Change: {access.TokenUse},
			records.Remove: {access.TokenRevoke},
		},
		Label:   func(t *Token) string { return t.Name },
		Fields:  lifetime,
		Queries: newest,
		Index:   func(t *Token) records.Fields { return records.Fields{"opened": t.Created, "ends": t.Ends} },
		TTL:     "ends",
		Redact:  func(_ access.Caller, t *Token) { t.Hash = nil },
	})
	emails = records.Declare(records.Spec[reserved]{
		Name: "emails", In: model.PlatformScope, Quiet: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Addresses in use",
			Purpose: "Lead from an address to its account, so that an address has only one.",
			Until:   "As long as it is the address of an account.",
		},
		Under: records.Under{
			records.Read:   {access.EmailLookup},
			records.Serve:  {access.EmailLookup},
			records.Create: {access.EmailReserve},
			records.Remove: {access.EmailReserve},
		},
	})
	limits = records.Declare(records.Spec[counter]{
		Name: "limits", In: model.PlatformScope, Quiet: true,
		About: model.About{
			Heading: model.OfService, Name: "Counters of attempts",
			Purpose: "Count attempts to sign in and mails asked for, under keyed hashes, so that nobody can guess " +
				"passwords or flood an address.",
			Until: "Until the time for which one counts is over: " + model.Span(longestWindow) + " at most.",
		},
		Under: records.Under{
			records.Read:   {access.LimitCount},
			records.Create: {access.LimitCount},
			records.Change: {access.LimitCount},
			records.Remove: {access.LimitCount},
		},
		Fields: []records.Field{{Name: "ends", Type: records.Time}},
		Index:  func(c *counter) records.Fields { return records.Fields{"ends": c.Ends} },
		TTL:    "ends",
	})
	tickets = records.Declare(records.Spec[Ticket]{
		Name: "tickets", In: model.PlatformScope, Quiet: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Links in mails",
			Purpose: "Know the links that we mailed, so that each works once: to confirm an address, to set a " +
				"password, to add the first sign-in factor, to accept an invitation.",
			Until: "Until the link was used, or is no longer valid: after " + model.Span(purposeLife[ToReset]) +
				" for a password, " + model.Span(purposeLife[ToChange]) + " for a new address " +
				"or a sign-in factor, " + model.Span(purposeLife[ToConfirm]) + " for a sign-up, " +
				model.Span(purposeLife[ToAccept]) + " for an invitation.",
		},
		Under: records.Under{
			records.Read:   {access.TicketUse},
			records.List:   {access.TicketUse},
			records.Serve:  {access.TicketUse},
			records.Create: {access.TicketIssue},
			records.Remove: {access.TicketUse},
		},
		Fields: []records.Field{
			{Name: "purpose", Type: records.String}, {Name: "address", Type: records.String},
			{Name: "ends", Type: records.Time},
		},
		Queries: []records.Query{{
			Name: "pending", Equal: []string{"purpose", "address"}, Together: [][]string{{"purpose", "address"}},
			Range: "ends", Order: []records.Order{{Field: "ends", Desc: true}},
		}},
		Index: func(t *Ticket) records.Fields {
			return records.Fields{"purpose": string(t.Purpose), "address": t.AddressKey, "ends": t.Ends}
		},
		TTL: "ends",
	})

	lifetime = []records.Field{{Name: "opened", Type: records.Time}, {Name: "ends", Type: records.Time}}
	newest   = []records.Query{{Name: "newest", Order: []records.Order{{Field: "opened", Desc: true}}}}
)

// Kinds are all kinds of this package, and those of the factors that it reaches through package factor.
func Kinds() []records.Declared {
	return append([]records.Declared{accounts, sessions, tokens, emails, limits, tickets}, factor.Kinds()...)
}
