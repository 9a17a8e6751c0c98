package firestore

import (
	"fmt"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// rebuildBatch is how many bytes of index entries are written at a time.
const rebuildBatch = 4 << 20

// finishRebuild makes new index entries for the groups that the record names. It can be interrupted and restarted at
// any point.
func (s *Server) finishRebuild(d *database) error {
	if len(d.record.Rebuild) == 0 {
		return nil
	}
	for _, name := range d.record.Rebuild {
		if err := s.rebuildGroup(d, name); err != nil {
			return fmt.Errorf("rebuild indexes of %s: %w", name, err)
		}
	}
	next := d.record
	next.Rebuild = nil
	if err := s.saveRecord(d, next); err != nil {
		return err
	}
	d.record = next
	return nil
}

// rebuildGroup drops all entries except those of membership, by which it finds the documents.
func (s *Server) rebuildGroup(d *database, name string) error {
	base, err := d.findGroup(name)
	if err != nil {
		return err
	}
	members := append(append([]byte{}, base...), indexMembers)
	drop := s.kv.Batch()
	drop.DeleteRange(append(append([]byte{}, base...), indexMembers+1), kv.PrefixEnd(base))
	if err := drop.CommitLater(); err != nil {
		return err
	}
	b := s.kv.Batch()
	err = s.kv.Scan(kv.Prefix(members), func(key, _ []byte) error {
		if err := s.reindex(b, d, name, key[len(members):]); err != nil {
			return err
		}
		if b.Len() < rebuildBatch {
			return nil
		}
		full := b
		b = s.kv.Batch()
		return full.CommitLater()
	})
	if err != nil {
		return err
	}
	return b.Commit()
}

// reindex adds the entries of one document.
func (s *Server) reindex(b *kv.Batch, d *database, group string, path []byte) error {
	doc, err := readDocument(s.kv, keyOfPath(d.id, path))
	if err != nil {
		return err
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
	defer entries.free()
	for _, key := range entries.keys {
		b.Set(key, nil)
	}
	return entries.check()
}
