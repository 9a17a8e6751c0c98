package overview

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// checklist is the first steps of a new workspace, for the roles that take them. It is nil once all steps were done, or
// the person has hidden it. That is stored with the person's membership, so it is the same in every browser, and does
// not change when something is moved to the trash later.
func (s *pages) checklist(q *frame.Request, page *HomePage) (*Checklist, error) {
	if !page.May(access.ProductionCreate) || s.pastSteps(q) {
		return nil, nil
	}
	steps, err := s.steps(q, page)
	if err != nil {
		return nil, err
	}
	list := &Checklist{Total: len(steps), Steps: steps, Dismiss: frame.Button{Path: q.WS("/first-steps/hide"),
		Text: q.T("home.dismiss"), Icon: "x", Tone: "small plain"}}
	for _, step := range steps {
		if step.Done {
			list.Done++
		}
	}
	if list.Done == list.Total {
		return nil, s.workspaces.PassSteps(q.Context(), q.Who.Self(), q.Place.ID)
	}
	return list, nil
}

func (s *pages) steps(q *frame.Request, page *HomePage) ([]Step, error) {
	productions, err := s.shows.Productions(q.Context(), q.Caller(), shows.ListInput{Limit: 1})
	if err != nil {
		return nil, err
	}
	performances, err := s.shows.PerformancesBetween(q.Context(), q.Caller(), time.Unix(0, 0),
		q.Now().AddDate(10, 0, 0), 1)
	if err != nil {
		return nil, err
	}
	filed, err := s.shows.AnyFiled(q.Context(), q.Caller())
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
		{q.T("step.report"), q.T("step.report-why"), q.WS("/reports/new"), filed},
	}
	return s.withPeople(q, page, steps)
}

// withPeople adds the step that only management can take.
func (s *pages) withPeople(q *frame.Request, page *HomePage, steps []Step) ([]Step, error) {
	if !page.May(access.MemberInvite) {
		return steps, nil
	}
	members, err := s.workspaces.ListMembers(q.Context(), q.Caller())
	return append(steps, Step{q.T("step.people"), q.T("step.people-why"), q.WS("/invitations"), len(members) > 1}), err
}

// pastSteps reports whether the person is done with the first steps here.
func (s *pages) pastSteps(q *frame.Request) bool {
	return slices.ContainsFunc(q.Who.Memberships(), func(m workspace.Membership) bool {
		return m.Workspace == q.Place.ID && m.PastSteps
	})
}

func (s *pages) hideSteps(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.PassSteps(q.Context(), q.Who.Self(), q.Place.ID); err != nil {
		return frame.Answer{}, err
	}
	return frame.Go(q.WS("/")), nil
}
