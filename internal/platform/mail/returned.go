package mail

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// aboutTag is the name of the tag that carries Message.About.
const aboutTag = "about"

// Outcome is what happened to a mail after the vendor had accepted it.
type Outcome string

// The outcomes after which nobody will read the mail.
const (
	Bounced    Outcome = "bounced"    // the recipient's server refused it for good
	Complained Outcome = "complained" // the recipient called it spam
	Failed     Outcome = "failed"     // the vendor could not send it
	Suppressed Outcome = "suppressed" // the vendor no longer sends to this address
)

// Returned is the vendor's report about a mail that nobody will read. It holds no address.
type Returned struct {
	Outcome Outcome
	Kind    Kind
	About   string // of the message, "" if it had none
	At      time.Time
}

var outcomes = map[string]Outcome{"email.bounced": Bounced, "email.complained": Complained, "email.failed": Failed,
	"email.suppressed": Suppressed}

// ReadResend reads Resend's report about a mail. It returns false for reports of no interest: a mail that was
// delivered, was opened, or is delayed.
func ReadResend(body []byte) (Returned, bool, error) {
	var event struct {
		Type    string    `json:"type"`
		Created time.Time `json:"created_at"`
		Data    struct {
			Tags tagsOf `json:"tags"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &event); err != nil || event.Type == "" {
		return Returned{}, false, model.Invalid("This is not a message from Resend.")
	}
	outcome, known := outcomes[event.Type]
	r := Returned{Outcome: outcome, Kind: Kind(event.Data.Tags["kind"]), About: event.Data.Tags[aboutTag],
		At: event.Created}
	if _, ours := needed[r.Kind]; !ours {
		r.Kind = "" // of another program that uses the same account
	}
	if !aboutForm.MatchString(r.About) {
		r.About = ""
	}
	return r, known, nil
}

// tagsOf are tags as an object, or as a list of names and values, which is the form in which they are sent.
type tagsOf map[string]string

// UnmarshalJSON reads both forms.
func (t *tagsOf) UnmarshalJSON(text []byte) error {
	var list []resendTag
	if json.Unmarshal(text, &list) == nil {
		*t = tagsOf{}
		for _, tag := range list {
			(*t)[tag.Name] = tag.Value
		}
		return nil
	}
	var named map[string]string
	if err := json.Unmarshal(text, &named); err != nil {
		return fmt.Errorf("tags: %w", err)
	}
	*t = named
	return nil
}
