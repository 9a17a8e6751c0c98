package web

import "github.com/tinyoperahouse/toh/internal/product/shows"

// othersAbout says before anything is written that a performance has a report already, and leads there.
func (s *Site) othersAbout(q *Request, id string, r *shows.Report) ([]Notice, error) {
	list, err := s.opts.Services.Stage.OthersAbout(q.Context(), q.Caller(), id, r)
	if err != nil {
		return nil, err
	}
	notices := make([]Notice, len(list))
	for i, other := range list {
		notices[i] = Notice{
			Text: q.T("draft.other", other.Label, other.Author), Icon: "info", Tone: "note",
			Link: &TextLink{Path: q.WS("/reports/" + other.ID), Text: q.T("draft.other-open")},
		}
	}
	return notices, nil
}
