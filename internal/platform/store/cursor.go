package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/model"
)

// A cursor is a position: the values of the order fields and the document's path, authenticated together with what the
// cursor was made for. So it can neither be made up nor used for another scope, query or set of filters.
const (
	macSize   = 16
	maxCursor = 8 << 10 // characters; the longest real one has three strings of MaxString
)

var (
	cursorText = base64.RawURLEncoding.Strict()
	stable     = proto.MarshalOptions{Deterministic: true}
)

// binding is what a cursor of this query is bound to. The bounds are not part of it, because a range such as "the last
// fourteen days" moves on between pages.
func (p *plan) binding(f *Find) []byte {
	b := appendText(nil, "toh-cursor-1", f.Scope.String(), p.collection.Name, p.query.Name)
	for _, filter := range p.where {
		op := filter.GetFieldFilter().GetOp()
		if op == pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL ||
			op == pb.StructuredQuery_FieldFilter_LESS_THAN {
			continue
		}
		text, _ := stable.Marshal(filter) // our own message: cannot fail
		b = appendText(b, string(text))
	}
	return b
}

// appendText writes texts with their lengths, so that no two lists of texts look the same.
func appendText(b []byte, texts ...string) []byte {
	for _, t := range texts {
		b = binary.AppendUvarint(b, uint64(len(t)))
		b = append(b, t...)
	}
	return b
}

func (s *Store) mac(binding, payload []byte) []byte {
	h := hmac.New(sha256.New, s.cursorKey)
	h.Write(appendText(nil, string(binding), string(payload)))
	return h.Sum(nil)[:macSize]
}

// cursorAfter is the cursor of what follows a stored document.
func (s *Store) cursorAfter(p *plan, d *pb.Document) string {
	position := &pb.Cursor{}
	for _, o := range p.query.Order {
		position.Values = append(position.Values, d.GetFields()[o.Field])
	}
	position.Values = append(position.Values, stringValue(strings.TrimPrefix(d.GetName(), s.root)))
	payload, _ := stable.Marshal(position) // our own message: cannot fail
	return cursorText.EncodeToString(append(s.mac(p.seal, payload), payload...))
}

// position reads a cursor. A nil result is the start.
func (s *Store) position(p *plan, cursor string) (*pb.Cursor, error) {
	if cursor == "" {
		return nil, nil
	}
	raw, err := cursorText.DecodeString(cursor)
	if err != nil || len(cursor) > maxCursor || len(raw) < macSize {
		return nil, badCursor()
	}
	payload := raw[macSize:]
	if !hmac.Equal(raw[:macSize], s.mac(p.seal, payload)) {
		return nil, badCursor()
	}
	position := &pb.Cursor{}
	if proto.Unmarshal(payload, position) != nil || len(position.Values) != len(p.query.Order)+1 {
		return nil, badCursor()
	}
	last := len(position.Values) - 1
	position.Values[last] = refValue(s.root + position.Values[last].GetStringValue())
	return position, nil
}

func badCursor() error {
	return model.Invalid("This page marker does not belong to this list. Please start again from the first page.")
}
