package api

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Receipt is the answer to a change by a token that may write and not read: what was done, and nothing of what is in
// it.
type Receipt struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version" doc:"Counts changes; its ETag."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const receiptSays = "A token that may not read what is changed here gets a Receipt in place of the whole."

// Content is the body of an answer to a change: the record, or a receipt for whoever may not read it. Only contentOf
// makes one.
type Content[T any] struct {
	whole   *T
	receipt Receipt
}

func (c Content[T]) id() string { return c.receipt.ID }

// contentOf shapes a record, if the visitor may read such.
func contentOf[S, T any](v *visit, r records.Record[S], shape func(records.Record[S]) T) Content[T] {
	c := Content[T]{receipt: Receipt{ID: r.ID, Version: r.Version, CreatedAt: r.Created, UpdatedAt: r.Updated}}
	if !v.blind {
		whole := shape(r)
		c.whole = &whole
	}
	return c
}

// MarshalJSON writes the one or the other.
func (c Content[T]) MarshalJSON() ([]byte, error) {
	if c.whole != nil {
		return json.Marshal(c.whole)
	}
	return json.Marshal(c.receipt)
}

// Schema says so in the API's document.
func (Content[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{huma.SchemaFromType(r, reflect.TypeFor[T]()),
		huma.SchemaFromType(r, reflect.TypeFor[Receipt]())}}
}
