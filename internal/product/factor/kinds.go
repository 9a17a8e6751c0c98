package factor

import (
	"encoding/json"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// main is the id of an account's only document of factors.
const main = "main"

// Purpose is what a step is for. It is not valid for any other purpose.
type Purpose string

// The purposes.
const (
	ToFinish Purpose = "finish"  // a sign-in whose password was right waits for a second factor
	ToEnter  Purpose = "enter"   // a passkey signs in
	ToSecond Purpose = "second"  // a passkey is the second factor of a sign-in
	ToProve  Purpose = "prove"   // a passkey proves who uses a session
	ToAdd    Purpose = "passkey" // a passkey is being added
)

// StepLife is how long a step waits.
const StepLife = 10 * time.Minute

// Step is what a sign-in waits for: a second factor, or what a passkey answers to a challenge. Like a mailed link it
// has a secret of 256 bits, whose hash is its id, and works once.
type Step struct {
	Purpose Purpose         `json:"purpose"`
	Account string          `json:"account,omitempty"` // "" while a passkey is to say whose it is
	Bound   string          `json:"bound,omitempty"`   // the session, or the waiting sign-in, that it belongs to
	Epoch   int             `json:"epoch,omitempty"`   // of the account's sessions, when the password was right
	Factors int             `json:"factors,omitempty"` // of the account's factors, then
	Tries   int             `json:"tries,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"` // webauthn.SessionData as a whole
	Issued  time.Time       `json:"issued"`
	Ends    time.Time       `json:"ends"`
}

// The kinds of documents.
var (
	sets = records.Declare(records.Spec[Set]{
		Name: "factors", In: model.AccountScope, Identity: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Sign-in factors",
			Purpose: "Let you in with more than a password: the secret of your authenticator app, the public keys " +
				"and names of your passkeys, and hashes of your recovery codes.",
			Until: "Until you remove a factor. An account cannot be erased yet.",
		},
		Redact: func(_ access.Caller, s *Set) { s.hide() },
		Under: records.Under{
			records.Read:   {access.FactorList},
			records.Create: {access.FactorOpen},
			records.Change: {access.FactorOpen, access.FactorOffer, access.FactorAdd, access.FactorRemove,
				access.FactorCheck},
		},
	})
	steps = records.Declare(records.Spec[Step]{
		Name: "steps", In: model.PlatformScope, Quiet: true,
		About: model.About{
			Heading: model.OfAccount, Name: "Steps of a sign-in",
			Purpose: "Know that your password was right while we wait for your second factor, and what a passkey " +
				"was asked, so that each answer works once.",
			Until: "Until it was answered: after " + model.Span(StepLife) + " at the latest.",
		},
		Under: records.Under{
			records.Serve:  {access.StepKeep},
			records.Read:   {access.StepKeep},
			records.Create: {access.StepKeep},
			records.Change: {access.StepKeep},
			records.Remove: {access.StepKeep},
		},
		Fields: []records.Field{{Name: "ends", Type: records.Time}},
		Index:  func(s *Step) records.Fields { return records.Fields{"ends": s.Ends} },
		TTL:    "ends",
	})
)

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{sets, steps} }
