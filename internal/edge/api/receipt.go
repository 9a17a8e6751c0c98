package api

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Receipt is the answer to a change by a token that may write but not read: id, version and times of the record,
// without its content.
type Receipt struct {
	ID        string    `json:"id"`
	Version   int64     `json:"version" doc:"Counts changes; its ETag."`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

const receiptSays = "A token that may not read what it changes gets a Receipt instead of the record."

// Content is the body of the answer to a change: the record, or a receipt if the token may not read it. Only contentOf
// makes one.
type Content[T any] struct {
	whole   *T
	receipt Receipt
}

func (c Content[T]) id() string { return c.receipt.ID }

// contentOf makes the body from a record, according to what the token may read.
func contentOf[S, T any](v *visit, r records.Record[S], shape func(records.Record[S]) T) Content[T] {
	c := Content[T]{receipt: Receipt{ID: r.ID, Version: r.Version, CreatedAt: r.Created, UpdatedAt: r.Updated}}
	if !v.blind {
		whole := shape(r)
		c.whole = &whole
	}
	return c
}

// MarshalJSON writes the record or the receipt.
func (c Content[T]) MarshalJSON() ([]byte, error) {
	if c.whole != nil {
		return json.Marshal(c.whole)
	}
	return json.Marshal(c.receipt)
}

// Schema describes both in the API's document.
func (Content[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{huma.SchemaFromType(r, reflect.TypeFor[T]()),
		huma.SchemaFromType(r, reflect.TypeFor[Receipt]())}}
}
