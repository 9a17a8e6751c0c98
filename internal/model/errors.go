package model

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// The kinds of error. Packages wrap one of them; the edges match with errors.Is and never look at texts.
var (
	// ErrNotFound says that there is no such thing, or none that the caller may know of.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that the thing already exists, or changed in the meantime.
	ErrConflict = errors.New("conflict")
	// ErrReused says that an id which a form or a client chose has already been used for something else.
	ErrReused = errors.New("id used for something else")
	// ErrDoubtful says that the input may be right but looks like a slip. It is accepted when it is sent again with its
	// confirmation.
	ErrDoubtful = errors.New("doubtful")
	// ErrStale says that a version condition sent by the caller (If-Match) no longer holds.
	ErrStale = errors.New("stale version")
	// ErrDenied says that the caller is known and may not do this.
	ErrDenied = errors.New("denied")
	// ErrUnproven says that the caller may do this, but must first prove again who they are.
	ErrUnproven = errors.New("not proven")
	// ErrUnauthenticated says that the caller is not known, or is no longer known.
	ErrUnauthenticated = errors.New("not signed in")
	// ErrInvalid says that the input cannot be accepted as it is.
	ErrInvalid = errors.New("invalid")
	// ErrTooMany says that a rate limit is reached.
	ErrTooMany = errors.New("too many requests")
	// ErrTooLarge says that a size limit is exceeded.
	ErrTooLarge = errors.New("too large")
	// ErrUnavailable says that something this depends on did not answer in time, and that nothing was done.
	ErrUnavailable = errors.New("unavailable")
	// ErrLocked says that the keys of this scope are not available: they are disabled or destroyed.
	ErrLocked = errors.New("locked")
)

// Error separates what a person may read from what happened inside.
type Error struct {
	Kind   error             // one of the kinds above
	Public string            // a sentence for the person, safe to show; it says what to do
	Fields map[string]string // per input field, safe to show; nil if none
	// Confirm is the token that confirms that the same input is meant, for ErrDoubtful.
	Confirm string
	Cause   error // private; for the log only
}

// Error gives the private text, for logs.
func (e *Error) Error() string {
	text := e.Kind.Error()
	if e.Public != "" {
		text += ": " + e.Public
	}
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

// Unwrap lets errors.Is find the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// Invalid is an ErrInvalid with a sentence for the person.
func Invalid(format string, args ...any) error {
	return &Error{Kind: ErrInvalid, Public: fmt.Sprintf(format, args...)}
}

// InvalidFields is an ErrInvalid with a sentence per input field.
func InvalidFields(fields map[string]string) error {
	return &Error{Kind: ErrInvalid, Public: "Please correct the marked fields.", Fields: fields}
}

// Reused is an ErrReused with a sentence for the person.
func Reused(format string, args ...any) error {
	return &Error{Kind: ErrReused, Public: fmt.Sprintf(format, args...)}
}

// Doubtful asks, per input field, whether the input is meant as it is. It returns nil if there is nothing to ask, or if
// confirm is the token of exactly these questions. So a confirmed question does not suppress a different one that comes
// up later.
func Doubtful(asks map[string]string, confirm string) error {
	if len(asks) == 0 {
		return nil
	}
	sum := sha256.New()
	for _, field := range slices.Sorted(maps.Keys(asks)) {
		_, _ = fmt.Fprintf(sum, "%q=%q\n", field, asks[field])
	}
	token := hex.EncodeToString(sum.Sum(nil)[:12])
	if confirm == token {
		return nil
	}
	return &Error{Kind: ErrDoubtful, Public: "Please check the marked fields. If they are " +
		"correct, confirm them.", Fields: asks, Confirm: token}
}

// ConfirmOf is the token that confirms the input which err asks about, or "".
func ConfirmOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Confirm
	}
	return ""
}

// Conflict is an ErrConflict with a sentence for the person.
func Conflict(format string, args ...any) error {
	return &Error{Kind: ErrConflict, Public: fmt.Sprintf(format, args...)}
}

// Denied is an ErrDenied with a sentence for the person.
func Denied(format string, args ...any) error {
	return &Error{Kind: ErrDenied, Public: fmt.Sprintf(format, args...)}
}

// Unavailable is an ErrUnavailable with a private cause.
func Unavailable(cause error) error {
	return &Error{Kind: ErrUnavailable, Public: "Something we depend on did not answer in time. Nothing was changed. " +
		"Please try again in a moment.", Cause: cause}
}

// PublicText is the sentence that may be shown for err, or "" if there is none.
func PublicText(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Public
	}
	return ""
}

// FieldTexts are the sentences per input field of err, or nil.
func FieldTexts(err error) map[string]string {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}
