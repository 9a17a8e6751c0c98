package policies

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// DataPage says what is stored, what for, and for how long.
type DataPage struct {
	frame.Base
	Tabs   []frame.Tab
	Groups []DataGroupView
}

// Template names the page.
func (*DataPage) Template() string { return "policies/data" }

// DataGroupView is what belongs together for people.
type DataGroupView struct {
	ID, Title, Lead string
	Rows            []policy.Stored
}

const dataPath = "/data"

func (s *pages) dataRoutes() []frame.Route {
	return []frame.Route{{Name: "data", Method: "GET", Path: dataPath, For: frame.Public, Listed: true,
		Handle: s.data, Page: &DataPage{}}}
}

func (s *pages) data(q *frame.Request) (frame.Answer, error) {
	page := &DataPage{Tabs: s.tabs(q, "data"), Base: listed(q, dataPath, q.T("data.lead"))}
	for _, g := range s.Data {
		page.Groups = append(page.Groups, DataGroupView{ID: string(g.Heading), Title: q.T(dataTitles[g.Heading]),
			Lead: q.T(dataLeads[g.Heading]), Rows: g.Rows})
	}
	return frame.Show(page), nil
}

// The words of the headings, as keys of the catalog.
var (
	dataTitles = map[model.Heading]string{
		model.OfAccount: "data.account", model.OfCompany: "data.company", model.OfShows: "data.shows",
		model.OfService: "data.service",
	}
	dataLeads = map[model.Heading]string{
		model.OfAccount: "data.account-lead", model.OfCompany: "data.company-lead", model.OfShows: "data.shows-lead",
		model.OfService: "data.service-lead",
	}
)
