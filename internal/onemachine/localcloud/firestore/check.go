package firestore

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// CheckConsistency compares every index entry with the documents and every document with the index entries. It reads
// everything.
func (s *Server) CheckConsistency() error {
	snap := s.kv.Snapshot()
	var errs []error
	for _, d := range s.databasesUnder("") {
		d.mu.RLock()
		errs = append(errs, d.checkConsistency(snap))
		d.mu.RUnlock()
	}
	return errors.Join(append(errs, snap.Close())...)
}

func (d *database) checkConsistency(r kv.Reader) error {
	wanted := map[string]bool{}
	prefix := tableKey(tableDocs, d.id)
	err := r.Scan(kv.Prefix(prefix), func(key, value []byte) error { return d.collect(wanted, key, value) })
	if err != nil {
		return err
	}
	err = r.Scan(kv.Prefix(tableKey(tableIndex, d.id)), func(key, _ []byte) error {
		if !wanted[string(key)] {
			return fmt.Errorf("%s: index entry %x belongs to no document", d.name, key)
		}
		delete(wanted, string(key))
		return nil
	})
	if err == nil && len(wanted) > 0 {
		err = fmt.Errorf("%s: %d index entries are missing", d.name, len(wanted))
	}
	return err
}

// collect records the entries that a stored document must have.
func (d *database) collect(wanted map[string]bool, key, value []byte) error {
	doc, err := wire.Document(value, nil)
	if err != nil {
		return fmt.Errorf("%s: document at %x: %w", d.name, key, err)
	}
	name, err := resource.ParseDoc(doc.GetName())
	if err != nil {
		return err
	}
	if !bytes.Equal(docKey(d.id, name), key) {
		return fmt.Errorf("%s: document %s is at the key of another", d.name, doc.GetName())
	}
	x, err := d.indexer(name)
	if err != nil {
		return err
	}
	for _, e := range x.entries(doc.GetFields(), nil).keys {
		wanted[string(e)] = true
	}
	return nil
}
