package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/condition"
	"github.com/tinyoperahouse/toh/internal/model"
)

// mostTags is how many versions a change can name at most. Each is tried.
const mostTags = 8

// Match is the condition under which a record may be changed.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that you mean to change, or several. If another one is there the answer is 412."`
}

// unchanged is the answer to a reader who has the version that is there. The trail says that it was asked for, and not that it was shown.
type unchanged struct{ tag string }

// Error is for the library: answers other than the usual one are errors to it.
func (*unchanged) Error() string { return "not modified" }

// GetStatus is 304.
func (*unchanged) GetStatus() int { return http.StatusNotModified }

// GetHeaders repeats the tag.
func (u *unchanged) GetHeaders() http.Header { return http.Header{"Etag": {`"` + u.tag + `"`}} }

var errStale = &model.Error{Kind: model.ErrStale, Public: "If-Match holds no version of this record. Send its ETag."}

// checkConditions refuses conditions that a request of this kind cannot have.
func checkConditions(r *route, h http.Header) error {
	if r.method != http.MethodGet && len(h.Values("If-None-Match")) > 0 {
		return model.Invalid("If-None-Match is for reading. To change a record only as you know it, send If-Match.")
	}
	if match := condition.Read(h, "If-Match"); match.Given && !match.Any && !strings.HasPrefix(r.path, oneReport) {
		return errStale // nothing else is sent with a tag
	}
	return nil
}

// matching does a change on the condition of the request: to whatever is there, or to one of the versions that If-Match names. Of several at most one
// is there, and the change itself finds out which.
func matching[T any](v *visit, change func(version int64) (T, error)) (T, error) {
	var none T
	if !v.match.Given || v.match.Any {
		return change(0)
	}
	var versions []int64
	for _, t := range v.match.Tags {
		if n, err := strconv.ParseInt(t.Same(), 10, 64); err == nil && n > 0 && !t.Weak && versionTag(n) == t.Same() {
			versions = append(versions, n)
		}
	}
	if len(versions) > mostTags {
		return none, model.Invalid("If-Match names %d versions; at most %d can be tried.", len(versions), mostTags)
	}
	err := error(errStale)
	for _, n := range versions {
		var result T
		if result, err = change(n); !errors.Is(err, model.ErrStale) {
			return result, err
		}
	}
	return none, err
}

// reading is what the conditions of a request to read come to for a version.
func (v *visit) reading(version int64) (status int, tag string) {
	return condition.Reading{Match: v.match, NoneMatch: v.noneMatch}.Decide(versionTag(version))
}
