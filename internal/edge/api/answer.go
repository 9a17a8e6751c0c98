package api

import (
	"net/url"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Paging is the parameters of a list.
type Paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"The maximum number of items. Defaults to 50."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"The next_cursor of the previous page."`
}

const pageSize = 50

// limit is what was asked for, or the default.
func (in *Paging) limit() int {
	if in.Limit == 0 {
		return pageSize
	}
	return in.Limit
}

// List is one page of a list.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor" doc:"Send it as cursor for the next page; empty at the end."`
}

type listOut[T any] struct {
	Link string `header:"Link" doc:"The address of the next page, if there is one."`
	Body List[T]
}

// listed makes the answer with a page.
func listed[S, T any](v *visit, found []records.Record[S], next string, shape func(records.Record[S]) T) *listOut[T] {
	items := make([]T, len(found))
	for i, r := range found {
		items[i] = shape(r)
	}
	return &listOut[T]{Link: v.nextLink(next), Body: List[T]{Items: items, NextCursor: next}}
}

// nextLink is the address of the next page, with the filters of this one.
func (v *visit) nextLink(cursor string) string {
	if cursor == "" {
		return ""
	}
	query, err := url.ParseQuery(v.query)
	if err != nil {
		return ""
	}
	query.Set("cursor", cursor)
	return "<" + v.path + "?" + query.Encode() + `>; rel="next"`
}

// oneOut is the answer with a record that was read.
type oneOut[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body T
}

// changedOut is the answer with a record that was changed.
type changedOut[T any] struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Body Content[T]
}

// madeOut is the answer with a record that a POST created or changed.
type madeOut[T any] struct {
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Location string `header:"Location" doc:"The address of the new record, if records of its kind can be read one by one."`
	Replayed string `header:"Idempotency-Replayed" doc:"true if an earlier request with the same key did this. The answer shows the record as it is now."`
	Body     Content[T]
}

func made[S, T any](v *visit, r records.Record[S], replayed bool, shape func(records.Record[S]) T) *madeOut[T] {
	out := &madeOut[T]{ETag: etag(r.Version), Body: contentOf(v, r, shape)}
	if replayed {
		out.Replayed = "true"
	}
	return out
}

func etag(version int64) string { return `"` + versionTag(version) + `"` }

func versionTag(version int64) string { return strconv.FormatInt(version, 10) }
