package mail

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/url"
	"strings"
	"text/template"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	mailtext "github.com/tinyoperahouse/toh/templates/mail"
)

// Kind is one of the product's mails. It is also the name of its template.
type Kind string

// The mails of the product.
const (
	Confirm         Kind = "confirm"           // Path, Expires
	Registered      Kind = "registered"        // Path to sign in
	Reset           Kind = "reset"             // Path, Expires
	ResetUnknown    Kind = "reset-unknown"     // Path to sign up
	PasswordChanged Kind = "password-changed"  // Path to reset, At
	EmailConfirm    Kind = "email-confirm"     // Path, Expires; to the new address
	EmailChanging   Kind = "email-changing"    // Path to reset, At; to the old address, before the change
	EmailChangedOld Kind = "email-changed-old" // At; to the old address
	EmailChangedNew Kind = "email-changed-new" // Path to sign in, At; to the new address
	Invitation      Kind = "invitation"        // By, Workspace, Role, Path, Expires
	Lockout         Kind = "lockout"           // Path to reset, At, Expires: how long to wait
	Removed         Kind = "removed"           // Workspace, At
	TokenMade       Kind = "token-made"        // Path to the tokens, At
	ManagersChanged Kind = "managers-changed"  // By, Workspace, Path, At
	KeyAsked        Kind = "key-asked"         // By, Workspace, Path, At, Expires: when it is changed
	KeyStopped      Kind = "key-stopped"       // By, Workspace, Path, At
	KeyChanged      Kind = "key-changed"       // Workspace, Path, At
	KeyFailed       Kind = "key-failed"        // Workspace, Path, At
	RoleChanged     Kind = "role-changed"      // Workspace, Role, Path, At
	EraseAsked      Kind = "erase-asked"       // By, Workspace, Path, At, Expires: when it begins
	EraseStopped    Kind = "erase-stopped"     // By, Workspace, Path, At
	Erased          Kind = "erased"            // Workspace, Path to the receipt, At
	// Workspace, What changes, Path to the differences, At from when it holds
	AgreementChanged     Kind = "agreement-changed"
	SubprocessorsChanged Kind = "subprocessors-changed"
	FactorLink           Kind = "factor-link"    // Path, Expires
	FactorAdded          Kind = "factor-added"   // Path to the factors, At, What
	FactorRemoved        Kind = "factor-removed" // Path to the factors, At, What
	FactorGuessed        Kind = "factor-guessed" // Path to reset, At
	RecoveryMade         Kind = "recovery-made"  // Path to the factors, At
	RecoveryUsed         Kind = "recovery-used"  // Path to the factors, At, What: how many are left
	PasskeyCopied        Kind = "passkey-copied" // Path to the factors, At
)

// Recipient is the recipient of a mail.
type Recipient struct{ Address, Name string }

// Facts are what a mail says. The comment at each kind lists the facts it needs.
type Facts struct {
	Path      string        // of the link, on our own site, as in /confirm/abc
	Expires   time.Duration // how long the link works
	At        time.Time
	By        string
	Workspace string
	Role      string // as people read it
	What      string // in a sentence or two
}

// needs are the facts that a kind requires.
type needs struct{ path, expires, at, day, by, workspace, role, what bool }

var needed = map[Kind]needs{
	Confirm:         {path: true, expires: true},
	Registered:      {path: true},
	Reset:           {path: true, expires: true},
	ResetUnknown:    {path: true},
	PasswordChanged: {path: true, at: true},
	EmailConfirm:    {path: true, expires: true},
	EmailChanging:   {path: true, at: true},
	EmailChangedOld: {at: true},
	EmailChangedNew: {path: true, at: true},
	Invitation:      {path: true, expires: true, by: true, workspace: true, role: true},
	Lockout:         {path: true, at: true, expires: true},
	Removed:         {workspace: true, at: true},
	TokenMade:       {path: true, at: true},
	ManagersChanged: {path: true, at: true, by: true, workspace: true},
	KeyAsked:        {path: true, at: true, expires: true, by: true, workspace: true},
	KeyStopped:      {path: true, at: true, by: true, workspace: true},
	KeyChanged:      {path: true, at: true, workspace: true},
	KeyFailed:       {path: true, at: true, workspace: true},
	RoleChanged:     {path: true, at: true, workspace: true, role: true},
	EraseAsked:      {path: true, at: true, expires: true, by: true, workspace: true},
	EraseStopped:    {path: true, at: true, by: true, workspace: true},
	Erased:          {path: true, at: true, workspace: true},

	AgreementChanged:     {path: true, day: true, workspace: true, what: true},
	SubprocessorsChanged: {path: true, day: true, workspace: true, what: true},
	FactorLink:           {path: true, expires: true},
	FactorAdded:          {path: true, at: true, what: true},
	FactorRemoved:        {path: true, at: true, what: true},
	FactorGuessed:        {path: true, at: true},
	RecoveryMade:         {path: true, at: true},
	RecoveryUsed:         {path: true, at: true, what: true},
	PasskeyCopied:        {path: true, at: true},
}

// Letters writes mails. It is safe for concurrent use.
type Letters struct {
	base  string
	reach string // at the end of each mail: an address, or ""
	words map[Kind]*template.Template
	text  *template.Template
	html  *htmltemplate.Template
}

// NewLetters makes a Letters whose links start with baseURL, and which name contact as the address for questions of
// security, privacy and abuse; "" is none.
func NewLetters(baseURL, contact string) (*Letters, error) {
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || strings.Trim(u.Path, "/") != "" {
		return nil, fmt.Errorf("mail: base URL %q is not only a scheme and a host", baseURL)
	}
	l := &Letters{base: u.Scheme + "://" + u.Host, reach: contact, words: map[Kind]*template.Template{}}
	for kind := range needed {
		if l.words[kind], err = template.New(string(kind)).ParseFS(mailtext.Files, string(kind)+".tmpl"); err != nil {
			return nil, fmt.Errorf("mail %s: %w", kind, err)
		}
	}
	if l.text, err = template.ParseFS(mailtext.Files, "frame.txt.tmpl"); err != nil {
		return nil, fmt.Errorf("mail frame: %w", err)
	}
	if l.html, err = htmltemplate.ParseFS(mailtext.Files, "frame.html.tmpl"); err != nil {
		return nil, fmt.Errorf("mail frame: %w", err)
	}
	return l, nil
}

// words are the cleaned facts that the templates of the mails see.
type words struct{ By, Workspace, Role, For, When, Day, What, Contact string }

// page is what the frame templates see.
type page struct {
	Subject, Greeting, Why string
	Contact                string
	Before, After          []string
	Action                 *action
}

type action struct{ Label, Link string }

// Write writes a mail.
func (l *Letters) Write(kind Kind, to Recipient, f Facts) (Message, error) {
	link, err := l.check(kind, f)
	if err != nil {
		return Message{}, err
	}
	p, err := l.page(kind, to, f, link)
	if err != nil {
		return Message{}, err
	}
	var text, html bytes.Buffer
	if err := errors.Join(l.text.Execute(&text, p), l.html.Execute(&html, p)); err != nil {
		return Message{}, fmt.Errorf("mail %s: %w", kind, err)
	}
	m := Message{To: to.Address, ToName: plain(to.Name, maxName), Subject: p.Subject, Text: text.String(),
		HTML: html.String(),
		Kind: kind, Why: p.Why, Key: model.NewID()}
	return m, m.Check()
}

func (l *Letters) check(kind Kind, f Facts) (link string, err error) {
	need, known := needed[kind]
	if !known {
		return "", fmt.Errorf("mail: there is no mail %q", kind)
	}
	for _, fact := range []struct {
		needed, there bool
		name          string
	}{
		{need.path, f.Path != "", "path"}, {need.expires, f.Expires > 0, "expiry"},
		{need.at || need.day, !f.At.IsZero(), "time"},
		{need.by, plain(f.By, maxName) != "", "name of who invites"},
		{need.workspace, plain(f.Workspace, maxName) != "", "workspace"}, {need.role, f.Role != "", "role"},
		{need.what, oneLine(f.What, maxWhat) != "", "sentence"},
	} {
		if fact.needed && !fact.there {
			return "", fmt.Errorf("mail %s needs a %s", kind, fact.name)
		}
	}
	if !need.path {
		return "", nil
	}
	return l.link(f.Path)
}

// link makes an address on our own site, and on no other.
func (l *Letters) link(path string) (string, error) {
	u, err := url.Parse(path)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(path, "/") ||
		strings.HasPrefix(path, "//") {
		return "", errors.New("mail: a link must be a path on our own site")
	}
	for _, r := range path {
		if r <= ' ' || r >= 0x7f || r == '\\' || r == '"' || r == '<' || r == '>' {
			return "", errors.New("mail: a link holds a character that is not allowed in it")
		}
	}
	return l.base + path, nil
}

func (l *Letters) page(kind Kind, to Recipient, f Facts, link string) (*page, error) {
	w := words{By: plain(f.By, maxName), Workspace: plain(f.Workspace, maxName), Role: plain(f.Role, maxName),
		For: model.Span(f.Expires), When: f.At.UTC().Format("2 January 2006, 15:04 UTC"),
		Day: f.At.UTC().Format("2 January 2006"), What: oneLine(f.What, maxWhat),
		Contact: cmp.Or(l.reach, "whoever runs this installation")}
	parts := map[string]string{}
	for _, name := range []string{"subject", "before", "action", "after", "why"} {
		t := l.words[kind].Lookup(name)
		if t == nil {
			continue
		}
		var b strings.Builder
		if err := t.Execute(&b, w); err != nil {
			return nil, fmt.Errorf("mail %s: %w", kind, err)
		}
		parts[name] = strings.TrimSpace(b.String())
	}
	p := &page{Subject: oneLine(parts["subject"], maxSubject), Greeting: greeting(to), Why: parts["why"],
		Contact: l.reach,
		Before:  paragraphs(parts["before"]), After: paragraphs(parts["after"])}
	if parts["action"] != "" {
		p.Action = &action{parts["action"], link}
	}
	return p, nil
}

func greeting(to Recipient) string {
	if name := plain(to.Name, maxName); name != "" {
		return "Hello " + name + ","
	}
	return "Hello,"
}

func paragraphs(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n\n")
}
