package profile

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

const factorsPath = "/account/factors"

func (s *pages) factorRoutes() []frame.Route {
	add, remove := access.FactorAdd, access.FactorRemove
	return []frame.Route{
		{Name: "factors", Method: "GET", Path: factorsPath, For: frame.Account, Action: access.FactorList,
			Handle: s.showFactors, Page: &FactorsPage{}},
		{Name: "factors.link", Method: "POST", Path: factorsPath + "/link", For: frame.Account,
			Action: access.FactorLink, Handle: s.askFactorLink},
		{Name: "factors.sent", Method: "GET", Path: factorsPath + "/sent", For: frame.Account,
			Action: access.FactorList,
			Handle: s.factorLinkSent},
		{Name: "factors.open", Method: "GET", Path: factorsPath + "/open/{ticket}", For: frame.Account, Ticket: true,
			Action: access.FactorOpen, Handle: s.showOpenFactors},
		{Name: "factors.open.do", Method: "POST", Path: factorsPath + "/open/{ticket}", For: frame.Account,
			Ticket: true,
			Action: access.FactorOpen, Handle: s.openFactors},
		{Name: "factors.app", Method: "POST", Path: factorsPath + "/app", For: frame.Account,
			Action: access.FactorOffer, Handle: s.offerApp, Page: &AppPage{}},
		{Name: "factors.app.add", Method: "POST", Path: factorsPath + "/app/add", For: frame.Account, Action: add,
			Handle: s.acceptApp, Page: &CodesPage{}},
		{Name: "factors.app.remove", Method: "POST", Path: factorsPath + "/app/remove", For: frame.Account,
			Action: remove, Handle: s.removeApp},
		{Name: "factors.passkey", Method: "POST", Path: factorsPath + "/passkey", For: frame.Account, Action: add,
			Handle: s.newPasskey, Page: &NewPasskeyPage{}},
		{Name: "factors.passkey.challenge", Method: "POST", Path: factorsPath + "/passkey/challenge",
			For: frame.Account, Action: add, Handle: s.challengeToAdd},
		{Name: "factors.passkey.add", Method: "POST", Path: factorsPath + "/passkey/add", For: frame.Account,
			Action: add, Handle: s.addPasskey},
		{Name: "factors.passkey.remove", Method: "POST", Path: factorsPath + "/passkey/{passkey}/remove",
			For: frame.Account, Action: remove, Handle: s.removePasskey},
		{Name: "factors.codes", Method: "POST", Path: factorsPath + "/codes", For: frame.Account, Action: add,
			Handle: s.renewCodes},
		{Name: "factors.devices", Method: "POST", Path: factorsPath + "/devices", For: frame.Account,
			Action: access.AccountUpdate, Handle: s.forgetDevices},
		{Name: "proof.passkey", Method: "POST", Path: frame.PasskeyToProve, For: frame.Account,
			Action: access.PasswordCheck, Handle: s.challengeToProve},
	}
}

func (s *pages) showFactors(q *frame.Request) (frame.Answer, error) {
	list, err := s.accounts.ListFactors(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &FactorsPage{Tabs: accountTabs(q, "factors"), On: list.Any(), Opened: list.Opened, Offered: list.Offered}
	page.Fill(q)
	page.Link = frame.Button{Path: factorsPath + "/link", Text: q.T("factors.link"), Icon: "mail", Tone: "primary"}
	page.SetUp = frame.Button{Path: factorsPath + "/app", Text: q.T("factors.app-add"), Icon: "smartphone"}
	if app := list.App; app != nil {
		page.App = &FactorRow{Name: q.T("factors.app"), Icon: "smartphone", Since: page.When(app.Added),
			Used: page.When(app.Used), Remove: removal(q, "/app/remove", q.T("factors.app"))}
		page.SetUp.Text = q.T("factors.app-replace")
	}
	for _, k := range list.Passkeys {
		row := FactorRow{Name: k.Name, Icon: "key-round", Since: page.When(k.Added), Synced: k.Synced,
			Remove: removal(q, "/passkey/"+k.ID+"/remove", k.Name)}
		if !k.Used.IsZero() {
			row.Used = page.When(k.Used)
		}
		page.Passkeys = append(page.Passkeys, row)
	}
	page.AddPasskey = frame.Button{Path: factorsPath + "/passkey", Text: q.T("factors.passkey-add"), Icon: "key-round"}
	page.Left = q.N("factors.codes-left", list.Left())
	page.Renew = frame.Button{Path: factorsPath + "/codes", Text: q.T("factors.codes-renew"), Icon: "rotate-ccw"}
	page.Forget = frame.Button{Path: factorsPath + "/devices", Text: q.T("factors.devices-forget"), Icon: "monitor"}
	return frame.Show(page), nil
}

func removal(q *frame.Request, path, about string) frame.Button {
	return frame.Button{Path: factorsPath + path, Text: q.T("factors.remove"), Icon: "trash-2", Tone: "small danger",
		About: about}
}

func (s *pages) askFactorLink(q *frame.Request) (frame.Answer, error) {
	return frame.Go(factorsPath + "/sent"), s.accounts.AskFactorLink(q.Context(), q.Who)
}

func (s *pages) factorLinkSent(q *frame.Request) (frame.Answer, error) {
	return frame.Show(&frame.MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("factors.sent-text"),
		q.T("sent.spam")}, Path: factorsPath, Action: q.T("factors.title")}), nil
}

func (s *pages) showOpenFactors(q *frame.Request) (frame.Answer, error) {
	if _, err := s.accounts.Peek(q.Context(), q.Client(), account.ToFactor, q.Var("ticket")); err != nil {
		return people.LinkGone(q, err, factorsPath)
	}
	return frame.Show(&frame.FormPage{Title: q.T("factors.open-title"), Lead: q.T("factors.open-lead"), Sheet: true,
		Form: changeAddressForm.Blank(q, nil), Action: factorsPath + "/open/" + q.Var("ticket"),
		Submit: q.T("factors.open-submit")}), nil
}

func (s *pages) openFactors(q *frame.Request) (frame.Answer, error) {
	if err := s.accounts.OpenFactors(q.Context(), q.Who, q.Var("ticket")); err != nil {
		return people.LinkGone(q, err, factorsPath)
	}
	return frame.Go(factorsPath), nil
}

func (s *pages) offerApp(q *frame.Request) (frame.Answer, error) {
	return s.appAnswer(q, appForm.Blank(q, nil))
}

func (s *pages) appAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	offer, err := s.accounts.OfferApp(q.Context(), q.Who)
	if err != nil {
		return frame.Answer{}, err
	}
	return f.Page(&AppPage{Form: f, Secret: offer.Secret, Picture: offer.Picture}), nil
}

// acceptApp shows the same picture again after a mistyped code.
func (s *pages) acceptApp(q *frame.Request) (frame.Answer, error) {
	f, err := appForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.appAnswer(q, f)
	}
	code := f.Get("code")
	f.Set("code", "")
	out, err := s.accounts.AcceptApp(q.Context(), q.Who, code)
	if f.Take(err) {
		return s.appAnswer(q, f)
	}
	return s.renewed(q, out, err, func() { q.Flash("factor-added", "") })
}

// renewed gives the browser its new session, and shows new recovery codes, this once.
func (s *pages) renewed(q *frame.Request, out account.Renewed, err error, say func()) (frame.Answer, error) {
	if err != nil {
		return frame.Answer{}, err
	}
	q.Admit(out.SignedIn)
	if len(out.Codes) > 0 {
		return frame.Show(&CodesPage{Codes: out.Codes}), nil
	}
	say()
	return frame.Go(factorsPath), nil
}

func (s *pages) removeApp(q *frame.Request) (frame.Answer, error) {
	out, err := s.accounts.RemoveApp(q.Context(), q.Who)
	return s.renewed(q, out, err, func() { q.Flash("factor-removed", "") })
}

func (s *pages) removePasskey(q *frame.Request) (frame.Answer, error) {
	out, err := s.accounts.RemovePasskey(q.Context(), q.Who, q.Var("passkey"))
	return s.renewed(q, out, err, func() { q.Flash("factor-removed", "") })
}

func (s *pages) renewCodes(q *frame.Request) (frame.Answer, error) {
	out, err := s.accounts.RenewCodes(q.Context(), q.Who)
	return s.renewed(q, out, err, func() {})
}

func (s *pages) forgetDevices(q *frame.Request) (frame.Answer, error) {
	if err := s.accounts.ForgetDevices(q.Context(), q.Caller()); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("devices-forgotten", "")
	return frame.Go(factorsPath), nil
}

func (s *pages) newPasskey(q *frame.Request) (frame.Answer, error) {
	name, _ := deviceName(q, q.UserAgent())
	return frame.Show(passkeyPage(q, passkeyForm.Blank(q, map[string]string{"name": name}))), nil
}

func passkeyPage(q *frame.Request, f *frame.Form) *NewPasskeyPage {
	return &NewPasskeyPage{Form: f, Passkey: &frame.Passkey{Path: factorsPath + "/passkey/challenge",
		Text: q.T("factors.passkey-make"), Make: true, Field: "passkey", Step: "step"}}
}

func (s *pages) challengeToAdd(q *frame.Request) (frame.Answer, error) {
	asked, err := s.accounts.ChallengeToAdd(q.Context(), q.Who)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, asked)
}

func (s *pages) challengeToProve(q *frame.Request) (frame.Answer, error) {
	asked, err := s.accounts.ChallengeToProve(q.Context(), q.Who)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, asked)
}

func (s *pages) addPasskey(q *frame.Request) (frame.Answer, error) {
	f, err := passkeyForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	n := account.NewPasskey{Name: f.Get("name"), Step: f.Get("step"), Answer: f.Get("passkey")}
	f.Set("passkey", "")
	f.Set("step", "")
	if f.Failed() {
		return f.Again(passkeyPage(q, f)), nil
	}
	out, err := s.accounts.AddPasskey(q.Context(), q.Who, n)
	if f.Take(err) {
		return f.Again(passkeyPage(q, f)), nil
	}
	return s.renewed(q, out, err, func() { q.Flash("factor-added", "") })
}
