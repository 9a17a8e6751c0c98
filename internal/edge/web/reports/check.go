package reports

import (
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func versionText(v int64) string { return strconv.FormatInt(v, 10) }

// warningsOf lists what may have been forgotten, or may be read by more people than intended. No warning prevents that
// the report is filed.
func warningsOf(q *frame.Request, r *shows.Report) []frame.Notice {
	var list []frame.Notice
	warn := func(text string) { list = append(list, frame.Notice{Text: text, Icon: "triangle-alert", Tone: "warn"}) }
	for _, s := range r.Sections {
		if t, ok := shows.TopicOf(s.Topic); ok && s.Audience.Level == access.Everyone {
			warn(q.T("check.wide", t.Label, title(s.Department)))
		}
	}
	if r.Performance != "" && r.Computed().RunTime == 0 {
		warn(q.T("check.no-times"))
	}
	if r.Text == "" && len(r.Sections) == 0 {
		warn(q.T("check.empty"))
	}
	return list
}

// readersOf says who will read the report, and each note that is not for all of them.
func readersOf(q *frame.Request, r *shows.Report, n names) []ReaderLine {
	lines := []ReaderLine{{What: q.T("check.whole"), Who: n.audience(q, r.Audience)}}
	for _, s := range r.Sections {
		if !s.Withheld && s.Audience.Level != access.Everyone {
			lines = append(lines, ReaderLine{What: q.T("check.note", title(s.Department)),
				Who: n.audience(q, s.Audience), Closed: true})
		}
	}
	return lines
}

// othersAbout says, before anything is written, that there is already a report about the performance, and links to it.
func (s *pages) othersAbout(q *frame.Request, id string, r *shows.Report) ([]frame.Notice, error) {
	list, err := s.shows.OthersAbout(q.Context(), q.Caller(), id, r)
	if err != nil {
		return nil, err
	}
	notices := make([]frame.Notice, len(list))
	for i, other := range list {
		notices[i] = frame.Notice{
			Text: q.T("draft.other", other.Label, other.Author), Icon: "info", Tone: "note",
			Link: &frame.TextLink{Path: q.WS("/reports/" + other.ID), Text: q.T("draft.other-open")},
		}
	}
	return notices, nil
}
