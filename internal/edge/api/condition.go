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

// mostTags is the maximum number of versions that a change can name. Each is tried.
const mostTags = 8

// Match is the condition under which a record may be changed.
type Match struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the version that you want to change, or several. If the record has another version, the answer is 412."`
}

// unchanged is the answer to a reader who already has the current version. The trail records that the record was asked
// for, and not that it was shown.
type unchanged struct{ tag string }

// Error makes it an error, which is how the library's handlers return other answers than the usual one.
func (*unchanged) Error() string { return "not modified" }

// GetStatus is 304.
func (*unchanged) GetStatus() int { return http.StatusNotModified }

// GetHeaders repeats the tag.
func (u *unchanged) GetHeaders() http.Header { return http.Header{"Etag": {`"` + u.tag + `"`}} }

var errStale = &model.Error{Kind: model.ErrStale, Public: "The conditions of the request do not match the current " +
	"version. Read it, and send its ETag as If-Match."}

// checkConditions refuses conditions at addresses that have no entity tags: nothing could meet them.
func checkConditions(r *route, h http.Header) error {
	if strings.HasPrefix(r.path, oneReport) || r.raw != nil && r.method == http.MethodGet {
		return nil
	}
	match, none := condition.Read(h, "If-Match"), condition.Read(h, "If-None-Match")
	if match.Given && !match.Any || none.Any && r.method != http.MethodGet {
		return errStale
	}
	return nil
}

// matching makes a change under the conditions of the request: to the current version, or only if it is one of those
// that If-Match names. Each of several is tried in turn; at most one of them can be current.
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

// noVersion is a version that no record has.
const noVersion = -1

// unless makes a change unless the current version is one of those that If-None-Match names. A caller who may not make
// the change must not learn the version from a condition. So the change is first tried with a version that no record
// has: every other refusal comes before the one about the version.
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

// reading decides the conditions of a request to read a version.
func (v *visit) reading(version int64) (status int, tag string) {
	return condition.Reading{Match: v.match, NoneMatch: v.noneMatch}.Decide(versionTag(version))
}
