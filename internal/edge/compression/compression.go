// Package compression sends answers compressed to whoever accepts that.
//
// It must never compress an answer in which something secret, or anything that belongs to the person who is signed in,
// stands beside what another site can choose: by the length of such answers that site could learn the secret, one guess
// at a time (BREACH). What another site can choose is the query of an address that it makes a browser open. So what
// browsers ask for is compressed if it has no query, or if the browser says that a page of ours asked. The API is
// called with a token that no other site can make a browser send.
//
// What members have stored may stand in such a page as well, beside what is sealed from them. So every answer is made
// longer by up to padding bytes, by its own content: whoever compares lengths learns nothing from a byte or two.
package compression

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"github.com/tinyoperahouse/toh/internal/edge/condition"
)

// least is the size in bytes below which compressing does not pay.
const least = 1000

// padding is by how many bytes an answer may become longer.
const padding = 64

// kinds are what is compressed. Downloads are not among them: they are written as they are made.
var kinds = []string{"text/html", "text/plain", "application/json", "application/problem+json",
	"application/openapi+json", "application/openapi+yaml"}

// Handler compresses answers where that tells nobody anything.
type Handler struct {
	plain, zipped http.Handler
	may           func(*http.Request) bool
}

// Pages is for what browsers ask for.
func Pages(next http.Handler) (*Handler, error) { return wrap(next, ownRequest) }

// API is for what programs ask for, with a token.
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

// ownRequest reports whether no other site had a say in what is asked for.
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
