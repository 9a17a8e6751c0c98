package shows

import (
	"context"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

// ReportList narrows a list of reports. Zero fields do not narrow it.
type ReportList struct {
	Search      string // words, all of which must occur
	Production  string
	Performance string
	Type        string
	State       State
	Author      string
	From, Until time.Time // of the performance, or of when the report was started
	Limit       int       // 1..500, 0 means 50
	Cursor      string
}

// onlySmall is the answer to a search that could find nothing or everything.
const onlySmall = "Words of one or two letters and small words such as “the” are not searched for. Add a longer word."

// Reports lists reports that the caller may read, the newest performance first, without those in the trash; by words if
// there are any.
func (s *Service) Reports(ctx context.Context, c access.Caller, in ReportList) (records.Page[Report], error) {
	action, f := access.ReportList, records.Find{Query: "list", Limit: in.Limit, Cursor: in.Cursor}
	if cardnumber.In(in.Search) { // it would be in addresses of pages, and addresses are in logs
		return records.Page[Report]{}, model.InvalidFields(map[string]string{"q": cardnumber.Refusal})
	}
	if records.OnlySmall(in.Search) {
		return records.Page[Report]{}, model.InvalidFields(map[string]string{"q": onlySmall})
	}
	if strings.TrimSpace(in.Search) != "" {
		action, f.Query, f.Search = access.ReportSearch, "search", in.Search
	}
	if err := s.may(ctx, c, action, ""); err != nil {
		return records.Page[Report]{}, err
	}
	var possible bool
	if f.Equal, possible = in.equal(); !possible {
		return records.Page[Report]{}, nil
	}
	if _, ok := label(States, string(in.State)); in.State != "" && !ok {
		return records.Page[Report]{}, model.Invalid("There is no state of this name: choose draft, filed, accepted " +
			"or queried.")
	}
	if !in.From.IsZero() {
		f.From = in.From
	}
	if !in.Until.IsZero() {
		f.Until = in.Until
	}
	return reports.Find(ctx, s.gate, records.By(c, action), f)
}

// equal are the filters; possible is false if one of them is not an id, which no report can have.
func (in ReportList) equal() (records.Fields, bool) {
	f := records.Fields{}
	for name, id := range map[string]string{"production": in.Production, "performance": in.Performance,
		"author": in.Author} {
		if id == "" {
			continue
		}
		if !model.ValidID(id) {
			return nil, false
		}
		f[name] = id
	}
	for name, word := range map[string]string{"type": in.Type, "state": string(in.State)} {
		if len(word) > maxWord {
			return nil, false
		}
		if word != "" {
			f[name] = word
		}
	}
	return f, true
}

// AnyFiled reports whether there is a filed report that the caller may read. A draft does not count.
func (s *Service) AnyFiled(ctx context.Context, c access.Caller) (bool, error) {
	page, err := reports.Find(ctx, s.gate, records.By(c, access.ReportList), records.Find{Query: "filed", Limit: 1})
	return len(page.Records) > 0, err
}

// AllReports lists what Reports lists, to the end.
func (s *Service) AllReports(ctx context.Context, c access.Caller, in ReportList) ([]records.Record[Report], error) {
	var list []records.Record[Report]
	in.Limit = maxFound
	for {
		page, err := s.Reports(ctx, c, in)
		if err != nil {
			return nil, err
		}
		list = append(list, page.Records...)
		if in.Cursor = page.Next; in.Cursor == "" {
			return list, nil
		}
	}
}
