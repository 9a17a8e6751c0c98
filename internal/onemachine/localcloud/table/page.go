package table

import (
	"encoding/base64"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// The most items of a page of a list, and how many it holds if the caller does not say.
const (
	MaxPage     = 1000
	DefaultPage = 100
)

// List returns the messages whose keys start with under, one page at a time, the token of the next page, and how many
// there are in all. A token is valid only for the list that it came from. An error is already a status.
func (t Table[T, P]) List(under string, size int32, token string) (items []P, next string, total int32, err error) {
	items, next, err = t.page(under, size, token)
	if err == nil {
		total, err = t.count(under)
	}
	return items, next, total, Status(err)
}

func (t Table[T, P]) page(under string, size int32, token string) ([]P, string, error) {
	limit, after, err := pageStart(size, token, func(key string) bool { return strings.HasPrefix(key, under) })
	if err != nil {
		return nil, "", err
	}
	var items []P
	var last, next string
	err = t.from(under, after, func(key string, m P) bool {
		if len(items) == limit {
			next = pageToken(last)
			return false
		}
		items, last = append(items, m), key
		return true
	})
	return items, next, err
}

func (t Table[T, P]) count(under string) (int32, error) {
	var n int32
	lower, upper := Prefix(t.prefix + under)
	err := t.store.Scan(lower, upper, false, func(_, _ []byte) bool { n++; return true })
	return n, err
}

// Names is List for what is held in memory: the names that belong to a list, in order.
func Names[V any](all map[string]V, belongs func(string) bool, size int32, token string) (page []string, next string,
	err error) {
	limit, after, err := pageStart(size, token, func(string) bool { return true }) // the name may no longer exist
	if err != nil {
		return nil, "", err
	}
	for name := range all {
		if name > after && belongs(name) {
			page = append(page, name)
		}
	}
	slices.Sort(page)
	if len(page) > limit {
		page = page[:limit]
		next = pageToken(page[limit-1])
	}
	return page, next, nil
}

func pageStart(size int32, token string, belongs func(string) bool) (limit int, after string, err error) {
	if size < 0 {
		return 0, "", status.Error(codes.InvalidArgument, "page_size must not be negative.")
	}
	limit = int(size)
	if limit == 0 {
		limit = DefaultPage
	}
	limit = min(limit, MaxPage)
	if token == "" {
		return limit, "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || !belongs(string(raw)) {
		return 0, "", status.Error(codes.InvalidArgument, "page_token is not a token of this list.")
	}
	return limit, string(raw), nil
}

func pageToken(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }
