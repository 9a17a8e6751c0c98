package webtest

import (
	"context"
	"sync/atomic"

	"github.com/tinyoperahouse/toh/internal/platform/history"
	published "github.com/tinyoperahouse/toh/internal/platform/history/check"
)

// History is the history of results that a test publishes.
type History struct {
	LastHead history.Head
	Pages    map[int64]published.Page // by where they begin
	Keys     []history.PublicKey
	Fails    error
	Reads    atomic.Int64
}

// Head is the last one.
func (h *History) Head(context.Context) (history.Head, error) {
	h.Reads.Add(1)
	return h.LastHead, h.Fails
}

// Page is the one that begins there.
func (h *History) Page(_ context.Context, section, from int64) (published.Page, error) {
	h.Reads.Add(1)
	p := h.Pages[from]
	p.Section, p.From = section, from
	return p, h.Fails
}

// PublicKeys are the test's.
func (h *History) PublicKeys(context.Context) ([]history.PublicKey, error) {
	h.Reads.Add(1)
	return h.Keys, h.Fails
}
