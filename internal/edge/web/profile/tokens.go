package profile

import (
	"slices"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *pages) tokenRoutes() []frame.Route {
	return []frame.Route{
		{Name: "tokens", Method: "GET", Path: "/account/tokens", For: frame.Account, Action: access.TokenList,
			Handle: s.showTokens, Page: &TokensPage{}},
		{Name: "tokens.new", Method: "GET", Path: "/account/tokens/new", For: frame.Account, Action: access.TokenCreate,
			Handle: s.showNewToken},
		{Name: "tokens.create", Method: "POST", Path: "/account/tokens", For: frame.Account, Action: access.TokenCreate,
			Handle: s.createToken, Page: &TokenPage{}},
		{Name: "tokens.revoke", Method: "POST", Path: "/account/tokens/{token}/revoke", For: frame.Account,
			Action: access.TokenRevoke, Handle: s.revokeToken},
	}
}

var tokenForm = frame.FormSpec{
	{Name: "name", Kind: frame.KindText, Label: "token.name", Hint: "token.name-hint", Max: 60},
	{Name: "scopes", Kind: frame.KindChecks, Label: "token.scopes", Hint: "token.scopes-hint"},
	{Name: "workspace", Kind: frame.KindSelect, Label: "token.workspace", Optional: true},
	{Name: "days", Kind: frame.KindSelect, Label: "token.days", Width: "medium"},
	frame.FieldID,
}

// tokenDays are the lifetimes that the form offers.
var tokenDays = []int{7, 30, 90, 365}

// tokenOptions are what can be chosen in the form.
func tokenOptions(q *frame.Request) map[string][]frame.Option {
	options := map[string][]frame.Option{"workspace": {{Value: "", Text: q.T("token.workspace-all")}}}
	for _, scope := range access.TokenScopes {
		options["scopes"] = append(options["scopes"], frame.Option{Value: string(scope.Scope), Text: scope.Says,
			Hint: string(scope.Scope)})
	}
	for _, n := range tokenDays {
		options["days"] = append(options["days"], frame.Option{Value: strconv.Itoa(n), Text: q.N("days", n)})
	}
	for _, m := range q.Who.Memberships() {
		options["workspace"] = append(options["workspace"], frame.Option{Value: m.Workspace, Text: m.Name})
	}
	return options
}

func newTokenPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{Title: q.T("token.new-title"), Tabs: accountTabs(q, "tokens"), Form: f,
		Action: "/account/tokens",
		Submit: q.T("token.submit"), Cancel: "/account/tokens"}
}

func (s *pages) showTokens(q *frame.Request) (frame.Answer, error) {
	list, err := s.accounts.ListTokens(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &TokensPage{
		Tabs: accountTabs(q, "tokens"),
		Empty: frame.Empty{Icon: "key-round", Title: q.T("tokens.none"), Why: q.T("tokens.none-why"),
			Path: "/account/tokens/new", Action: q.T("tokens.new")},
	}
	page.Fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, tokenRow(q, page, r))
	}
	return frame.Show(page), nil
}

func tokenRow(q *frame.Request, page *TokensPage, r account.TokenRecord) TokenRow {
	row := TokenRow{
		Name: r.Name, Ends: page.When(r.Ends), Used: page.When(r.Used),
		Revoke: frame.Button{Path: "/account/tokens/" + r.ID + "/revoke", Text: q.T("tokens.revoke"), Icon: "x",
			Tone: "small danger", About: r.Name},
	}
	for _, scope := range access.TokenScopes {
		if slices.Contains(r.Scopes, scope.Scope) {
			row.Scopes = append(row.Scopes, scope.Says)
		}
	}
	return row
}

func (s *pages) showNewToken(q *frame.Request) (frame.Answer, error) {
	f := tokenForm.Blank(q, map[string]string{"id": model.NewID()})
	for name, list := range tokenOptions(q) {
		f.Offer(name, list)
	}
	f.Set("days", "30")
	return frame.Show(newTokenPage(q, f)), nil
}

func (s *pages) createToken(q *frame.Request) (frame.Answer, error) {
	f, err := tokenForm.Read(q, tokenOptions(q))
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(newTokenPage(q, f)), nil
	}
	days := f.Number("days", 1, 365)
	text, made, err := s.accounts.CreateToken(q.Context(), q.Caller(), account.NewToken{
		Name: f.Get("name"), Scopes: f.All("scopes"), Workspace: f.Get("workspace"), Days: days, ID: f.ChosenID(),
	})
	switch {
	case f.Take(err):
		return f.Again(newTokenPage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	return frame.Show(&TokenPage{Name: made.Name, Secret: text}), nil
}

func (s *pages) revokeToken(q *frame.Request) (frame.Answer, error) {
	if err := s.accounts.RevokeToken(q.Context(), q.Caller(), q.Var("token")); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("token-revoked", "")
	return frame.Go("/account/tokens"), nil
}
