package kv

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// load writes and reads as the service does when people read reports: for each report an entry of the trail, with its
// index entries and its history, now and then a changed report, and a few reads.
type load struct {
	b       *testing.B
	db      *pebble.DB
	rng     *rand.Rand
	at      uint64
	reports [][]byte
}

const manyReports = 10_000

func newLoad(b *testing.B, db *pebble.DB) *load {
	l := &load{b: b, db: db, rng: rand.New(rand.NewPCG(1, 2))} // #nosec G404 -- made-up data
	for range manyReports {
		batch, id := db.NewBatch(), l.id()
		l.doc(batch, "reports", id, nil, 1600)
		l.commit(batch)
		l.reports = append(l.reports, id)
	}
	return l
}

// noise is what sealed bodies look like.
var noise = func() []byte {
	out := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(out) // never fails
	return out
}()

func (l *load) sealed(n int) []byte {
	from := l.rng.IntN(len(noise) - n)
	return noise[from : from+n]
}

// id is a random name in 26 letters.
func (l *load) id() []byte {
	out := bytes.Clone(l.sealed(26))
	for i := range out {
		out[i] = "0123456789abcdefghjkmnpqrstvwxyz"[out[i]&31]
	}
	return out
}

func (l *load) report() []byte { return l.reports[l.rng.IntN(len(l.reports))] }

func (l *load) time() []byte { return binary.BigEndian.AppendUint64(nil, l.at) }

func joined(parts ...any) (out []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			out = append(out, p...)
		case []byte:
			out = append(out, p...)
		}
	}
	return out
}

// Keys are as long and as alike as those of the Firestore server.
const (
	entries = "fi\x00\x00\x00\x01\x00\x00\x00\x03"
	room    = "\x00\x00\x00\x01workspaces\x014kq3v7m2x9p1c8d64kq3v7m2x9\x01"
	end     = "\x01\x00"
	fields  = "action actor at by expires outcome proof record request role session updated version"
)

// doc writes a document, what it was before, and that it was changed.
func (l *load) doc(b *pebble.Batch, table string, id, old []byte, size int) {
	l.at++
	name := joined(room, table, end, id, end)
	l.set(b, joined("fd", name), joined(l.sealed(size), fields))
	l.set(b, joined("fo", name, l.time()), old)
	l.set(b, joined("fw\x00\x00\x00\x01", l.time(), name), nil)
}

func (l *load) set(b *pebble.Batch, key, value []byte) {
	if err := b.Set(key, value, nil); err != nil {
		l.b.Fatal(err)
	}
}

// commit does not wait for the disk, which takes no processor time.
func (l *load) commit(b *pebble.Batch) {
	if err := b.Commit(pebble.NoSync); err != nil {
		l.b.Fatal(err)
	}
	if err := b.Close(); err != nil {
		l.b.Fatal(err)
	}
}

// entry writes an entry of the trail, and sometimes a report.
func (l *load) entry() {
	l.at += l.rng.Uint64N(1_000_000)
	b, id := l.db.NewBatch(), l.id()
	l.doc(b, "audit", id, nil, 560)
	account := "account-" + string("abcdefghijklmnopqrst"[l.rng.IntN(20)])
	for n, value := range []string{account, "report.read", "done", "instance-1", string(l.report()), "at", "expires"} {
		l.set(b, joined(entries, "\x07", []byte{byte(n)}, value, "\x00", l.time(), id, end), nil)
	}
	l.set(b, joined(entries, "\x01", room, id, end), nil)
	if l.rng.IntN(8) == 0 { // a draft saves itself
		l.doc(b, "reports", l.report(), l.sealed(1600), 1600)
	}
	l.commit(b)
}

// read reads five reports, and the latest fifty entries of an account.
func (l *load) read() {
	for range 5 {
		_, closer, err := l.db.Get(joined("fd", room, "reports", end, l.report(), end))
		if err != nil {
			l.b.Fatal(err)
		}
		_ = closer.Close()
	}
	lo := joined(entries, "\x07\x00account-a\x00")
	it, err := l.db.NewIter(&pebble.IterOptions{LowerBound: lo, UpperBound: PrefixEnd(lo)})
	if err != nil {
		l.b.Fatal(err)
	}
	n := 0
	for ok := it.Last(); ok && n < 50; ok = it.Prev() {
		n++
	}
	if err := it.Close(); err != nil {
		l.b.Fatal(err)
	}
}

// settle waits until nothing is left to do in the background.
func (l *load) settle() {
	if err := l.db.Flush(); err != nil {
		l.b.Fatal(err)
	}
	for quiet := 0; quiet < 3; quiet++ {
		if m := l.db.Metrics(); m.Compact.NumInProgress > 0 || m.Flush.NumInProgress > 0 {
			quiet = -1
		}
		time.Sleep(20 * time.Millisecond)
	}
}
