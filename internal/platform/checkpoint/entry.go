package checkpoint

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Everything that is hashed begins with what it is, so that nothing can be mistaken for something else.
const (
	entryDomain      = "toh-entry-1"
	leafDomain       = "toh-entry-leaf-1"
	checkpointDomain = "toh-checkpoint-1"
	roundDomain      = "toh-round-1"
	scopesDomain     = "toh-round-scopes-1"
)

// signedRounds is the domain in which rounds are signed.
var signedRounds = signing.Framed(roundDomain)

// entryFields are the fields of an entry that its hash covers, in order. A later release that adds a field must not add
// it here, where older checkpoints would no longer match, but hash it under a domain of its own.
var entryFields = []string{
	"about", "action", "actor", "at", "by", "expires", "outcome", "record", "request", "role", "session", "shown",
	"trace",
}

// Leaf is what a checkpoint keeps of an entry: enough to tell whether it exists, whether it is unchanged, and whether
// it may be gone.
type Leaf struct {
	ID   string    `json:"i"`
	At   int64     `json:"t"` // microseconds
	Hash tlog.Hash `json:"h"`
}

func (l Leaf) at() time.Time { return time.UnixMicro(l.At).UTC() }

// expired reports whether the entry's lifetime is over; only then may it be missing. The entry's own expiry field does
// not count, because it could have been changed.
func (l Leaf) expired(now time.Time) bool { return !l.at().Add(audit.Lifetime).After(now) }

func (l Leaf) record() tlog.Hash {
	buf := part(nil, leafDomain)
	buf = part(buf, l.ID)
	buf = binary.AppendVarint(buf, l.At)
	return tlog.RecordHash(append(buf, l.Hash[:]...))
}

// leafOf makes the leaf of an entry as the database returns it.
func leafOf(d *store.Doc) (Leaf, error) {
	at, ok := d.Fields["at"].(time.Time)
	if !ok {
		return Leaf{}, fmt.Errorf("checkpoint: %s has no time", d.Ref)
	}
	hash, err := entryHash(d)
	return Leaf{ID: d.Ref.ID, At: at.UnixMicro(), Hash: hash}, err
}

// entryHash is the hash of an entire entry: its place, version and times, all fields, the sealed body and the proof.
func entryHash(d *store.Doc) (tlog.Hash, error) {
	buf := part(make([]byte, 0, 1024), entryDomain)
	buf = part(buf, d.Ref.String())
	for _, n := range []int64{d.Version, d.Created.UnixMicro(), d.Updated.UnixMicro()} {
		buf = binary.AppendVarint(buf, n)
	}
	for _, name := range entryFields {
		value, there := d.Fields[name]
		if !there {
			continue
		}
		text, err := seal.AppendField(nil, value)
		if err != nil {
			return tlog.Hash{}, fmt.Errorf("checkpoint: field %q of %s: %w", name, d.Ref, err)
		}
		buf = part(part(buf, name), string(text))
	}
	buf = part(part(buf, ""), string(d.Body))
	buf = part(buf, string(d.Proof))
	return sha256.Sum256(buf), nil
}

// part writes a text with its length.
func part(buf []byte, text string) []byte {
	buf = binary.AppendUvarint(buf, uint64(len(text)))
	return append(buf, text...)
}

// inOrder puts leaves into the order of their tree.
func inOrder(leaves []Leaf) {
	slices.SortFunc(leaves, func(a, b Leaf) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID)) })
}
