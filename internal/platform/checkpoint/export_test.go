package checkpoint

import (
	"context"
	"encoding/json"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// EntryFields are the fields that the hash of an entry covers.
var EntryFields = entryFields

// The references of documents, for tests that change them.
var (
	CheckpointRef = checkpointRef
	RoundRef      = roundRef
)

// EntryHash is the hash of an entry.
func EntryHash(d *store.Doc) (tlog.Hash, error) { return entryHash(d) }

// Root is the root over leaves.
func Root(leaves []Leaf) (tlog.Hash, error) { return leafRoot(leaves) }

// Read reads a checkpoint.
func Read(d *store.Doc) (Checkpoint, error) {
	c, err := readCheckpoint(d)
	return c.Checkpoint, err
}

// ReadRound reads a round.
func ReadRound(d *store.Doc) (Round, error) {
	r, err := readRound(d)
	return r.Round, err
}

// SignRound signs a round, as somebody could who may use the keys.
func SignRound(ctx context.Context, k *signing.Keys, r Round, says string) (body, signature []byte, err error) {
	signed, err := k.Sign(ctx, signedRounds, func(version string) ([]byte, error) {
		if r.Key = version; says != "" {
			r.Key = says
		}
		return json.Marshal(r)
	})
	return signed.Text, signed.Signature, err
}

// Record is the hash of a checkpoint in its round's tree.
func Record(scope model.Scope, d *store.Doc) tlog.Hash { return checkpointHash(scope.String(), d.Body) }

// RootOf is the root over records.
func RootOf(records []tlog.Hash) tlog.Hash {
	t, err := newTree(records)
	if err != nil {
		panic(err)
	}
	root, err := t.root()
	if err != nil {
		panic(err)
	}
	return root
}
