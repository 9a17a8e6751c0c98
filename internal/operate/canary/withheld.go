package canary

import (
	"context"
	"net/http"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// withheld: the management reads its section, and nobody else finds a word of it anywhere.
func (s *Service) withheld(ctx context.Context, one, _ *company) promise.Finding {
	places := []string{"/reports/" + one.Reports[0], "/reports", "/reports?q=" + one.Sealed, "/reports?q=" + one.Open}
	looked := 0
	for _, role := range access.MemberRoles {
		for i, place := range places {
			a, err := s.get(ctx, one, role, one.at(place))
			switch {
			case err != nil:
				return outside.Unreachable(err)
			case a.Busy():
				return outside.TooBusy()
			case a.Status != http.StatusOK:
				return promise.Fail("%s asked for their own company's reports and was answered %d", role, a.Status)
			}
			sees := strings.Contains(a.Body, one.Sealed) || i == 2 && strings.Contains(a.Body, one.Reports[0])
			// The reporter wrote the section, and whoever wrote a section can read it.
			may := role == access.Management || role == access.Reporter
			switch {
			case sees && !may:
				return promise.Fail("%s finds a word that is for the management, in place %d", role, i+1)
			case !sees && role == access.Management && (i == 0 || i == 2):
				return promise.Fail("the management does not find its own section, in place %d", i+1)
			}
			looked++
		}
	}
	return promise.Pass("In %d answers nobody found a word that was not for them; the management found its own.",
		looked)
}
