package people

import (
	"errors"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
)

// LinkGone is the page for a link that is not valid. It says where to get a new one, and is the same for all such
// links.
func LinkGone(q *frame.Request, err error, again string) (frame.Answer, error) {
	if !errors.Is(err, model.ErrNotFound) {
		return frame.Answer{}, err
	}
	return frame.ShowAs(http.StatusNotFound, &frame.MessagePage{
		Base: frame.Base{Absent: true}, Title: q.T("link.gone"), Lines: []string{q.T("link.gone-text")}, Path: again,
		Action: q.T("link.again"),
	}), nil
}
