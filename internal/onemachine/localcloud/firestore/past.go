package firestore

import (
	"encoding/binary"
	"errors"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// Replacing or deleting a document keeps its earlier content, under the document's key and the time of the change. A
// second table lists the changes by time. Index entries have no history: a query at an earlier time undoes the changes
// since then, in memory.

// versionKey is the key of the content that a document had until the change at this time; the value is empty if the
// document did not exist.
func versionKey(docKey []byte, at time.Time) []byte {
	key := append(append(make([]byte, 0, len(docKey)+8), docKey...), 0, 0, 0, 0, 0, 0, 0, 0)
	key[1] = tableVersions
	binary.BigEndian.PutUint64(key[len(docKey):], micros(at))
	return key
}

// changeKey says that the document was changed at this time.
func changeKey(docKey []byte, at time.Time) []byte {
	key := append(make([]byte, 0, len(docKey)+8), docKey[:tableLen]...)
	key[1] = tableChanges
	return append(binary.BigEndian.AppendUint64(key, micros(at)), docKey[tableLen:]...)
}

// changesAfter is where the changes after a time begin.
func changesAfter(id uint32, at time.Time) []byte {
	return binary.BigEndian.AppendUint64(tableKey(tableChanges, id), micros(at)+1)
}

func micros(t time.Time) uint64 { return uint64(max(t.UnixMicro(), 0)) } // #nosec G115 -- not negative

// docOfChange splits a key of the table of changes into the time and the key of the document.
func docOfChange(key []byte) (at time.Time, doc []byte) {
	at = time.UnixMicro(int64(binary.BigEndian.Uint64(key[tableLen:]))) // #nosec G115 -- as written
	doc = append(append(make([]byte, 0, len(key)), key[:tableLen]...), key[tableLen+8:]...)
	doc[1] = tableDocs
	return at, doc
}

// keepOld stores what a document was before a change.
func keepOld(b *kv.Batch, ch *change, at time.Time) {
	key := versionKey(ch.key, at)
	if ch.old == nil {
		b.Set(key, nil)
	} else {
		b.SetFrom(key, wire.Size(ch.old), func(dst []byte) []byte { return wire.AppendDocument(dst, ch.old) })
	}
	b.Set(changeKey(ch.key, at), nil)
}

// snapshotNow pauses commits for a moment: the snapshot holds exactly what happened up to the time.
func (s *Server) snapshotNow(d *database) (time.Time, *kv.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return s.now(), s.kv.Snapshot()
}

// snapshotAt is a snapshot from which an earlier time can be read: everything that happened up to then is in it, and
// earlier contents are kept.
func (s *Server) snapshotAt(d *database, past *timestamppb.Timestamp) (time.Time, *shared, error) {
	at := past.AsTime()
	switch {
	case past.CheckValid() != nil:
		return at, nil, invalid("The requested 'read_time' is not a valid timestamp.")
	case past.GetNanos()%1000 != 0:
		return at, nil, invalid("timestamp cannot have more than microseconds precision")
	case at.UnixMicro() > max(s.clock().UnixMicro(), s.last.Load()):
		return at, nil, invalid("The requested 'read_time' cannot be in the future.")
	}
	s.after(at.UnixMicro()) // no later commit gets this time or an earlier one
	d.mu.Lock()
	snap, now := s.kv.Snapshot(), s.clock()
	history, created, err := d.history(), d.record.Created, error(nil)
	d.mu.Unlock()
	kept, err := d.keptSince(snap, created, now, history)
	if err == nil {
		err = checkPast(at, kept, now)
	}
	if err != nil {
		return at, nil, errors.Join(err, snap.Close())
	}
	return at, (&shared{Snapshot: snap}).use(), nil
}

// checkPast refuses times that are not kept, and those that Google does not answer: more than an hour back it knows
// only whole minutes.
func checkPast(at, kept, now time.Time) error {
	if at.Before(kept) {
		return precondition("The requested 'read_time' is too old.")
	}
	if now.Sub(at) > shortHistory && at.UnixMicro()%time.Minute.Microseconds() != 0 {
		return invalid("A 'read_time' of more than an hour ago must be a whole minute.")
	}
	return nil
}

// pastView is the view of an earlier time. It releases the snapshot when it is closed.
func (d *database) pastView(snap *shared, at time.Time, n needs) (view, error) {
	r := &pastReader{snap: snap, at: at}
	if !n.keys {
		d.mu.RLock()
		err := r.takeBack(d, n.group)
		d.mu.RUnlock()
		if err != nil {
			return view{}, errors.Join(err, snap.free())
		}
	}
	return view{reader: r, at: at, close: snap.free}, nil
}

// pastReader reads a snapshot as it was at an earlier time.
type pastReader struct {
	snap *shared
	at   time.Time
	undo []undo
}

// View looks for the first change of the document after the time: the content before that change is the answer.
func (r *pastReader) View(key []byte, fn func([]byte) error) error {
	found := false
	before := versionKey(key, r.at.Add(time.Microsecond))
	err := r.snap.Scan(kv.Range{Lo: before, Hi: kv.PrefixEnd(before[:len(key)])}, func(_, old []byte) error {
		found = true
		if len(old) == 0 {
			return kv.ErrNotFound
		}
		if err := fn(old); err != nil {
			return err
		}
		return kv.Stop
	})
	if found || err != nil {
		return err
	}
	return r.snap.View(key, fn)
}

// takeBack records what must be different in the snapshot for the state at the time. The caller holds the database's
// mu.
func (r *pastReader) takeBack(d *database, group string) error {
	seen := map[string]bool{}
	changes := changesAfter(d.id, r.at)
	err := r.snap.Scan(kv.Range{Lo: changes, Hi: kv.PrefixEnd(changes[:tableLen])}, func(key, _ []byte) error {
		at, doc := docOfChange(key)
		if seen[string(doc)] || group != "" && groupOf(doc) != group {
			return nil
		}
		seen[string(doc)] = true
		return r.takeBackOne(d, doc, at)
	})
	sortUndo(r.undo)
	return err
}

// takeBackOne undoes all changes of a document since at, the first of them.
func (r *pastReader) takeBackOne(d *database, key []byte, at time.Time) error {
	stored, err := r.snap.Get(versionKey(key, at))
	if err != nil {
		return err
	}
	if err := r.undoEntries(d, key, stored); err != nil {
		return err
	}
	r.undo = append(r.undo, undo{key: key, value: stored, gone: len(stored) == 0})
	if len(r.undo) > maxUndo {
		return errTooMuch()
	}
	return nil
}

// undoEntries removes the document's entries in the snapshot, and puts those of the older content in their place.
func (r *pastReader) undoEntries(d *database, key, older []byte) error {
	now, err := readDocument(r.snap, key)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return err
	}
	then := (*pb.Document)(nil)
	if len(older) > 0 {
		if then, err = wire.Document(older, nil); err != nil {
			return err
		}
	}
	for i, doc := range []*pb.Document{now, then} {
		if doc == nil {
			continue
		}
		name, err := resource.ParseDoc(doc.GetName())
		if err != nil {
			return err
		}
		x, err := d.indexer(name)
		if err != nil {
			return err
		}
		entries := x.entries(doc.GetFields(), nil)
		for _, k := range entries.keys {
			r.undo = append(r.undo, undo{key: append([]byte{}, k...), gone: i == 0})
		}
		entries.free()
	}
	return nil
}

// groupOf is the id of the collection of the document at a key.
func groupOf(docKey []byte) string {
	id := ""
	for rest := docKey[tableLen:]; rest[0] != resource.End; {
		id, rest = resource.TakeSegment(rest)
	}
	return id
}
