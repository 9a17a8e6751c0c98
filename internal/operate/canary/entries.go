package canary

import (
	"context"
	"net/http"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// entries: a reading and a refusal are in the trail when the answer is there, under the request that caused them.
func (s *Service) entries(ctx context.Context, one, _ *company) promise.Finding {
	report := "/reports/" + one.Reports[0]
	read, err := s.get(ctx, one, access.Viewer, one.at(report))
	if err != nil {
		return outside.Unreachable(err)
	}
	denied, err := s.get(ctx, one, access.Viewer, one.at("/audit"))
	if err != nil {
		return outside.Unreachable(err)
	}
	if read.Busy() || denied.Busy() {
		return outside.TooBusy()
	}
	if read.Status != http.StatusOK || denied.Status != http.StatusForbidden {
		return promise.Fail("reading a report was answered with %d, reading the trail as a viewer with %d", read.Status,
			denied.Status)
	}
	who := "&actor=" + one.member(access.Viewer).Account + "&limit=20"
	for _, look := range []struct{ query, request, what string }{
		{"?record=reports/" + one.Reports[0] + "&outcome=done" + who, id(read), "reading a report"},
		{"?action=" + string(access.AuditRead) + "&outcome=denied" + who, id(denied), "a refusal"},
	} {
		trail, err := s.get(ctx, one, access.Management, one.at("/audit"+look.query))
		switch {
		case err != nil:
			return outside.Unreachable(err)
		case trail.Busy():
			return outside.TooBusy()
		case look.request == "" || strings.Count(trail.Body, look.request) != 1:
			return promise.Fail("%s is in the trail %d times, not once", look.what,
				strings.Count(trail.Body, look.request))
		case strings.Contains(trail.Body, one.Sealed):
			return promise.Fail("the trail holds a word of a report")
		}
	}
	return promise.Pass("A reading and a refusal were each found in the trail once, at once.")
}

// id is the id of the request, as the service gave it.
func id(a *outside.Answer) string { return a.Header.Get("X-Request-Id") }
