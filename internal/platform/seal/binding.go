package seal

import (
	"encoding/binary"
	"errors"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Binding says where a sealed text belongs. It cannot be opened anywhere else.
type Binding struct {
	Scope model.Scope
	Kind  string // the collection
	ID    string // the document, or the file
	Field string // "" for the body
}

// Domains keep the uses of one keyring's keys apart.
const (
	textDomain = "toh-text-1"
	fileDomain = "toh-file-1"
)

// appendTo writes the binding so that no two bindings look the same: every part with its length.
func (b Binding) appendTo(buf []byte, domain string) []byte {
	buf = appendPart(buf, domain)
	buf = appendPart(buf, string(b.Scope.Kind))
	buf = appendPart(buf, b.Scope.ID)
	buf = appendPart(buf, b.Kind)
	buf = appendPart(buf, b.ID)
	return appendPart(buf, b.Field)
}

func appendPart(buf []byte, part string) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(part)))
	return append(buf, part...)
}

// check refuses a binding that is incomplete, or that belongs to another keyring.
func (b Binding) check(ring model.Scope) error {
	switch {
	case b.Scope != ring:
		return errors.New("seal: the binding has another scope than the keyring")
	case b.Kind == "" || b.ID == "":
		return errors.New("seal: the binding has no kind or no id")
	}
	return nil
}
