package table

import (
	"encoding/base64"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Most items that a page of a list holds, and what it holds when the caller does not say.
const (
	MaxPage     = 1000
	DefaultPage = 100
)

// Page returns the messages whose keys start with under, one page at a time, and the token of the next page.
// A token is good only for the list that it came from.
func (t Table[T, P]) Page(under string, size int32, token string) ([]P, string, error) {
	limit, after, err := pageStart(under, size, token)
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

// Count returns how many messages have keys that start with under.
func (t Table[T, P]) Count(under string) (int32, error) {
	var n int32
	lower, upper := Prefix(t.prefix + under)
	err := t.store.Scan(lower, upper, false, func(_, _ []byte) bool { n++; return true })
	return n, err
}

func pageStart(under string, size int32, token string) (limit int, after string, err error) {
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
	if err != nil || !strings.HasPrefix(string(raw), under) {
		return 0, "", status.Error(codes.InvalidArgument, "page_token is not a token of this list.")
	}
	return limit, string(raw), nil
}

func pageToken(last string) string { return base64.RawURLEncoding.EncodeToString([]byte(last)) }
