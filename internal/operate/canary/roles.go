package canary

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// sample is something that some roles may do. Bodies are not valid, so that nothing is ever made: whoever may do it is
// told what is wrong, and whoever may not is refused before that.
type sample struct {
	action       access.Action
	method, path string
	body         string
}

func samples(c *company) []sample {
	return []sample{
		{access.ReportList, http.MethodGet, c.at("/reports"), ""},
		{access.AuditRead, http.MethodGet, c.at("/audit?limit=1"), ""},
		{access.ProductionCreate, http.MethodPost, c.at("/productions"), `{"title":""}`},
		{access.ReportCreate, http.MethodPost, c.at("/reports"), `{"type":"no such type"}`},
		{access.ReportQuery, http.MethodPost, c.at("/reports/" + c.Reports[0] + "/query"), `{"text":""}`},
	}
}

// roles: each role is refused exactly what the published table of roles does not give it.
func (s *Service) roles(ctx context.Context, one, _ *company) promise.Finding {
	may := map[access.Action]func(access.Role) bool{}
	for _, row := range access.Table() {
		may[row.Action] = row.May
	}
	tried, refused := 0, 0
	for _, role := range access.MemberRoles {
		for _, q := range samples(one) {
			a, err := s.api(ctx, one, role, q.method, q.path, q.body)
			switch {
			case err != nil:
				return outside.Unreachable(err)
			case a.Busy():
				return outside.TooBusy()
			}
			denied := a.Status == http.StatusForbidden || a.Status == http.StatusNotFound
			if denied == may[q.action](role) {
				return promise.Fail("%s as %s was answered with %d", q.action, role, a.Status)
			}
			if q.method == http.MethodPost && a.Status < 400 {
				return promise.Fail("%s as %s was done, although what was sent is not valid", q.action, role)
			}
			tried++
			if denied {
				refused++
			}
		}
	}
	return promise.Pass("%d actions were tried as the four roles; %d were refused, as the table of roles says.", tried,
		refused)
}
