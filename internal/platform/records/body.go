package records

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	fastjson "github.com/go-json-experiment/json/v1" // behaves as encoding/json does, in less than half the time

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const (
	maxBody  = 700 << 10 // bytes of JSON: with index fields it stays below the database's 1 MiB
	maxWords = 6000      // blind-index entries of one document
)

// seal makes the stored form of a new body: index fields in the clear, everything else sealed.
func (k *Kind[T]) seal(ring *seal.Ring, ref store.Ref, body *T, now time.Time) (store.Doc, error) {
	text, err := k.encode(body)
	if err != nil {
		return store.Doc{}, err
	}
	d := store.Doc{Ref: ref, Version: 1, Created: now, Updated: now}
	return k.sealText(ring, d, nil, body, k.spec.Schema, text)
}

// sealOver is seal for a body that replaces a stored one. What a later release wrote there is kept.
func (k *Kind[T]) sealOver(ring *seal.Ring, old *store.Doc, body *T, now time.Time) (store.Doc, error) {
	text, err := k.encode(body)
	if err != nil {
		return store.Doc{}, err
	}
	schema, before, err := k.unseal(ring, old)
	if err != nil {
		return store.Doc{}, err
	}
	if text, err = carry(reflect.TypeFor[T](), before, text); err != nil {
		return store.Doc{}, fmt.Errorf("carry on %s: %w", k.spec.Name, err)
	}
	d := store.Doc{Ref: old.Ref, Version: old.Version + 1, Created: old.Created, Updated: now}
	return k.sealText(ring, d, old, body, max(schema, k.spec.Schema), text)
}

// unseal is the stored text of a body with its schema, after the check that the fields are as they were stored.
func (k *Kind[T]) unseal(ring *seal.Ring, d *store.Doc) (schema int, text []byte, err error) {
	head, text, err := ring.OpenDoc(d, k.collection.Fields, 1)
	if err != nil {
		return 0, nil, fmt.Errorf("open %s: %w", k.spec.Name, err)
	}
	return int(head[0]), text, nil
}

func (k *Kind[T]) encode(body *T) ([]byte, error) {
	if err := k.check(body); err != nil {
		return nil, err
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", k.spec.Name, err)
	}
	return text, nil
}

// sealText seals the text of a body for a document which replaces another one, or none.
func (k *Kind[T]) sealText(ring *seal.Ring, d store.Doc, over *store.Doc, body *T, schema int, text []byte) (store.Doc,
	error) {
	if len(text) > maxBody {
		return store.Doc{}, &model.Error{Kind: model.ErrTooLarge,
			Public: "This is too long to be kept as one document. Please shorten it, or split it."}
	}
	var err error
	if d.Fields, err = k.fields(ring, body); err != nil {
		return store.Doc{}, err
	}
	head := []byte{byte(schema)} // #nosec G115 -- Declare keeps it below 256
	if err := ring.SealDoc(&d, over, k.collection.Fields, head, text); err != nil {
		return store.Doc{}, fmt.Errorf("seal %s: %w", k.spec.Name, err)
	}
	return d, nil
}

func (k *Kind[T]) fields(ring *seal.Ring, body *T) (store.Fields, error) {
	fields := store.Fields{}
	if k.spec.Index != nil {
		fields = k.spec.Index(body)
	}
	if k.spec.Audience != nil {
		fields[readersField] = k.spec.Audience(body).Readers()
	}
	if k.spec.Search == nil {
		return fields, nil
	}
	if k.unindexed(body) {
		fields[wordsField] = k.marks(ring, k.spec.Audience(body))
		return fields, nil
	}
	words := k.tokens(ring, k.spec.Search(body))
	if len(words) > maxWords {
		return nil, &model.Error{Kind: model.ErrTooLarge, Public: "This has too many different words to be " +
			"searchable. Please shorten it, or name fewer people."}
	}
	fields[wordsField] = words
	return fields, nil
}

func (k *Kind[T]) tokens(ring *seal.Ring, texts []Text) []int64 {
	seen := map[int64]bool{}
	tokens := []int64{}
	for _, text := range texts {
		words := seal.Words(text.Words)
		for _, domain := range text.Audience.Domains() {
			for _, w := range words {
				if t := k.token(ring, domain, w); !seen[t] {
					seen[t] = true
					tokens = append(tokens, t)
				}
			}
		}
	}
	return tokens
}

// token is a word's keyed hash for one domain of readers, so that nobody finds a document by words that they may not
// read.
func (k *Kind[T]) token(ring *seal.Ring, domain, word string) int64 {
	return ring.Token(k.spec.Name+"/words/"+domain, word)
}

// open reads what seal wrote.
func (k *Kind[T]) open(ring *seal.Ring, d *store.Doc) (Record[T], error) {
	var r Record[T]
	err := k.openInto(&r, ring, d)
	return r, err
}

func (k *Kind[T]) openInto(r *Record[T], ring *seal.Ring, d *store.Doc) error {
	r.ID, r.Version, r.Created, r.Updated = d.Ref.ID, d.Version, d.Created, d.Updated
	schema, text, err := k.unseal(ring, d)
	if err != nil {
		return err
	}
	if text, err = k.upgrade(schema, text); err != nil {
		return err
	}
	if err := fastjson.Unmarshal(text, &r.Body); err != nil {
		return fmt.Errorf("decode %s: %w", k.spec.Name, err)
	}
	return nil
}

func (k *Kind[T]) upgrade(from int, text []byte) ([]byte, error) {
	switch {
	case from == k.spec.Schema:
		return text, nil
	case from > k.spec.Schema: // written by the next release during a rollout: it may only have added members
		return text, nil
	}
	newer, err := k.spec.Upgrade(from, text)
	if err != nil {
		return nil, fmt.Errorf("upgrade %s from schema %d: %w", k.spec.Name, from, err)
	}
	return newer, nil
}

// domains are the search domains of a caller.
func domains(c access.Caller) []string {
	if c.Role == access.System {
		return nil
	}
	return c.SearchDomains()
}
