// Package webtest is the site on a real gate, and browsers that visit it, for tests. Production code must never import
// it.
package webtest

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/policies"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/templates"
)

// Fixture is a site with everything below it.
type Fixture struct {
	*accounttest.Fixture
	Workspaces *workspace.Service
	Stage      *shows.Service
	Erasures   *erasure.Service
	Files      *files.Service
	Queue      *task.Queue
	Promises   *Promises
	History    *History
	Access     *Access
	Changes    *Changes
	Site       *frame.Site
	Log        *Log
}

// Contact is the address of whoever runs the site.
const Contact = "safety@opera.example"

// CopyURL is where the site says that a copy of its security page is.
const CopyURL = "https://storage.example/opera-mirror"

// New builds one.
func New(t testing.TB) *Fixture {
	t.Helper()
	return NewAt(t, accounttest.Base)
}

// NewAt builds one that real browsers can find at base, as in "http://127.0.0.1:8080".
func NewAt(t testing.TB, base string) *Fixture {
	t.Helper()
	return build(t, base, nil)
}

// NewWith builds one whose templates, texts and documents are those built in and these.
func NewWith(t testing.TB, more fstest.MapFS) *Fixture {
	t.Helper()
	files := maps.Clone(more)
	check(t, fs.WalkDir(templates.Embedded(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || files[name] != nil {
			return err
		}
		data, err := fs.ReadFile(templates.Embedded(), name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	}))
	return build(t, accounttest.Base, files)
}

func build(t testing.TB, base string, written fs.FS) *Fixture {
	t.Helper()
	kinds := slices.Concat(workspace.Kinds(), shows.Kinds(), files.Kinds(), erasure.Kinds(), task.Kinds())
	h := &Fixture{Fixture: accounttest.New(t, kinds...), Log: &Log{},
		Promises: &Promises{}, History: &History{}, Access: &Access{}, Changes: &Changes{}}
	var err error
	h.Workspaces, err = workspace.New(workspace.Options{Gate: h.Gate, Accounts: h.Accounts, Post: h.Post,
		Trail: h.Verifier()})
	check(t, err)
	folder, err := blob.OpenFolder(t.TempDir())
	check(t, err)
	h.Queue = task.New(task.Options{Gate: h.Gate, Clock: h.Clock})
	h.Files = files.New(files.Options{Gate: h.Gate, Objects: folder, Queue: h.Queue, Clock: h.Clock})
	h.Stage = shows.New(shows.Options{Gate: h.Gate, Members: h.Workspaces.Names, Clock: h.Clock, Attached: h.Files})
	h.Erasures = erasure.New(erasure.Options{
		Gate: h.Gate, Queue: h.Queue, Workspaces: h.Workspaces, Tickets: h.Accounts,
		Objects: h.Files,
		Post:    h.Post, Kinds: kinds, Origin: base, Head: func(context.Context) (string, error) { return "", nil },
		Signer: receipt.Signer{Origin: "opera.example/security/history",
			Keys: &signing.Keys{Client: h.Clients.KMS, Name: h.Config.SigningKey(), Clock: h.Clock}},
		Remains: func(at time.Time) []receipt.Remains {
			return []receipt.Remains{{What: "Entries of the trail", Until: at.Add(audit.Lifetime)},
				{What: "This receipt"}}
		},
	})
	h.Site, err = web.New(web.Options{
		Policies: policies.Options{
			Party: policy.Party{Operator: "The Opera", Contact: Contact, Site: base},
			Uses:  policy.Uses{Google: true, Region: "europe-west1", Resend: true},
			Data: []policy.DataGroup{{Heading: model.OfShows, Rows: []policy.Stored{{Place: "reports",
				About: model.About{Heading: model.OfShows, Name: "Reports", Purpose: "What people report.",
					Until: "As long as a day."}}}}},
		},
		CopyURL: CopyURL,
		Files:   written, BaseURL: base, Clock: h.Clock, Timeout: 20 * time.Second,
		Log: slog.New(slog.NewTextHandler(h.Log, nil)),
		Services: web.Services{Identity: identity.New(h.Gate, h.Accounts, h.Workspaces), Account: h.Accounts,
			Workspace: h.Workspaces, Stage: h.Stage, Files: h.Files, Erasures: h.Erasures, Promises: h.Promises,
			History: h.History, Access: h.Access, Changes: h.Changes},
	})
	check(t, err)
	return h
}

// Company makes a workspace with one person per role; their addresses are <role>@<slug>.example.
func (h *Fixture) Company(t testing.TB, name, slug string) workspace.Membership {
	t.Helper()
	manager := h.Person(t, "management@"+slug+".example", "Maud of "+name)
	m, err := h.Workspaces.Create(t.Context(), manager.Self(), workspace.NewWorkspace{Name: name, Slug: slug,
		TimeZone: "Europe/Berlin"})
	check(t, err)
	for _, role := range access.MemberRoles[1:] {
		p := h.Person(t, string(role)+"@"+slug+".example", "The "+string(role)+" of "+name)
		_, err := h.Workspaces.Enlist(t.Context(), access.SystemCaller(model.Workspace(m.Workspace), "test", ""), p,
			role)
		check(t, err)
	}
	return m
}

// As is a browser in which the member of a Company with this role is signed in.
func (h *Fixture) As(t testing.TB, slug string, role access.Role) *Browser {
	t.Helper()
	b := h.Browser()
	b.SignIn(t, string(role)+"@"+slug+".example", accounttest.Password)
	return b
}

// ID is the account of an address.
func (h *Fixture) ID(t testing.TB, email string) string {
	t.Helper()
	_, cred := h.SignIn(t, email)
	who, err := h.Whoami(t.Context(), cred)
	check(t, err)
	return who.Self().Account
}

// Secret is what the link in the last letter of a kind ends with.
func (h *Fixture) Secret(t testing.TB, kind account.LetterKind) string { return h.Post.Secret(t, kind) }

// Log keeps what the site logs.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write adds to it.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String is all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var _ io.Writer = (*Log)(nil)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
