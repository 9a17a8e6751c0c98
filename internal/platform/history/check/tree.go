package check

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is a Merkle tree in memory, as defined in RFC 6962.
type tree struct {
	size   int64
	stored []tlog.Hash
}

func (t *tree) add(record tlog.Hash) error {
	more, err := tlog.StoredHashesForRecordHash(t.size, record, t)
	if err != nil {
		return err
	}
	t.stored = append(t.stored, more...)
	t.size++
	return nil
}

var errNoHash = errors.New("history: no such hash in the tree")

// ReadHashes provides stored hashes to tlog.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(t.stored)) {
			return nil, errNoHash
		}
		list[i] = t.stored[at]
	}
	return list, nil
}

// fits reports whether a head is over the first entries of the tree.
func (t *tree) fits(h Head) bool {
	if h.Size < 1 || h.Size > t.size {
		return false
	}
	root, err := tlog.TreeHash(h.Size, t)
	return err == nil && root == h.Root
}
