package firestore

import (
	"google.golang.org/protobuf/encoding/protowire"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
)

// readMasked reads what the mask names of the document at key. Fields that are not wanted are not decoded either, which for long lists is
// most of the work.
func readMasked(r kv.Reader, key []byte, m *mask) (*pb.Document, error) {
	doc := &pb.Document{}
	err := r.View(key, func(value []byte) error { return m.unmarshal(value, doc) })
	if err != nil {
		return nil, err
	}
	return doc, nil
}

func (m *mask) unmarshal(value []byte, doc *pb.Document) error {
	if m == nil || m.flat == nil {
		err := proto.Unmarshal(value, doc)
		m.project(doc)
		return err
	}
	err := proto.Unmarshal(cut(value, m.flat), doc)
	if doc.Fields == nil {
		doc.Fields = map[string]*pb.Value{}
	}
	return err
}

// flatten notes the names of the fields, unless one reaches into a map.
func (m *mask) flatten() {
	names := make(map[string]bool, len(m.paths))
	for _, p := range m.paths {
		if len(p.Segments) != 1 {
			return
		}
		if !p.IsName() {
			names[p.Segments[0]] = true
		}
	}
	m.flat = names
}

// Numbers of fields in the encoding of a document and of an entry of its map of fields.
const (
	fieldsNumber protowire.Number = 2
	keyNumber    protowire.Number = 1
)

// cut drops from an encoded document the fields that are not named. What is not well formed stays for the decoder to refuse.
func cut(value []byte, names map[string]bool) []byte {
	kept := make([]byte, 0, len(value))
	for len(value) > 0 {
		number, kind, n := protowire.ConsumeTag(value)
		if n < 0 {
			return append(kept, value...)
		}
		length := protowire.ConsumeFieldValue(number, kind, value[n:])
		if length < 0 {
			return append(kept, value...)
		}
		if number != fieldsNumber || kind != protowire.BytesType || names[string(entryKey(value[n:]))] {
			kept = append(kept, value[:n+length]...)
		}
		value = value[n+length:]
	}
	return kept
}

// entryKey is the key of an entry of a map.
func entryKey(value []byte) []byte {
	entry, _ := protowire.ConsumeBytes(value)
	for len(entry) > 0 {
		number, kind, n := protowire.ConsumeTag(entry)
		if n < 0 {
			return nil
		}
		if number == keyNumber && kind == protowire.BytesType {
			key, _ := protowire.ConsumeBytes(entry[n:])
			return key
		}
		length := protowire.ConsumeFieldValue(number, kind, entry[n:])
		if length < 0 {
			return nil
		}
		entry = entry[n+length:]
	}
	return nil
}
