package shows

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const maxOthers = 3 // reports about the same performance that are named

// Other is a report that is about the same performance as one that is being written.
type Other struct{ ID, Label, Author string }

// OthersAbout are the filed reports of the same type about the performance of a report, the latest first and at most
// three, as far as the caller may read them. Nothing is revealed about others.
func (s *Service) OthersAbout(ctx context.Context, c access.Caller, id string, r *Report) ([]Other, error) {
	return s.others(ctx, s.gate, c, access.ReportList, id, r)
}

// others looks through all reports about the performance, so that drafts and others that the caller may not read do not
// displace those that they may.
func (s *Service) others(ctx context.Context, v records.Via, c access.Caller, a access.Action, id string,
	r *Report) ([]Other, error) {
	if r.Performance == "" {
		return nil, nil
	}
	f := records.Find{Query: "list", Equal: records.Fields{"performance": r.Performance, "type": r.Type},
		Limit: maxFound}
	var list []Other
	for {
		page, err := reports.Find(ctx, v, records.By(c, a), f)
		if err != nil {
			return nil, err
		}
		for _, other := range page.Records {
			if b := &other.Body; other.ID != id && b.State != Draft && len(list) < maxOthers {
				list = append(list, Other{other.ID, b.Label(), b.Author.Name})
			}
		}
		if f.Cursor = page.Next; f.Cursor == "" || len(list) == maxOthers {
			return list, nil
		}
	}
}
