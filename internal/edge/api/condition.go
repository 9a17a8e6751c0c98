package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/condition"
	"github.com/tinyoperahouse/toh/internal/model"
)

// mostTags is how many versions a change can name at most. Each is tried.
const mostTags = 8

// Match is the condition under which a record may be changed.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that you mean to change, or several. If another one is there the answer is 412."`
}

// unchanged is the answer to a reader who has the version that is there. The trail says that it was asked for, and not
// that it was shown.
type unchanged struct{ tag string }

// Error is for the library: answers other than the usual one are errors to it.
func (*unchanged) Error() string { return "not modified" }

// GetStatus is 304.
func (*unchanged) GetStatus() int { return http.StatusNotModified }

// GetHeaders repeats the tag.
func (u *unchanged) GetHeaders() http.Header { return http.Header{"Etag": {`"` + u.tag + `"`}} }

var errStale = &model.Error{Kind: model.ErrStale, Public: "The conditions of the request do not hold for what is " +
	"there. Read it, and send its ETag as If-Match."}

// checkConditions refuses a request whose conditions nothing can meet where there is no tag: what is there has none.
func checkConditions(r *route, h http.Header) error {
	if strings.HasPrefix(r.path, oneReport) {
		return nil
	}
	match, none := condition.Read(h, "If-Match"), condition.Read(h, "If-None-Match")
	if match.Given && !match.Any || none.Any && r.method != http.MethodGet {
		return errStale
	}
	return nil
}

// matching does a change on the conditions of the request: to whatever is there, or to one of the versions that
// If-Match names. Of several at most one is there, and the change itself finds out which.
func matching[T any](ctx context.Context, a *API, v *visit, change func(version int64) (T, error)) (T, error) {
	if v.noneMatch.Given {
		return unless(ctx, a, v, change)
	}
	if !v.match.Given || v.match.Any {
		return change(0)
	}
	var none T
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

// noVersion is one that no record has.
const noVersion = -1

// unless does a change if what is there is none of what If-None-Match names. Whoever may not make the change must not
// learn from a condition what is there, so the change itself is asked first, of a version that there is not: everything
// that is refused otherwise is refused as ever.
func unless[T any](ctx context.Context, a *API, v *visit, change func(version int64) (T, error)) (T, error) {
	result, err := change(noVersion)
	if !errors.Is(err, model.ErrStale) {
		return result, err
	}
	now, err := a.o.Stage.ReportStat(ctx, v.caller(), v.action, v.record)
	if err != nil {
		return result, err
	}
	if status, _ := v.reading(now.Version); status != 0 {
		return result, errStale
	}
	return change(now.Version)
}

// reading is what the conditions of a request to read come to for a version.
func (v *visit) reading(version int64) (status int, tag string) {
	return condition.Reading{Match: v.match, NoneMatch: v.noneMatch}.Decide(versionTag(version))
}
