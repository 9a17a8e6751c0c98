package check

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// The kinds of entries that the history itself makes. All others belong to who records them.
const (
	KindSection = "section" // the first entry of each section but the first: see Beginning
	KindKey     = "key"     // another key signs from here on: see KeyChange
)

// Entry is one thing that was recorded.
type Entry struct {
	Section int64           `json:"section"` // from 1
	Number  int64           `json:"number"`  // within the section, from 0
	At      time.Time       `json:"at"`
	Kind    string          `json:"kind"`
	Data    json.RawMessage `json:"data"` // compact JSON; its exact bytes are hashed
	// Hash is what the history has stored as the entry's hash. It need not be there; with it a check can say which
	// entry was changed.
	Hash *tlog.Hash `json:"hash,omitempty"`
}

// UnmarshalJSON reads an entry. White space that was put into the data on the way is removed again.
func (e *Entry) UnmarshalJSON(raw []byte) error {
	type plain Entry
	if err := json.Unmarshal(raw, (*plain)(e)); err != nil {
		return err
	}
	var tight bytes.Buffer
	if err := json.Compact(&tight, e.Data); err != nil {
		return err
	}
	e.Data = tight.Bytes()
	return nil
}

// entryDomain begins everything that is hashed of an entry.
const entryDomain = "toh-history-entry-1"

// Record is the entry's hash as it is in the tree: over its section, number, time in microseconds, kind and data, each
// text after its length.
func (e Entry) Record() tlog.Hash {
	buf := part(make([]byte, 0, len(e.Data)+len(e.Kind)+64), entryDomain)
	for _, n := range []int64{e.Section, e.Number, e.At.UnixMicro()} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(n)) // #nosec G115 -- the same 64 bits
	}
	return tlog.RecordHash(part(part(buf, e.Kind), string(e.Data)))
}

// part writes a text after its length, which has eight bytes.
func part(buf []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(buf, uint64(len(text))), text...)
}

// Beginning is the data of the first entry of a section after the first: why it begins, and how the one before ended.
type Beginning struct {
	Why     string    `json:"why"`
	Noticed time.Time `json:"noticed"`
	// Before is the last head that was signed before, and Key the key that signed it.
	Before string `json:"before"`
	Key    *Key   `json:"key,omitempty"`
	// Missing is how many of the entries under that head are gone.
	Missing int64 `json:"missing"`
	// Kept is the newest head that the remaining entries still have, "" if there is none.
	Kept string `json:"kept,omitempty"`
}

// KeyChange is the data of an entry that says which key signs from here on.
type KeyChange struct {
	Old string `json:"old,omitempty"` // the id of the key that signed before, in this section
	New Key    `json:"new"`
}

// beginning reads the data of an entry that begins a section.
func (e Entry) beginning() (b Beginning, err error) {
	if e.Kind != KindSection {
		return b, fmt.Errorf("its kind is %q", e.Kind)
	}
	return b, json.Unmarshal(e.Data, &b)
}

// Page is how entries are published: some of a section, from a number on.
type Page struct {
	Section int64   `json:"section"`
	From    int64   `json:"from"`
	Entries []Entry `json:"entries"`
	Next    int64   `json:"next"` // from where on there are more, 0 if there are none
}
