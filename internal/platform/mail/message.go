package mail

import (
	"context"
	"errors"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Message is one mail to one person.
type Message struct {
	To      string `json:"to"`
	ToName  string `json:"to_name,omitempty"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
	HTML    string `json:"html,omitempty"`
	Kind    Kind   `json:"kind"`
	Why     string `json:"why"` // why you got this; part of Text and HTML already
	Key     string `json:"key"` // the same key is the same mail; the outbox sets it
	// About comes back with what the vendor tells of the mail: sealed, so that the vendor learns nothing by it.
	About string `json:"about,omitempty"`
}

// Sender hands mails to whoever delivers them. It returns the vendor's id of the mail.
type Sender interface {
	Send(ctx context.Context, m Message) (vendorID string, err error)
}

// ErrRefused says that the mail will never be taken: the address or the content is refused, and another attempt would
// not help.
var ErrRefused = errors.New("mail refused")

// Bounds of a mail.
const (
	maxAddress = 254
	maxSubject = 200
	maxPart    = 256 << 10
	maxKey     = 64
	maxAbout   = 256 // a vendor's bound
)

// Check refuses what could break out of a header or is no mail at all.
func (m Message) Check() error {
	switch {
	case !validAddress(m.To):
		return model.Invalid("This is not an e-mail address.")
	case m.ToName != plain(m.ToName, maxName):
		return errors.New("mail: the name of the recipient is not clean")
	case m.Subject == "" || m.Subject != oneLine(m.Subject, maxSubject):
		return errors.New("mail: the subject is empty, too long, or more than one line")
	case strings.TrimSpace(m.Text) == "" || len(m.Text) > maxPart || len(m.HTML) > maxPart:
		return errors.New("mail: a part is empty or too long")
	case !utf8.ValidString(m.Text) || !utf8.ValidString(m.HTML) || strings.ContainsRune(m.Text, 0):
		return errors.New("mail: a part is not text")
	case m.Key == "" || len(m.Key) > maxKey || !model.ValidID(m.Key):
		return errors.New("mail: it has no key")
	case !aboutForm.MatchString(m.About):
		return errors.New("mail: what it is about cannot be sent")
	}
	return nil
}

var aboutForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,` + strconv.Itoa(maxAbout) + `}$`)

// validAddress accepts an address alone: no name, no list, no comment.
func validAddress(s string) bool {
	if len(s) > maxAddress || strings.ContainsAny(s, "\r\n\t <>,;:\"()") {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && strings.Count(s, "@") == 1
}

// recipient is the To header's value.
func (m Message) recipient() string {
	return (&mail.Address{Name: m.ToName, Address: m.To}).String()
}
