package policies

import (
	"net/http"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	contactPath = "/.well-known/security.txt"
	// contactLasts is how long security.txt holds, from the day on which it is read. RFC 9116 recommends less than a
	// year.
	contactLasts = 180 * 24 * time.Hour
)

func (s *pages) contactRoutes() []frame.Route {
	return []frame.Route{{Name: "security.txt", Method: "GET", Path: contactPath, For: frame.Open, Listed: true,
		Handle: s.securityText}}
}

// securityText is security.txt (RFC 9116): where to report a vulnerability. It does not exist if no contact is
// configured, as on one machine.
func (s *pages) securityText(q *frame.Request) (frame.Answer, error) {
	if s.Party.Contact == "" {
		return frame.Answer{}, &model.Error{Kind: model.ErrNotFound}
	}
	expires := q.Now().UTC().Truncate(24 * time.Hour).Add(contactLasts)
	return frame.Text(http.StatusOK, strings.Join([]string{
		"Contact: mailto:" + s.Party.Contact,
		"Expires: " + expires.Format(time.RFC3339),
		"Preferred-Languages: en",
		"Canonical: " + q.SiteURL(contactPath),
		"Policy: " + q.SiteURL("/terms"), "",
	}, "\n")), nil
}
