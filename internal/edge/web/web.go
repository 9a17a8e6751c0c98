package web

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/company"
	"github.com/tinyoperahouse/toh/internal/edge/web/files"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/overview"
	"github.com/tinyoperahouse/toh/internal/edge/web/policies"
	"github.com/tinyoperahouse/toh/internal/edge/web/productions"
	"github.com/tinyoperahouse/toh/internal/edge/web/profile"
	"github.com/tinyoperahouse/toh/internal/edge/web/receipts"
	"github.com/tinyoperahouse/toh/internal/edge/web/reports"
	"github.com/tinyoperahouse/toh/internal/edge/web/security"
	"github.com/tinyoperahouse/toh/internal/edge/web/signin"
	"github.com/tinyoperahouse/toh/internal/edge/web/trail"
	"github.com/tinyoperahouse/toh/internal/edge/web/trash"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	attached "github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/templates"
)

// Options are what a site needs.
type Options struct {
	BaseURL  string   // scheme and host, as people type it; https, or http on a loopback address
	Hosts    []string // further host names that it accepts
	Log      *slog.Logger
	Clock    model.Clock
	Timeout  time.Duration               // of one request; 0 means 1.8 s
	Hops     int                         // how many entries at the end of X-Forwarded-For our own front adds
	Ready    func(context.Context) error // asked by /readyz; nil is always ready
	Services Services
	Demo     func() []DemoAccount // accounts that the first page offers; nil for none
	Policies policies.Options
	CopyURL  string // of the folder with a copy of the security page; "" for none
	Files    fs.FS  // templates, texts, icons and static files; nil for those built in
}

// Services are the use cases that the pages call.
type Services struct {
	Identity  *identity.Service
	Account   *account.Service
	Workspace *workspace.Service
	Stage     *shows.Service
	Files     *attached.Service
	Promises  security.Promises
	History   security.History
	Access    policies.Attested
	Changes   policies.Told
	Erasures  *erasure.Service
}

// DemoAccount is an account of the demonstration that the first page offers.
type DemoAccount = signin.DemoAccount

// subjects are the parts of the site, one a line.
func subjects(o Options, documents []policy.Document) []frame.Subject {
	use := o.Services
	return []frame.Subject{
		signin.Subject(use.Account, o.Demo),
		profile.Subject(use.Account),
		company.Subject(use.Workspace, use.Erasures, policy.Find(documents, policy.Agreement)),
		overview.Subject(use.Stage, use.Workspace, use.Promises),
		productions.Subject(use.Stage, use.Files),
		reports.Subject(use.Stage, use.Workspace, use.Files),
		files.Subject(use.Files),
		trash.Subject(use.Stage),
		trail.Subject(use.Workspace),
		policies.Subject(o.Policies, documents, use.Access, use.Changes),
		receipts.Subject(use.Erasures),
		security.Subject(use.Promises, use.History, o.Policies.Party.Contact, o.CopyURL),
	}
}

// New makes the site. It fails if a template, a text or an asset is missing.
func New(o Options) (*frame.Site, error) {
	if o.Files == nil {
		o.Files = templates.Embedded()
	}
	documents, err := policy.Load(o.Files, "en", o.Policies.Party)
	if err != nil {
		return nil, err
	}
	if policy.Find(documents, policy.Agreement) == nil {
		return nil, errors.New("web: there is no agreement for companies to accept: see policies in the templates")
	}
	return frame.New(frame.Options{
		BaseURL: o.BaseURL, Hosts: o.Hosts, Log: o.Log, Clock: o.Clock, Timeout: o.Timeout, Hops: o.Hops,
		Ready:    o.Ready,
		Identity: o.Services.Identity, Words: o.Services.Account, Subjects: subjects(o, documents),
		Files: o.Files,
	})
}
