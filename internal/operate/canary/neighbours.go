package canary

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// ids are ours in answers, which differ from one answer to the next.
var ids = regexp.MustCompile(`[a-z2-7]{26}`)

// neighbours: whatever a manager asks for of the other company is answered like something that does not exist.
func (s *Service) neighbours(ctx context.Context, one, two *company) promise.Finding {
	none := model.NewID()
	tried := [][2]string{ // what is asked for, and the same of nothing
		{two.at("/reports/" + two.Reports[0]), "/workspaces/" + none + "/reports/" + none},
		{one.at("/reports/" + two.Reports[0]), one.at("/reports/" + none)},
		{two.at("/reports"), "/workspaces/" + none + "/reports"},
		{two.at("/reports/" + one.Reports[0]), "/workspaces/" + none + "/reports/" + one.Reports[0]},
		{two.at("/productions"), "/workspaces/" + none + "/productions"},
		{one.at("/productions/" + two.Production + "/performances"), one.at("/productions/" + none + "/performances")},
		{two.at("/audit"), "/workspaces/" + none + "/audit"},
	}
	for _, t := range tried {
		theirs, err := s.get(ctx, one, access.Management, t[0])
		if err != nil {
			return outside.Unreachable(err)
		}
		nothing, err := s.get(ctx, one, access.Management, t[1])
		if err != nil {
			return outside.Unreachable(err)
		}
		if f, bad := alike(theirs, nothing, two); bad {
			return f
		}
	}
	return s.foreignCursor(ctx, one, two, len(tried))
}

// alike is the finding if something of another company is answered in another way than nothing is.
func alike(theirs, nothing *outside.Answer, two *company) (promise.Finding, bool) {
	switch {
	case theirs.Busy() || nothing.Busy():
		return outside.TooBusy(), true
	case strings.Contains(theirs.Body, two.Open) || strings.Contains(theirs.Body, two.Sealed):
		return promise.Fail("an answer holds a word of the other company"), true
	case theirs.Status != http.StatusNotFound || nothing.Status != http.StatusNotFound:
		return promise.Fail("something of the other company was answered with %d, nothing with %d", theirs.Status,
			nothing.Status), true
	case ids.ReplaceAllString(theirs.Body, "") != ids.ReplaceAllString(nothing.Body, ""):
		return promise.Fail("something of the other company is answered in other words than nothing"), true
	}
	return promise.Finding{}, false
}

// foreignCursor: how far one company has read its list opens nothing of the other's.
func (s *Service) foreignCursor(ctx context.Context, one, two *company, tried int) promise.Finding {
	list, err := s.get(ctx, two, access.Management, two.at("/reports?limit=1"))
	if err != nil {
		return outside.Unreachable(err)
	}
	cursor := field(list.Body, "next_cursor")
	if list.Status != http.StatusOK || cursor == "" {
		return promise.Undecided("The other company's list could not be read.")
	}
	a, err := s.get(ctx, one, access.Management, one.at("/reports?limit=1&cursor="+cursor))
	switch {
	case err != nil:
		return outside.Unreachable(err)
	case a.Busy():
		return outside.TooBusy()
	case a.Status < 400 || strings.Contains(a.Body, two.Open):
		return promise.Fail("a cursor of the other company was answered with %d", a.Status)
	}
	return promise.Pass("%d requests for what another company has were answered like requests for nothing, and its "+
		"place in a list was refused.", tried)
}

// field is a text of a JSON document, or "".
func field(body, name string) string {
	m := regexp.MustCompile(`"` + name + `":\s*"([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}
