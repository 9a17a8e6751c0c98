package canary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// company is one of the two workspaces. Everything that is chosen at random is chosen before anything is made, so that
// an attempt that was cut off is continued by the next one.
type company struct {
	Name       string    `json:"name"`
	Slug       string    `json:"slug"`
	Form       string    `json:"form"`
	Workspace  string    `json:"workspace"` // its id, once it is made
	Members    []member  `json:"members"`   // in the order of access.MemberRoles
	Production string    `json:"production"`
	Reports    []string  `json:"reports"`
	Open       string    `json:"open"`    // a word that all members may read
	Sealed     string    `json:"sealed"`  // a word that only the management may read
	Renewed    int64     `json:"renewed"` // when the tokens were made, in seconds
	readings   []reading // the pair's, if this is its first company
	app        string    // the same
}

// member is one of its members.
type member struct {
	Role     access.Role `json:"role"`
	Account  string      `json:"account"`
	Email    string      `json:"email"`
	Password string      `json:"password"`
	Token    string      `json:"token"`
}

// pair is what is stored: both, and whether they are complete.
type pair struct {
	Companies []company `json:"companies"`
	Complete  bool      `json:"complete"`
	// Readings of the first company's second report, with the oldest first.
	Readings []reading `json:"readings,omitempty"`
	// App is the secret of the authenticator app of the first company's reporter. Nobody else in these companies has
	// one.
	App string `json:"app,omitempty"`
}

// pairs holds the one pair, passwords and tokens included, sealed in the platform's scope.
var pairs = records.Declare(records.Spec[pair]{
	Name: "canaries", In: model.PlatformScope, Quiet: true,
	About: model.About{
		Heading: model.OfService, Name: "Workspaces for controls",
		Purpose: "Which two workspaces, with invented people, belong to the installation: what was promised is " +
			"tried in them.",
		Until: "For good.",
	},
	Under: records.Under{
		records.Read:   {access.PromiseRead},
		records.Create: {access.PromiseKeep},
		records.Change: {access.PromiseKeep},
	},
})

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{pairs} }

const (
	thePair      = "pair"
	reports      = 2
	tokenDays    = 90
	renewedEvery = 30 * 24 * time.Hour
)

// chosen is a pair of which nothing has been made.
func chosen() pair {
	var p pair
	for _, name := range []string{"Control company one", "Control company two"} {
		c := company{Name: name, Slug: "controls-" + model.NewID()[:10], Form: model.NewID(), Production: model.NewID(),
			Open: "open" + model.NewID(), Sealed: "sealed" + model.NewID()}
		for _, role := range access.MemberRoles {
			c.Members = append(c.Members, member{Role: role, Password: model.NewID(),
				Email: account.CanaryAddress(string(role) + "-" + model.NewID()[:10])})
		}
		for range reports {
			c.Reports = append(c.Reports, model.NewID())
		}
		p.Companies = append(p.Companies, c)
	}
	return p
}

// make makes what is missing of a company.
func (s *Service) make(ctx context.Context, c *company) error {
	people := make([]account.Person, len(c.Members))
	for i := range c.Members {
		var err error
		if people[i], err = s.person(ctx, &c.Members[i]); err != nil {
			return fmt.Errorf("account: %w", err)
		}
	}
	m, err := s.o.Workspaces.Create(ctx, people[0].Self(), workspace.NewWorkspace{Name: c.Name, Slug: c.Slug,
		TimeZone: "UTC", Form: c.Form})
	if err != nil {
		return fmt.Errorf("workspace: %w", err)
	}
	c.Workspace = m.Workspace
	for i, p := range people[1:] {
		sys := access.SystemCaller(model.Workspace(c.Workspace), job, "")
		_, err := s.o.Workspaces.Enlist(ctx, sys, p, c.Members[i+1].Role)
		if err := unlessThere(err); err != nil {
			return fmt.Errorf("member: %w", err)
		}
	}
	return s.content(ctx, c)
}

// job is how this package is named in the trail.
const job = "canary"

func unlessThere(err error) error {
	if errors.Is(err, model.ErrConflict) {
		return nil
	}
	return err
}

// person makes an account, unless it is there.
func (s *Service) person(ctx context.Context, m *member) (account.Person, error) {
	name := "Control " + m.Role.Name()
	p, err := s.o.Accounts.ProvisionCanary(ctx, system(), account.NewAccount{Email: m.Email, Name: name,
		Password: m.Password})
	if errors.Is(err, model.ErrConflict) {
		a, bad := account.ParseAddress(m.Email)
		if bad != nil {
			return p, bad
		}
		p = account.Person{Name: name, Email: m.Email}
		p.ID, err = s.o.Accounts.AccountOf(ctx, s.o.Gate, account.Client{}, a)
	}
	m.Account = p.ID
	return p, err
}

func system() access.Caller { return access.SystemCaller(model.Platform(), job, "") }

// caller is a member of the company.
func (c *company) caller(role access.Role) access.Caller {
	m := c.member(role)
	return access.Caller{Scope: model.Workspace(c.Workspace), Account: m.Account, Name: "Control " + role.Name(),
		Role: role}
}

func (c *company) member(role access.Role) *member {
	i := slices.IndexFunc(c.Members, func(m member) bool { return m.Role == role })
	return &c.Members[i]
}

// content makes a production, and reports with a section for everybody and one for the management.
func (s *Service) content(ctx context.Context, c *company) error {
	title, zone := "The Magic Flute "+c.Open, "UTC"
	_, err := s.o.Stage.CreateProduction(ctx, c.caller(access.Organizer), shows.ProductionInput{ID: c.Production,
		Title: &title, Zone: &zone})
	if err := unlessThere(err); err != nil {
		return fmt.Errorf("production: %w", err)
	}
	for _, id := range c.Reports {
		if err := s.report(ctx, c, id); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return nil
}

func (s *Service) report(ctx context.Context, c *company, id string) error {
	reporter := c.caller(access.Reporter)
	kind, title, text := "show", "Control "+c.Open, "A quiet night. "+c.Open
	r, err := s.o.Stage.CreateReport(ctx, reporter, shows.ReportInput{ID: id, Type: &kind, Production: &c.Production,
		Title: &title, Text: &text, Sections: []shows.SectionInput{
			{Department: "lighting", Text: "For everybody: " + c.Open, Severity: shows.Note,
				Audience: access.Audience{Level: access.Everyone}},
			{Department: "stage management", Topic: "injury", Text: "For the management: " + c.Sealed,
				Severity: shows.Attention, Audience: access.Audience{Level: access.Managers}},
		}})
	if errors.Is(err, model.ErrConflict) {
		r, err = s.o.Stage.Report(ctx, reporter, id)
	}
	if err == nil && r.Body.State == shows.Draft {
		_, err = s.o.Stage.FileReport(ctx, reporter, id, r.Version)
	}
	return err
}

// renew makes new tokens well before the old ones end.
func (s *Service) renew(ctx context.Context, c *company) error {
	now := s.o.Gate.Clock().Now()
	if now.Sub(time.Unix(c.Renewed, 0)) < renewedEvery {
		return nil
	}
	var scopes []string
	for _, sc := range access.TokenScopes {
		scopes = append(scopes, string(sc.Scope))
	}
	for i := range c.Members {
		m := &c.Members[i]
		p := account.Person{ID: m.Account, Name: "Control " + m.Role.Name(), Email: m.Email}
		text, _, err := s.o.Accounts.CreateToken(ctx, p.Self(), account.NewToken{Name: "Controls", Scopes: scopes,
			Days: tokenDays})
		if err != nil {
			return fmt.Errorf("token: %w", err)
		}
		m.Token = text
	}
	c.Renewed = now.Unix()
	return nil
}
