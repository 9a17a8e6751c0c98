package web

import (
	"slices"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *Site) tokenRoutes() []Route {
	return []Route{
		{Name: "tokens", Method: "GET", Path: "/account/tokens", For: Account, Action: access.TokenList,
			Handle: s.showTokens},
		{Name: "tokens.new", Method: "GET", Path: "/account/tokens/new", For: Account, Action: access.TokenCreate,
			Handle: s.showNewToken},
		{Name: "tokens.create", Method: "POST", Path: "/account/tokens", For: Account, Action: access.TokenCreate,
			Handle: s.createToken},
		{Name: "tokens.revoke", Method: "POST", Path: "/account/tokens/{token}/revoke", For: Account,
			Action: access.TokenRevoke, Handle: s.revokeToken},
	}
}

var tokenForm = FormSpec{
	{Name: "name", Kind: kindText, Label: "token.name", Hint: "token.name-hint", Max: 60},
	{Name: "scopes", Kind: kindChecks, Label: "token.scopes", Hint: "token.scopes-hint"},
	{Name: "workspace", Kind: kindSelect, Label: "token.workspace", Optional: true},
	{Name: "days", Kind: kindSelect, Label: "token.days", Width: "medium"},
	fieldID,
}

// tokenDays are the lifetimes that the form offers.
var tokenDays = []int{7, 30, 90, 365}

// tokenOptions are what can be chosen in the form.
func tokenOptions(q *Request) map[string][]Option {
	options := map[string][]Option{"workspace": {{Value: "", Text: q.T("token.workspace-all")}}}
	for _, scope := range access.TokenScopes {
		options["scopes"] = append(options["scopes"], Option{Value: string(scope.Scope), Text: scope.Says,
			Hint: string(scope.Scope)})
	}
	for _, n := range tokenDays {
		options["days"] = append(options["days"], Option{Value: strconv.Itoa(n), Text: q.N("days", n)})
	}
	for _, m := range q.Visit.Memberships {
		options["workspace"] = append(options["workspace"], Option{Value: m.Workspace, Text: m.Name})
	}
	return options
}

func newTokenPage(q *Request, f *Form) *FormPage {
	return &FormPage{Title: q.T("token.new-title"), Tabs: accountTabs(q, "tokens"), Form: f, Action: "/account/tokens",
		Submit: q.T("token.submit"), Cancel: "/account/tokens"}
}

func (s *Site) showTokens(q *Request) (Answer, error) {
	list, err := s.opts.Services.Account.ListTokens(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &TokensPage{
		Tabs: accountTabs(q, "tokens"),
		Empty: Empty{Icon: "key-round", Title: q.T("tokens.none"), Why: q.T("tokens.none-why"),
			Path: "/account/tokens/new", Action: q.T("tokens.new")},
	}
	page.fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, tokenRow(q, page, r))
	}
	return Show(page), nil
}

func tokenRow(q *Request, page *TokensPage, r account.TokenRecord) TokenRow {
	row := TokenRow{
		Name: r.Name, Ends: page.When(r.Ends), Used: page.When(r.Used),
		Revoke: Button{Path: "/account/tokens/" + r.ID + "/revoke", Text: q.T("tokens.revoke"), Icon: "x",
			Tone: "small danger", About: r.Name},
	}
	for _, scope := range access.TokenScopes {
		if slices.Contains(r.Scopes, scope.Scope) {
			row.Scopes = append(row.Scopes, scope.Says)
		}
	}
	return row
}

func (s *Site) showNewToken(q *Request) (Answer, error) {
	f := tokenForm.Blank(q, map[string]string{"id": newRecordID()})
	for name, list := range tokenOptions(q) {
		f.Offer(name, list)
	}
	f.Set("days", "30")
	return Show(newTokenPage(q, f)), nil
}

func (s *Site) createToken(q *Request) (Answer, error) {
	f, err := tokenForm.Read(q, tokenOptions(q))
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(newTokenPage(q, f)), nil
	}
	days := f.Number("days", 1, 365)
	text, made, err := s.opts.Services.Account.CreateToken(q.Context(), q.Caller(), account.NewToken{
		Name: f.Get("name"), Scopes: f.All("scopes"), Workspace: f.Get("workspace"), Days: days, ID: chosenID(f),
	})
	switch {
	case f.Take(err):
		return f.Again(newTokenPage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	return Show(&TokenPage{Name: made.Name, Secret: text}), nil
}

func (s *Site) revokeToken(q *Request) (Answer, error) {
	if err := s.opts.Services.Account.RevokeToken(q.Context(), q.Caller(), q.Var("token")); err != nil {
		return Answer{}, err
	}
	q.Flash("token-revoked", "")
	return Go("/account/tokens"), nil
}
