package logging

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/logging/filter"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const tokenLife = 24 * time.Hour

// query is a request to list entries, checked.
type query struct {
	sources     []source
	filter      filter.Filter
	newestFirst bool
	limit       int
	after       []byte // the position of the last entry of the page before
	about       []byte // what a token of this query must say
}

func (s *Server) newQuery(req *loggingpb.ListLogEntriesRequest) (*query, error) {
	q := &query{limit: int(req.GetPageSize()), about: digest(req)}
	var err error
	if q.newestFirst, err = parseOrder(req.GetOrderBy()); err != nil {
		return nil, err
	}
	if q.limit < 0 || q.limit > maxPage {
		return nil, invalid("page_size must be between 0 and %d.", maxPage)
	}
	if q.limit == 0 {
		q.limit = defaultPage
	}
	if q.filter, err = filter.Parse(req.GetFilter()); err != nil {
		return nil, invalid("Unparseable filter: %v.", err)
	}
	if q.sources, err = s.sources(req.GetResourceNames()); err != nil {
		return nil, err
	}
	q.after, err = q.parseToken(req.GetPageToken(), s.clock.Now())
	return q, err
}

func parseOrder(by string) (newestFirst bool, err error) {
	switch strings.Join(strings.Fields(by), " ") {
	case "", "timestamp", "timestamp asc":
		return false, nil
	case "timestamp desc":
		return true, nil
	}
	return false, invalid("order_by must be \"timestamp asc\" or \"timestamp desc\".")
}

// digest stands for the parts of a request that must not change from page to page.
func digest(req *loggingpb.ListLogEntriesRequest) []byte {
	parts := append([]string{req.GetFilter(), req.GetOrderBy()}, req.GetResourceNames()...)
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return sum[:8]
}

type pageToken struct {
	About []byte    `json:"q"`
	After []byte    `json:"p"`
	Made  time.Time `json:"t"`
}

func (q *query) token(after []byte, now time.Time) string {
	raw, err := json.Marshal(pageToken{About: q.about, After: after, Made: now})
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

func (q *query) parseToken(text string, now time.Time) ([]byte, error) {
	if text == "" {
		return nil, nil
	}
	var t pageToken
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &t)
	}
	if err != nil || len(t.After) < timeSize || !bytes.Equal(t.About, q.about) {
		return nil, invalid("page_token is not a token of this query.")
	}
	if now.Sub(t.Made) > tokenLife {
		return nil, invalid("page_token is older than 24 hours.")
	}
	return t.After, nil
}

// bounds are the keys of a source between which the entries of the query are: not older than the bucket keeps, within
// the times of the filter, beyond the last page.
func (q *query) bounds(src source) (lower, upper []byte) {
	_, upper = table.Prefix(string(bucketKey(src.bucket)))
	lower = entryKey(src.bucket, timeKey(src.oldest))
	span := q.filter.Span()
	if span.From.After(src.oldest) {
		lower = entryKey(src.bucket, timeKey(span.From))
	}
	if !span.To.IsZero() {
		upper = afterTime(src.bucket, span.To)
	}
	if q.after == nil {
		return lower, upper
	}
	at := entryKey(src.bucket, q.after)
	if q.newestFirst && bytes.Compare(at, upper) < 0 {
		upper = at
	}
	if !q.newestFirst && bytes.Compare(at, lower) >= 0 {
		lower = append(at, 0)
	}
	return lower, upper
}

// merged joins the sources in the query's order. An entry that is in several of them appears once.
func (s *Server) merged(ctx context.Context, q *query) iter.Seq2[[]byte, result] {
	out := s.read(ctx, q.sources[0], q)
	for _, src := range q.sources[1:] {
		out = merge(out, s.read(ctx, src, q), q.newestFirst)
	}
	return out
}

// merge joins two sequences that are in order. An error of either ends it.
func merge(a, b iter.Seq2[[]byte, result], newestFirst bool) iter.Seq2[[]byte, result] {
	return func(yield func([]byte, result) bool) {
		left, right := pull(a), pull(b)
		defer left.stop()
		defer right.stop()
		left.next()
		right.next()
		for left.more || right.more {
			from := first(left, right, newestFirst)
			if left.more && right.more && bytes.Equal(left.key, right.key) && right.value.err == nil {
				right.next()
			}
			if !yield(from.key, from.value) || from.value.err != nil {
				return
			}
			from.next()
		}
	}
}

// head is the front of a sequence.
type head struct {
	advance func() ([]byte, result, bool)
	stop    func()
	key     []byte
	value   result
	more    bool
}

func pull(seq iter.Seq2[[]byte, result]) *head {
	advance, stop := iter.Pull2(seq)
	return &head{advance: advance, stop: stop}
}

func (h *head) next() { h.key, h.value, h.more = h.advance() }

// first is the head that comes first; one that holds an error always does.
func first(left, right *head, newestFirst bool) *head {
	switch {
	case !right.more || (left.more && left.value.err != nil):
		return left
	case !left.more || right.value.err != nil:
		return right
	}
	order := bytes.Compare(left.key, right.key)
	if newestFirst {
		order = -order
	}
	if order <= 0 {
		return left
	}
	return right
}
