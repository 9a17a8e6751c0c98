package security

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// History is every result that was ever found, as it is published.
type History interface {
	Head(ctx context.Context) (history.Head, error)
	Page(ctx context.Context, section, from int64) (check.Page, error)
	PublicKeys(ctx context.Context) ([]history.PublicKey, error)
}

func (s *pages) historyRoutes() []frame.Route {
	return []frame.Route{
		{Name: "security.history", Method: "GET", Path: check.Path, For: frame.Open, Handle: s.showHistory},
		{Name: "security.head", Method: "GET", Path: path + "/head", For: frame.Open, Handle: s.showHead},
		{Name: "security.keys", Method: "GET", Path: path + "/keys", For: frame.Open, Handle: s.showKeys},
	}
}

// showHistory is some entries, a hundred at most.
func (s *pages) showHistory(q *frame.Request) (frame.Answer, error) {
	section, err := number(q, "section")
	if err != nil {
		return frame.Answer{}, err
	}
	from, err := number(q, "from")
	if err != nil {
		return frame.Answer{}, err
	}
	p, err := s.entries.get(q.Now(), place{section, from}, func() (check.Page, error) {
		return s.history.Page(q.Context(), section, from)
	})
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, p)
}

// number is a whole number of the address that is not negative; 0 if it is not there.
func number(q *frame.Request, name string) (int64, error) {
	text := q.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, model.Invalid("Write %s as a whole number, as in ?%s=100.", name, name)
	}
	return n, nil
}

// showHead is the last signed head, as text.
func (s *pages) showHead(q *frame.Request) (frame.Answer, error) {
	h, err := s.head(q)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Text(http.StatusOK, h.Note), nil
}

func (s *pages) head(q *frame.Request) (history.Head, error) {
	return s.heads.get(q.Now(), place{}, func() (history.Head, error) { return s.history.Head(q.Context()) })
}

// showKeys are the keys that signed heads.
func (s *pages) showKeys(q *frame.Request) (frame.Answer, error) {
	keys, err := s.keys.get(q.Now(), place{}, func() ([]history.PublicKey, error) {
		return s.history.PublicKeys(q.Context())
	})
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, keys)
}

// HeadView is the last head, in short.
type HeadView struct {
	Entries int64
	At      frame.When
	Root    string
	Key     string
}

// headView is nil before the first head.
func (s *pages) headView(q *frame.Request) *HeadView {
	h, err := s.head(q)
	if err != nil { // the page is complete without it, and the head has an address of its own that says what is wrong
		return nil
	}
	return &HeadView{Entries: h.Size, At: *instant(h.At), Root: h.Root.String(), Key: h.Key}
}

// place is what was asked for of the history.
type place struct{ section, from int64 }

const (
	kept     = 20 * time.Second // that an answer is given to everybody
	mostKept = 50
)
