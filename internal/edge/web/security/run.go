package security

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

func (s *pages) runRoutes() []frame.Route {
	return []frame.Route{{Name: "security.run", Method: "POST", Path: path + "/run/{control}",
		For: frame.Open, Handle: s.run}}
}

// run asks that a control run now, for everybody who asks in the same minutes together.
func (s *pages) run(q *frame.Request) (frame.Answer, error) {
	if err := s.promises.RunAgain(q.Context(), q.Var("control")); err != nil {
		return frame.Answer{}, err
	}
	return frame.ShowAs(http.StatusAccepted, &frame.MessagePage{Title: q.T("security.asked"),
		Lines: []string{q.T("security.asked-text")}, Path: path, Action: q.T("security.back")}), nil
}
