package check

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Head is a signed statement of what the entries of a section were at an instant. Its text is a checkpoint of C2SP's
// tlog-checkpoint: the origin, the size and the root, a line each, and then lines of our own.
type Head struct {
	Note    string // the whole, signed
	Origin  string
	Size    int64 // entries
	Root    tlog.Hash
	Section int64
	At      time.Time
	// Before is the hash of the last head before the section, "" in the first section.
	Before string
	Key    string // the id of the key that signed it
}

const timeForm = "2006-01-02T15:04:05.000000Z"

// Text is what is signed.
func (h Head) Text() string {
	text := fmt.Sprintf("%s\n%d\n%s\nsection %d\ntime %s\n", h.Origin, h.Size, h.Root, h.Section,
		h.At.UTC().Format(timeForm))
	if h.Before != "" {
		text += "before " + h.Before + "\n"
	}
	return text
}

// Hash identifies what the head says, whoever signed it.
func (h Head) Hash() string { return tlog.RecordHash([]byte(h.Text())).String() }

const (
	mostNote       = 16 << 10 // bytes of a head
	mostSignatures = 16       // of one head; one is ours
)

var (
	errTooManySignatures = fmt.Errorf("it has more than %d signatures", mostSignatures)
	errNoHead            = errors.New("it is not in the form of a head")
)

// Parse reads a head and does not check its signature. The key is that of the first signature.
func Parse(text string) (Head, error) {
	if len(text) > mostNote {
		if strings.Count(text, "\n— ") > mostSignatures {
			return Head{}, errTooManySignatures
		}
		return Head{}, errNoHead
	}
	body, signatures, signed := strings.Cut(text, "\n\n")
	if !signed {
		return Head{}, errNoHead
	}
	if strings.Count("\n"+signatures, "\n— ") > mostSignatures {
		return Head{}, errTooManySignatures
	}
	h, err := parseText(body + "\n")
	if err != nil {
		return Head{}, err
	}
	h.Note, h.Key = text, firstKey(text)
	return h, nil
}

// parseText accepts exactly what Text writes.
func parseText(text string) (h Head, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 6 {
		return h, errNoHead
	}
	h.Origin = lines[0]
	if h.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || h.Size < 1 {
		return h, errNoHead
	}
	if h.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return h, errNoHead
	}
	section, _ := strings.CutPrefix(lines[3], "section ")
	if h.Section, err = strconv.ParseInt(section, 10, 64); err != nil || h.Section < 1 {
		return h, errNoHead
	}
	at, _ := strings.CutPrefix(lines[4], "time ")
	if h.At, err = time.Parse(timeForm, at); err != nil {
		return h, errNoHead
	}
	h.Before, _ = strings.CutPrefix(lines[5], "before ")
	if h.Origin == "" || h.Text() != text {
		return h, errNoHead
	}
	return h, nil
}

// firstKey is the id of the key of the first signature, "" if there is none.
func firstKey(text string) string {
	_, err := note.Open([]byte(text), note.VerifierList())
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) || len(unverified.Note.UnverifiedSigs) == 0 {
		return ""
	}
	s := unverified.Note.UnverifiedSigs[0]
	return keyID(s.Name, s.Hash)
}

var (
	errUnknownKey   = errors.New("no key that is known signed it")
	errBadSignature = errors.New("its signature is not that of its key")
)

// open reads a head and checks that one of the keys signed it. It returns the head also when only the signature is
// wrong. Signatures of others, such as witnesses, may stand beside ours.
func open(text string, keys note.Verifiers) (Head, error) {
	h, err := Parse(text)
	if err != nil {
		return h, err
	}
	n, err := note.Open([]byte(text), keys)
	var unverified *note.UnverifiedNoteError
	var invalid *note.InvalidSignatureError
	switch {
	case errors.As(err, &unverified):
		return h, errUnknownKey
	case errors.As(err, &invalid):
		return h, errBadSignature
	case err != nil:
		return h, errNoHead
	}
	h.Key = keyID(n.Sigs[0].Name, n.Sigs[0].Hash)
	return h, nil
}
