package firestore

import (
	"bytes"
	"errors"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// A query without a collection finds the documents of all collections, by name. It walks over the names of all
// collection groups in parallel.

// checkKindless refuses what needs an index of one collection group.
func (q *query) checkKindless() error {
	if !q.kindless {
		return nil
	}
	for _, and := range q.or {
		for _, f := range and {
			if !f.field.IsName() {
				return invalid("kind is required for filter: %s", f.field.Text)
			}
		}
	}
	for _, o := range q.orders {
		if !o.field.IsName() || o.desc {
			return invalid("kind is required for all orders except __key__ ascending")
		}
	}
	return nil
}

// everyGroup opens the names of all collection groups. The caller holds the database's mu.
func (q *query) everyGroup(r reader) (*union, error) {
	groups, err := q.database.groupKeys(r)
	if err != nil {
		return nil, err
	}
	u := &union{}
	for _, base := range groups {
		for _, and := range q.or {
			w, err := q.conjunction(and).walkOn(r, []access{{prefix: append(bytes.Clone(base), indexMembers)}})
			if err != nil {
				return nil, errors.Join(err, u.close())
			}
			u.walks = append(u.walks, w)
		}
	}
	return u, nil
}

// groupKeys lists what the index entries of each collection group begin with, jumping from group to group.
func (d *database) groupKeys(r reader) (out [][]byte, err error) {
	prefix := tableKey(tableIndex, d.id)
	it, err := r.Iter(prefix, kv.PrefixEnd(prefix))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	for ok := it.SeekGE(prefix); ok; {
		base := bytes.Clone(it.Key()[:tableLen+4])
		out = append(out, base)
		next := kv.PrefixEnd(base)
		ok = next != nil && it.SeekGE(next)
	}
	return out, nil
}

// below says whether the document with this whole path is in a collection of the parent itself.
func (w *walk) below(path []byte) bool {
	n := 0
	for ; path[0] != resource.End; n++ {
		path = path[resource.SegmentLen(path):]
	}
	return n == len(w.query.parent.Segments)+2
}
