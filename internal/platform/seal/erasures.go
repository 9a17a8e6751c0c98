package seal

import (
	"context"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// The ledger of erasures is in the keys database, which is not restored together with the content: it says which
// documents must not come back. An entry is durable before its document is removed. It holds ids only.

// LedgerKeep is how long an entry of the ledger is kept: longer than any backup of the content lives (14 weeks), and
// longer than its history can be read (7 days).
const LedgerKeep = 15 * 7 * 24 * time.Hour

// The fields of an entry.
const (
	kindField     = "kind"     // collection of the document
	documentField = "document" // its id
	whenField     = "when"     // shard and time of the entry, so that the index does not grow at one end only
	atField       = "at"
	expiresField  = "expires"
)

var erasures = store.Collection{
	Name: "erasures",
	About: model.About{
		Heading: model.OfService, Name: "Ledger of erasures",
		Purpose: "Which documents were removed for good, by their ids only, so that a restored backup does not " +
			"bring them back.",
		Until: model.Span(LedgerKeep) + ", which is longer than any backup.",
	},
	TTL: expiresField,
	Fields: []store.Field{
		{Name: kindField, Type: store.String},
		{Name: documentField, Type: store.String},
		{Name: whenField, Type: store.String},
		{Name: atField, Type: store.Time},
		{Name: expiresField, Type: store.Time},
	},
	Queries: []store.Query{{Name: "since", Range: whenField, Order: []store.Order{{Field: whenField}}, Group: true}},
}

// Erasure is a document that was to be erased.
type Erasure struct {
	Ref store.Ref
	At  time.Time
}

// Erasing writes into the ledger that documents are about to be erased. It returns when that is durable; only then may
// they be removed. The returned names are for NotErased, which undoes this.
func (k *Keyrings) Erasing(ctx context.Context, refs ...store.Ref) ([]store.Ref, error) {
	now := k.clock.Now()
	entries, writes := make([]store.Ref, len(refs)), make([]store.Write, len(refs))
	for i, r := range refs {
		id := model.NewID()
		entries[i] = store.Ref{Scope: r.Scope, Collection: erasures.Name, ID: id}
		writes[i] = store.Create(store.Doc{Ref: entries[i], Version: 1, Created: now, Updated: now,
			Fields: store.Fields{
				kindField: r.Collection, documentField: r.ID, whenField: whenKey(shardOf(id), now), atField: now,
				expiresField: now.Add(LedgerKeep),
			}})
	}
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	if _, err := k.store.Commit(ctx, writes...); err != nil {
		return nil, fmt.Errorf("write the ledger of erasures: %w", err)
	}
	return entries, nil
}

// NotErased removes entries whose documents were not erased after all.
func (k *Keyrings) NotErased(ctx context.Context, entries []store.Ref) error {
	writes := make([]store.Write, len(entries))
	for i, r := range entries {
		writes[i] = store.Delete(r, time.Time{})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), k.timeout)
	defer cancel()
	if _, err := k.store.Commit(ctx, writes...); err != nil {
		return fmt.Errorf("correct the ledger of erasures: %w", err)
	}
	return nil
}

// Erased calls f with each entry of the ledger since an instant.
func (k *Keyrings) Erased(ctx context.Context, since time.Time, f func(Erasure) error) error {
	for shard := range ledgerShards {
		if err := k.erasedIn(ctx, shard, since, f); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keyrings) erasedIn(ctx context.Context, shard uint32, since time.Time, f func(Erasure) error) error {
	find := store.Find{
		Collection: erasures.Name, Query: "since", Limit: store.MaxLimit, From: whenKey(shard, since),
		Until: shardName(shard) + "}",
	}
	for {
		page, err := k.store.Find(ctx, find)
		if err != nil {
			return fmt.Errorf("read the ledger of erasures: %w", err)
		}
		for _, d := range page.Docs {
			if err := f(erasure(d)); err != nil {
				return err
			}
		}
		if find.Cursor = page.Next; find.Cursor == "" {
			return nil
		}
	}
}

func erasure(d *store.Doc) Erasure {
	e := Erasure{Ref: store.Ref{Scope: d.Ref.Scope}}
	e.Ref.Collection, _ = d.Fields[kindField].(string)
	e.Ref.ID, _ = d.Fields[documentField].(string)
	e.At, _ = d.Fields[atField].(time.Time)
	return e
}

const ledgerShards uint32 = 8

func shardOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32() % ledgerShards
}

func shardName(shard uint32) string { return strconv.FormatUint(uint64(shard), 10) }

// whenForm has a fixed width, so that its text sorts as time does.
const whenForm = "2006-01-02T15:04:05.000000Z"

func whenKey(shard uint32, at time.Time) string {
	return shardName(shard) + "|" + at.UTC().Format(whenForm)
}
