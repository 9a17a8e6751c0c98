package checkpoint

import (
	"errors"

	"golang.org/x/mod/sumdb/tlog"
)

// tree is a Merkle tree in memory, as defined in RFC 6962.
type tree struct {
	size   int64
	stored []tlog.Hash
}

func newTree(records []tlog.Hash) (*tree, error) {
	t := &tree{}
	for _, r := range records {
		more, err := tlog.StoredHashesForRecordHash(t.size, r, t)
		if err != nil {
			return nil, err
		}
		t.stored = append(t.stored, more...)
		t.size++
	}
	return t, nil
}

// ReadHashes provides stored hashes to tlog.
func (t *tree) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	list := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(t.stored)) {
			return nil, errors.New("checkpoint: no such hash in the tree")
		}
		list[i] = t.stored[at]
	}
	return list, nil
}

func (t *tree) root() (tlog.Hash, error) { return tlog.TreeHash(t.size, t) }

// prove proves that the record at an index is in the tree.
func (t *tree) prove(index int64) (tlog.RecordProof, error) {
	return tlog.ProveRecord(t.size, index, t)
}

func leafRoot(leaves []Leaf) (tlog.Hash, error) {
	records := make([]tlog.Hash, len(leaves))
	for i, l := range leaves {
		records[i] = l.record()
	}
	t, err := newTree(records)
	if err != nil {
		return tlog.Hash{}, err
	}
	return t.root()
}

// packed is a proof in its stored form.
func packed(p tlog.RecordProof) []byte {
	buf := make([]byte, 0, len(p)*tlog.HashSize)
	for _, h := range p {
		buf = append(buf, h[:]...)
	}
	return buf
}

func unpacked(raw []byte) (tlog.RecordProof, error) {
	if len(raw)%tlog.HashSize != 0 || len(raw) > 64*tlog.HashSize {
		return nil, errors.New("checkpoint: no proof has this length")
	}
	p := make(tlog.RecordProof, len(raw)/tlog.HashSize)
	for i := range p {
		p[i] = tlog.Hash(raw[i*tlog.HashSize:])
	}
	return p, nil
}
