package company

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// AgreementPage says which version of the agreement on data processing the company accepted.
type AgreementPage struct {
	frame.Base
	Tabs     []frame.Tab
	Form     *frame.Form // nil if the version in force was accepted
	State    frame.Badge
	Says     string
	Version  string // the day of the version in force, as people read it
	Text     string // where it is
	File     string // and as a PDF; "" if it is not
	Action   string
	Next     *frame.Notice // a version that takes effect later
	Accepted []AcceptedRow
	Notices  []NoticeRow
}

// AcceptedRow is one version that was accepted.
type AcceptedRow struct {
	Version, Path, By string
	At                frame.When
	Changed           bool // the text of this version is another one now, which must not be
}

// Template names the page.
func (*AgreementPage) Template() string { return "company/agreement" }

var agreementForm = frame.FormSpec{
	{Name: "version", Kind: frame.KindHidden, Max: 10},
	{Name: "sum", Kind: frame.KindHidden, Max: 64},
}

const agreementDay = "2 January 2006"

func (s *pages) showAgreement(q *frame.Request) (frame.Answer, error) {
	v := s.agreement.On(q.Now())
	page, err := s.agreementPage(q, agreementForm.Blank(q, map[string]string{"version": v.Day(), "sum": v.Sum}))
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show(page), nil
}

func (s *pages) agreementPage(q *frame.Request, f *frame.Form) (*AgreementPage, error) {
	list, err := s.workspaces.Agreements(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	v, path := s.agreement.On(q.Now()), "/"+s.agreement.Key+"/"
	page := &AgreementPage{
		Base: frame.Base{Section: "settings"}, Tabs: settingsTabs(q, "agreement"), Version: v.From.Format(agreementDay),
		Text: path + v.Day(), Action: q.WS("/settings/agreement"), Form: f,
		State: frame.Badge{Text: q.T("agreement.open"), Icon: "circle-dot", Tone: "warn"},
		Says:  q.T("agreement.open-first"),
	}
	if v.PDF != nil {
		page.File = page.Text + ".pdf"
	}
	if len(list) > 0 {
		page.Says = q.T("agreement.open-newer", longDay(list[0].Version))
	}
	page.Fill(q)
	if page.Notices, err = s.noticeRows(q, page); err != nil {
		return nil, err
	}
	for _, a := range list {
		row := AcceptedRow{Version: longDay(a.Version), Path: path + a.Version, By: a.ByName, At: page.When(a.At),
			Changed: changed(s.agreement, a)}
		page.Accepted = append(page.Accepted, row)
		if a.Version == v.Day() && !row.Changed {
			page.Form = nil
			page.State = frame.Badge{Text: q.T("agreement.accepted"), Icon: "circle-check", Tone: "good"}
			page.Says = q.T("agreement.accepted-by", a.ByName)
		}
	}
	if next := s.agreement.Next(q.Now()); next != nil {
		page.Next = &frame.Notice{Title: q.T("policies.next", next.From.Format(agreementDay)), Text: next.Changes,
			Icon: "calendar", Tone: "note",
			Link: &frame.TextLink{Path: path + next.Day(), Text: q.T("policies.read-next")}}
	}
	return page, nil
}

// changed reports whether a version is not the text that was accepted.
func changed(d *policy.Document, a workspace.Agreement) bool {
	v, _, err := d.Version(a.Version)
	return err != nil || v.Sum != a.Sum
}

func longDay(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return t.Format(agreementDay)
}

// acceptAgreement accepts the version that the person has seen, if it is still the one in force.
func (s *pages) acceptAgreement(q *frame.Request) (frame.Answer, error) {
	f, err := agreementForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	v := s.agreement.On(q.Now())
	if !f.Failed() && (f.Get("version") != v.Day() || f.Get("sum") != v.Sum) {
		f = agreementForm.Blank(q, map[string]string{"version": v.Day(), "sum": v.Sum})
		f.Fail("", q.T("agreement.another"))
	}
	if !f.Failed() {
		err = s.workspaces.AcceptAgreement(q.Context(), q.Caller(), v.Day(), v.Sum)
	}
	switch {
	case f.Take(err) || f.Failed():
		page, err := s.agreementPage(q, f)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(page), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("agreement-accepted", "")
	return frame.Go(q.WS("/settings/agreement")), nil
}
