// Package compression compresses answers for clients that accept it.
//
// It must never compress an answer that contains a secret, or anything of the signed-in person, together with text that
// another site can choose: from the lengths of such answers that site could learn the secret, one guess at a time
// (BREACH). Another site can choose the query of an address that it makes a browser open. So answers to browsers are
// compressed if the address has no query, or if the browser says that a page of ours made the request. The API is
// called with a token that no other site can make a browser send.
//
// A page may also contain texts that members stored, beside texts that are withheld from them. So each answer is padded
// by up to padding bytes, depending on its content, and small differences in length reveal nothing.
package compression

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"github.com/tinyoperahouse/toh/internal/edge/condition"
)

// least is the size in bytes below which compression is not worthwhile.
const least = 1000

// padding is the maximum number of bytes that are added to an answer.
const padding = 64

// kinds are the media types that are compressed. Those of downloads are not among them: downloads are streamed.
var kinds = []string{"text/html", "text/plain", "application/json", "application/problem+json",
	"application/openapi+json", "application/openapi+yaml"}

// Handler compresses answers where that discloses nothing.
type Handler struct {
	plain, zipped http.Handler
	may           func(*http.Request) bool
}

// Pages is for requests of browsers.
func Pages(next http.Handler) (*Handler, error) { return wrap(next, ownRequest) }

// API is for requests of programs, with a token.
func API(next http.Handler) (*Handler, error) {
	return wrap(next, func(*http.Request) bool { return true })
}

func wrap(next http.Handler, may func(*http.Request) bool) (*Handler, error) {
	zip, err := gzhttp.NewWrapper(gzhttp.MinSize(least), gzhttp.ContentTypes(kinds),
		gzhttp.SuffixETag(condition.Zipped), gzhttp.EnableZstd(false),
		gzhttp.RandomJitter(padding, 0, true))
	if err != nil {
		return nil, fmt.Errorf("compression: %w", err)
	}
	return &Handler{plain: next, zipped: zip(next), may: may}, nil
}

// ownRequest reports whether no other site can have chosen a part of the address.
func ownRequest(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	return r.URL.RawQuery == "" && !strings.Contains(r.RequestURI, "?") ||
		r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// ServeHTTP answers.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.may(r) {
		h.zipped.ServeHTTP(w, r)
		return
	}
	h.plain.ServeHTTP(w, r)
}
