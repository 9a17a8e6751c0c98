package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// A document's fields, which are stored in the clear, are authenticated by a second value beside the body: a hash of
// each field, and a keyed code over these hashes, the place, the version, the times and the sealed body.
//
// The proof is not associated data of the body, because the previous release must still be able to open what this one
// writes. Instead the body records, inside what is sealed, that a proof belongs to it: its text begins with a line
// break, which no encoder writes and every decoder skips. So nobody without the key can remove the proof unnoticed, and
// a document that the previous release has written over simply has none.
const (
	proofSchema = 1
	proofFlag   = '\n'
	proofDomain = "toh-proof-1"
	fieldDomain = "toh-field-1"
	// of one field; only the product chooses ids and times, so nobody can search for two that collide
	hashSize = 16
	maxProof = 8 << 10
)

// errAltered is the cause of the error when a field or another authenticated value is not what was stored.
var errAltered = errors.New("seal: a field beside the body was changed")

// proof is a proof that was read: the hashes by field.
type proof struct {
	hashes map[string][hashSize]byte
	code   []byte
}

// SealDoc seals head and text as the body of a document that is otherwise complete, and makes the proof of its fields.
// over is the document that it replaces, nil if there is none: fields there that only a later release knows are kept,
// and stay covered by the proof.
func (r *Ring) SealDoc(d, over *store.Doc, declared []store.Field, head, text []byte) error {
	if len(text) > 0 && text[0] == proofFlag {
		return errors.New("seal: the text begins as one that has a proof")
	}
	plain := make([]byte, 0, len(head)+1+len(text))
	plain = append(append(append(plain, head...), proofFlag), text...)
	body, err := r.Seal(plain, bindingOf(d.Ref))
	if err != nil {
		return err
	}
	hashes := map[string][hashSize]byte{}
	if over != nil {
		if before, err := readProof(over.Proof); err == nil {
			maps.Copy(hashes, before.hashes)
		}
	}
	for _, f := range declared {
		delete(hashes, f.Name)
	}
	for name, value := range d.Fields {
		h, err := fieldHash(name, value)
		if err != nil {
			return err
		}
		hashes[name] = h
	}
	d.Body = body
	list := appendHashes(nil, hashes)
	code := r.code(d, list)
	if d.Proof = append(list, code[:]...); len(d.Proof) > maxProof {
		return fmt.Errorf("seal: the proof of %s has %d bytes", d.Ref, len(d.Proof))
	}
	return nil
}

// OpenDoc opens a document's body, whose first bytes are a head, and checks the fields that were read. If anything is
// not as it was stored, it is ErrInvalid.
func (r *Ring) OpenDoc(d *store.Doc, declared []store.Field, headLen int) (head, text []byte, err error) {
	plain, err := r.Open(d.Body, bindingOf(d.Ref))
	if err != nil {
		return nil, nil, err
	}
	if len(plain) < headLen {
		return nil, nil, invalid(fmt.Errorf("seal: the body of %s is too short", d.Ref))
	}
	head, text = plain[:headLen], plain[headLen:]
	if len(text) == 0 || text[0] != proofFlag {
		return head, text, nil // written by a release that had no proofs
	}
	if err := r.check(d, declared); err != nil {
		return nil, nil, invalid(fmt.Errorf("%w: %s", err, d.Ref))
	}
	return head, text[1:], nil
}

// check checks the fields of a document whose body says that there is a proof.
func (r *Ring) check(d *store.Doc, declared []store.Field) error {
	p, err := readProof(d.Proof)
	if err != nil {
		return err
	}
	want := r.code(d, d.Proof[:len(d.Proof)-len(p.code)])
	if !hmac.Equal(p.code, want[:]) {
		return errAltered
	}
	return p.matches(d, declared)
}

// code is the keyed code of a proof.
func (r *Ring) code(d *store.Doc, list []byte) [sha256.Size]byte {
	sum := sha256.Sum256(d.Body)
	buf := appendPart(make([]byte, 0, 256+len(list)), string(d.Ref.Scope.Kind))
	buf = appendPart(buf, d.Ref.Scope.ID)
	buf = appendPart(buf, d.Ref.Collection)
	buf = appendPart(buf, d.Ref.ID)
	buf = appendPart(buf, string(list))
	buf = binary.AppendVarint(buf, d.Version)
	buf = binary.AppendVarint(buf, micro(d.Created))
	buf = binary.AppendVarint(buf, micro(d.Updated))
	return r.index.keyed("proof", proofDomain, string(append(buf, sum[:]...)))
}

// matches reports whether the fields of a document are those of the proof. Fields that were not read, and those that
// only a later release knows, are skipped.
func (p proof) matches(d *store.Doc, declared []store.Field) error {
	for name, value := range d.Fields {
		h, err := fieldHash(name, value)
		if err != nil || p.hashes[name] != h {
			return fmt.Errorf("%w: field %q", errAltered, name)
		}
	}
	for _, f := range declared {
		_, proved := p.hashes[f.Name]
		if _, there := d.Fields[f.Name]; proved && !there && !f.Unread {
			return fmt.Errorf("%w: field %q is gone", errAltered, f.Name)
		}
	}
	return nil
}

// appendHashes writes the schema and the hashes, sorted by field.
func appendHashes(buf []byte, hashes map[string][hashSize]byte) []byte {
	buf = append(buf, proofSchema)
	buf = binary.AppendUvarint(buf, uint64(len(hashes)))
	for _, name := range slices.Sorted(maps.Keys(hashes)) {
		h := hashes[name]
		buf = append(appendPart(buf, name), h[:]...)
	}
	return buf
}

// readProof reads what SealDoc wrote. It does not check the code.
func readProof(raw []byte) (proof, error) {
	bad := fmt.Errorf("%w: its proof is missing", errAltered)
	if len(raw) < 2 || len(raw) > maxProof || raw[0] != proofSchema {
		return proof{}, bad
	}
	count, n := binary.Uvarint(raw[1:])
	if n <= 0 || count > maxProof {
		return proof{}, bad
	}
	p, rest := proof{hashes: make(map[string][hashSize]byte, count)}, raw[1+n:]
	for range count {
		size, n := binary.Uvarint(rest)
		if n <= 0 || size > uint64(len(rest)) || uint64(len(rest)) < uint64(n)+size+hashSize {
			return proof{}, bad
		}
		name := string(rest[n : n+int(size)]) // #nosec G115 -- at most len(rest)
		rest = rest[n+int(size):]             // #nosec G115 -- at most len(rest)
		p.hashes[name] = [hashSize]byte(rest[:hashSize])
		rest = rest[hashSize:]
	}
	if p.code = rest; len(rest) != sha256.Size {
		return proof{}, bad
	}
	return p, nil
}

// fieldHash hashes a field as the database returns it: numbers are integers, times have microseconds, an empty list
// counts as a list.
func fieldHash(name string, value any) ([hashSize]byte, error) {
	buf, err := AppendField(appendPart(appendPart(make([]byte, 0, 128), fieldDomain), name), value)
	if err != nil {
		return [hashSize]byte{}, fmt.Errorf("seal: field %q: %w", name, err)
	}
	sum := sha256.Sum256(buf)
	return [hashSize]byte(sum[:]), nil
}

// AppendField writes the value of a field so that no two values look the same, and so that a value always looks the
// same, whatever the database makes of it: numbers are integers, times have microseconds, an empty list counts as a
// list.
func AppendField(buf []byte, value any) ([]byte, error) {
	switch v := value.(type) {
	case string:
		buf = append(append(buf, 's'), v...)
	case int64:
		buf = binary.AppendVarint(append(buf, 'i'), v)
	case bool:
		buf = append(buf, 'b', 0)
		if v {
			buf[len(buf)-1] = 1
		}
	case time.Time:
		buf = binary.AppendVarint(append(buf, 't'), micro(v))
	case []string:
		buf = binary.AppendUvarint(append(buf, 'S'), uint64(len(v)))
		for _, s := range v {
			buf = appendPart(buf, s)
		}
	case []int64:
		buf = binary.AppendUvarint(append(buf, 'I'), uint64(len(v)))
		for _, n := range v {
			buf = binary.AppendVarint(buf, n)
		}
	default:
		return nil, fmt.Errorf("a %T cannot be the value of a field", value)
	}
	return buf, nil
}

// micro is a time as the database keeps it.
func micro(t time.Time) int64 { return t.Truncate(time.Microsecond).UnixMicro() }

func bindingOf(r store.Ref) Binding { return Binding{Scope: r.Scope, Kind: r.Collection, ID: r.ID} }
