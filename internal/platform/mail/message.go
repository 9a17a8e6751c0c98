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
	Why     string `json:"why"` // why the recipient got this; already part of Text and HTML
	Key     string `json:"key"` // a mail with the same key is the same mail; the outbox sets it
	// About is returned in what the vendor reports about the mail. It is sealed, so that the vendor learns nothing from
	// it.
	About string `json:"about,omitempty"`
}

// Sender passes mails to the service that delivers them. It returns the vendor's id of the mail.
type Sender interface {
	Send(ctx context.Context, m Message) (vendorID string, err error)
}

// ErrRefused says that the mail will never be accepted: the address or the content is refused, and another attempt
// would not help.
var ErrRefused = errors.New("mail refused")

// Limits of a mail.
const (
	maxAddress = 254
	maxSubject = 200
	maxPart    = 256 << 10
	maxKey     = 64
	maxAbout   = 256 // a vendor's limit
)

// Check refuses anything that could break out of a header, or that is not a complete mail.
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
		return errors.New("mail: About has a form that cannot be sent")
	}
	return nil
}

var aboutForm = regexp.MustCompile(`^[A-Za-z0-9_-]{0,` + strconv.Itoa(maxAbout) + `}$`)

// validAddress accepts only a bare address: no name, no list, no comment.
func validAddress(s string) bool {
	if len(s) > maxAddress || strings.ContainsAny(s, "\r\n\t <>,;:\"()") {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && strings.Count(s, "@") == 1
}

// recipient is the value of the To header.
func (m Message) recipient() string {
	return (&mail.Address{Name: m.ToName, Address: m.To}).String()
}
