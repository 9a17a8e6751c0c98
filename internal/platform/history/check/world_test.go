package check_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

const origin = "opera.example/security/history"

var start = time.Date(2026, 3, 14, 19, 32, 0, 123456000, time.UTC)

// pair is a key that signs heads.
type pair struct {
	private *ecdsa.PrivateKey
	check.Key
}

func newPair(t testing.TB, name string) pair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	key, err := check.NewKey(name, &private.PublicKey)
	must(t, err)
	return pair{private, key}
}

// signer signs notes.
func (p pair) signer(t testing.TB, text string) note.Signer {
	t.Helper()
	digest := sha256.Sum256([]byte(text))
	raw, err := ecdsa.SignASN1(rand.Reader, p.private, digest[:])
	must(t, err)
	s, err := p.Signer(raw)
	must(t, err)
	return s
}

func (p pair) sign(t testing.TB, text string) string {
	t.Helper()
	raw, err := note.Sign(&note.Note{Text: text}, p.signer(t, text))
	must(t, err)
	return string(raw)
}

// history is one in memory, with one entry a minute.
type history struct {
	t        testing.TB
	pair     pair
	section  int64
	before   string
	number   int64
	at       time.Time
	records  []tlog.Hash // of the section
	entries  []check.Entry
	keys     []check.Key
	lastHead check.Head
}

func newHistory(t testing.TB) *history {
	t.Helper()
	h := &history{t: t, section: 1, at: start}
	h.rotate("v1")
	return h
}

// well is a history of ten entries with its head, which a check finds well.
func well(t testing.TB) (*history, check.Bundle) {
	t.Helper()
	h := newHistory(t)
	for range 9 {
		h.add()
	}
	b := h.bundle(h.head())
	if r := check.Verify(b); r.State != check.Well || r.Covered != 10 {
		t.Fatalf("%+v", r)
	}
	return h, b
}

func (h *history) append(kind string, data any) check.Entry {
	h.t.Helper()
	raw, err := json.Marshal(data)
	must(h.t, err)
	h.at = h.at.Add(time.Minute)
	e := check.Entry{Section: h.section, Number: h.number, At: h.at, Kind: kind, Data: raw}
	hash := e.Record()
	e.Hash = &hash
	h.number++
	h.records = append(h.records, hash)
	h.entries = append(h.entries, e)
	return e
}

func (h *history) add() check.Entry {
	h.t.Helper()
	return h.append("result", map[string]any{"n": h.number, "says": "a < b & c", "state": "kept"})
}

// rotate makes another key sign.
func (h *history) rotate(version string) {
	h.t.Helper()
	h.pair = newPair(h.t, origin+"/"+version)
	h.keys = append(h.keys, h.pair.Key)
	h.names()
}

func (h *history) names() { h.append(check.KindKey, check.KeyChange{New: h.pair.Key}) }

// plain is the text of a head over the first entries.
func (h *history) plain(size int64) check.Head {
	h.t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		list := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			list[i] = stored[at]
		}
		return list, nil
	})
	for n, r := range h.records[:size] {
		more, err := tlog.StoredHashesForRecordHash(int64(n), r, read)
		must(h.t, err)
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(size, read)
	must(h.t, err)
	return check.Head{Origin: origin, Size: size, Root: root, Section: h.section, At: h.at, Before: h.before}
}

// head signs a head over everything.
func (h *history) head() string {
	h.t.Helper()
	h.lastHead = h.plain(h.number)
	return h.pair.sign(h.t, h.lastHead.Text())
}

// restart begins a new section that names the last head; the last entries are gone.
func (h *history) restart(head string, gone int) {
	h.t.Helper()
	h.entries = h.entries[:len(h.entries)-gone]
	h.before = h.lastHead.Hash()
	h.section, h.number, h.records = h.section+1, 0, nil
	h.append(check.KindSection, check.Beginning{Why: "It was restored.", Noticed: h.at, Before: head,
		Missing: int64(gone)})
	h.names()
}

func (h *history) bundle(heads ...string) check.Bundle {
	return check.Bundle{Origin: origin, Entries: slices.Clone(h.entries), Heads: heads, Keys: slices.Clone(h.keys)}
}

// kinds are the findings of a check, as in "entry-changed 1/4".
func kinds(r check.Report) []string {
	list := []string{}
	for _, f := range r.Findings {
		text := fmt.Sprintf("%s %d/%d", f.Kind, f.Section, f.Number)
		if f.Size > 0 {
			text += fmt.Sprintf(" of %d", f.Size)
		}
		list = append(list, text)
	}
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
