package signing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Domain is a sort of texts that are signed. What is signed for one domain is never the same bytes as what is signed
// for another.
type Domain struct {
	name     string // "" is Notes
	envelope bool   // name is the type of a payload
}

// Notes is the domain of texts that are signed as they are, so that common tools can check them. Such a text must not
// be empty, has no control characters but line breaks, and does not begin as an envelope does.
var Notes = Domain{}

// Framed is the domain of that name. What is signed is the name and the text, each after its length. The length of the
// name is therefore the first byte, and a control character but no line break, so that it cannot begin a note.
func Framed(name string) Domain {
	if n := len(name); n == 0 || n >= ' ' || n == '\n' {
		panic(fmt.Sprintf("signing: the name of a domain cannot have %d bytes", n))
	}
	return Domain{name: name}
}

// envelopeMark begins what is signed for every envelope. No note can begin with it.
const envelopeMark = "DSSEv1 "

// Envelope is the domain of payloads of a type in envelopes of DSSE v1, which common tools can check:
// https://github.com/secure-systems-lab/dsse
func Envelope(payloadType string) Domain {
	if payloadType == "" {
		panic("signing: an envelope has a type of payload")
	}
	return Domain{payloadType, true}
}

var errNotANote = errors.New("a note that is signed has no control characters, and is no envelope")

// Text is what is signed for the domain.
func (d Domain) Text(text []byte) ([]byte, error) {
	if d.name == "" {
		return text, checkNote(text)
	}
	if d.envelope {
		return fmt.Appendf(nil, "%s%d %s %d %s", envelopeMark, len(d.name), d.name, len(text), text), nil
	}
	buf := make([]byte, 0, 1+len(d.name)+binary.MaxVarintLen64+len(text))
	buf = append(append(buf, byte(len(d.name))), d.name...) // #nosec G115 -- Framed takes fewer than 32 bytes
	return append(binary.AppendUvarint(buf, uint64(len(text))), text...), nil
}

func checkNote(text []byte) error {
	if len(text) == 0 || !utf8.Valid(text) || bytes.HasPrefix(text, []byte(envelopeMark)) {
		return errNotANote
	}
	for _, c := range text {
		if c < ' ' && c != '\n' {
			return errNotANote
		}
	}
	return nil
}
