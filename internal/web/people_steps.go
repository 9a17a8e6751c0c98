package web

import (
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/stage"
)

// stepsCookie holds the ids of workspaces whose first steps were hidden in this browser.
const (
	stepsCookie = "toh-steps"
	maxHidden   = 20
)

// checklist is the first steps of a new workspace, for those who take them; nil when all are done, or it was hidden.
func (s *Site) checklist(q *Request, page *HomePage) (*Checklist, error) {
	if !page.May(access.ProductionCreate) || slices.Contains(s.hiddenSteps(q), q.Visit.Place.ID) {
		return nil, nil
	}
	steps, err := s.steps(q, page)
	if err != nil {
		return nil, err
	}
	list := &Checklist{Total: len(steps), Steps: steps, Dismiss: Button{Path: q.WS("/first-steps/hide"), Text: q.T("home.dismiss"), Icon: "x", Tone: "small plain"}}
	for _, step := range steps {
		if step.Done {
			list.Done++
		}
	}
	if list.Done == list.Total {
		return nil, nil
	}
	return list, nil
}

func (s *Site) steps(q *Request, page *HomePage) ([]Step, error) {
	productions, err := s.opts.Services.Stage.Productions(q.Context(), q.Caller(), stage.ListInput{Limit: 1})
	if err != nil {
		return nil, err
	}
	performances, err := s.opts.Services.Stage.PerformancesBetween(q.Context(), q.Caller(), time.Unix(0, 0), q.Now().AddDate(10, 0, 0), 1)
	if err != nil {
		return nil, err
	}
	reports, err := s.opts.Services.Stage.Reports(q.Context(), q.Caller(), stage.ReportList{Limit: 1})
	if err != nil {
		return nil, err
	}
	planned := "/productions"
	if len(productions.Records) > 0 {
		planned += "/" + productions.Records[0].ID
	}
	steps := []Step{
		{q.T("step.production"), q.T("step.production-why"), q.WS("/productions/new"), len(productions.Records) > 0},
		{q.T("step.performance"), q.T("step.performance-why"), q.WS(planned), len(performances) > 0},
		{q.T("step.report"), q.T("step.report-why"), q.WS("/reports/new"), len(reports.Records) > 0},
	}
	return s.withPeople(q, page, steps)
}

// withPeople adds the step that only management can take.
func (s *Site) withPeople(q *Request, page *HomePage, steps []Step) ([]Step, error) {
	if !page.May(access.MemberInvite) {
		return steps, nil
	}
	members, err := s.opts.Services.Workspace.ListMembers(q.Context(), q.Caller())
	return append(steps, Step{q.T("step.people"), q.T("step.people-why"), q.WS("/invitations"), len(members) > 1}), err
}

func (s *Site) hiddenSteps(q *Request) []string {
	return strings.Split(s.cookie(q.Request, stepsCookie), ".")
}

func (s *Site) hideSteps(q *Request) (Answer, error) {
	hidden := append(s.hiddenSteps(q), q.Visit.Place.ID)
	hidden = hidden[max(0, len(hidden)-maxHidden):]
	s.setCookie(q, stepsCookie, strings.Trim(strings.Join(hidden, "."), "."), q.Now().AddDate(1, 0, 0))
	return Go(q.WS("/")), nil
}
