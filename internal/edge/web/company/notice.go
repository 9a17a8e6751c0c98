package company

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// NoticeRow is something that the management was told and nobody has acknowledged.
type NoticeRow struct {
	Title, Text string
	Read        frame.TextLink
	Told        frame.When
	Done        frame.Button
}

func (s *pages) noticeRows(q *frame.Request, page *AgreementPage) ([]NoticeRow, error) {
	open, err := s.workspaces.Notices(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	rows := make([]NoticeRow, len(open))
	for i, n := range open {
		rows[i] = NoticeRow{Title: n.Title, Text: n.Text, Told: page.When(n.Told),
			Read: frame.TextLink{Path: n.Path, Text: q.T("notices.read")},
			Done: frame.Button{Path: q.WS("/settings/notices/" + n.ID), Text: q.T("notices.acknowledge"), Icon: "check",
				Tone: "small", About: n.Title}}
	}
	return rows, nil
}

func (s *pages) acknowledge(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.Acknowledge(q.Context(), q.Caller(), q.Var("id")); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("notice-acknowledged", "")
	return frame.Go(q.WS("/settings/agreement")), nil
}
