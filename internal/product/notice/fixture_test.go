package notice_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// vendor counts what it is given. A mail with the same key is the same mail.
type vendor struct {
	mu    sync.Mutex
	mails map[string]mail.Message // by key
}

func (v *vendor) Send(_ context.Context, m mail.Message) (string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mails[m.Key] = m
	return "sent", nil
}

// to is how often each address was mailed.
func (v *vendor) to() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := map[string]int{}
	for _, m := range v.mails {
		n[m.To]++
	}
	return n
}

// durable keeps letters as jobs, as the service does.
type durable struct {
	write *mail.Letters
	post  *mail.Post
}

func (d durable) Queue(ctx context.Context, v records.Via, x account.Letter) (string, error) {
	m, err := d.write.Write(mail.Kind(x.Kind), mail.Recipient{Address: x.To, Name: x.ToName}, mail.Facts{
		Path: x.Path, At: x.At, Workspace: x.Workspace, What: x.What, By: x.By, Role: x.Role})
	if err != nil {
		return "", err
	}
	return d.post.Queue(ctx, v, m)
}

func (d durable) Wake(ctx context.Context, job string) { d.post.Wake(ctx, job) }

const demoAddress = "shown@demo.example"

// fixture is an installation that is started again and again.
type fixture struct {
	*accounttest.Fixture
	vendor *vendor
	spaces *workspace.Service
	queue  *task.Queue
	*notice.Service
	documents policy.Document
	uses      policy.Uses
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	h := &fixture{vendor: &vendor{mails: map[string]mail.Message{}},
		uses:    policy.Uses{Google: true, Region: "europe-west1"},
		Fixture: accounttest.New(t, slices.Concat(workspace.Kinds(), notice.Kinds(), task.Kinds())...)}
	h.documents = policy.Document{Key: policy.Agreement}
	h.release(h.Clock.Now().AddDate(0, -1, 0), "The first version.")
	h.start(t)
	return h
}

// release adds a version of the agreement.
func (h *fixture) release(from time.Time, changes string) {
	v := policy.Version{From: from.UTC().Truncate(24 * time.Hour), Changes: changes,
		Sum: fmt.Sprintf("%064x", len(h.documents.Versions)+1)}
	h.documents.Versions = slices.Insert(slices.Clone(h.documents.Versions), 0, v)
}

// start is a start of the service, with what it has in it now.
func (h *fixture) start(t *testing.T) {
	t.Helper()
	write, err := mail.NewLetters(accounttest.Base, "safety@opera.example")
	if err != nil {
		t.Fatal(err)
	}
	h.queue = task.New(task.Options{Gate: h.Gate})
	h.spaces, err = workspace.New(workspace.Options{Gate: h.Gate, Accounts: h.Accounts,
		Post:     durable{write, mail.NewPost(h.queue, h.vendor)},
		Unmailed: func(address string) bool { return address == demoAddress }})
	if err != nil {
		t.Fatal(err)
	}
	h.serve(h.spaces)
}

// startOn is a start with other workspaces.
func (h *fixture) startOn(t *testing.T, w notice.Workspaces) {
	t.Helper()
	h.queue = task.New(task.Options{Gate: h.Gate})
	h.serve(w)
}

func (h *fixture) serve(w notice.Workspaces) {
	documents := h.documents
	h.Service = notice.New(notice.Options{Gate: h.Gate, Queue: h.queue, Workspaces: w, Agreement: &documents,
		Subprocessors: policy.Subprocessors(h.uses)})
}

var noticeKind = recordstest.KindOf[workspace.Notice](workspace.Kinds())

// forget removes what says that a workspace was told of the last change.
func (h *fixture) forget(t *testing.T, ws model.Scope) {
	t.Helper()
	list, err := h.Changes(t.Context())
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	if _, err := h.Store.Commit(t.Context(), store.Delete(noticeKind.Ref(ws, list[0].ID), time.Time{})); err != nil {
		t.Fatal(err)
	}
}

// company makes a workspace of a person, and gives its scope.
func (h *fixture) company(t *testing.T, boss account.Person, slug string) model.Scope {
	t.Helper()
	m, err := h.spaces.Create(t.Context(), boss.Self(), workspace.NewWorkspace{Name: "House " + slug, Slug: slug,
		TimeZone: "Europe/Vienna"})
	if err != nil {
		t.Fatal(err)
	}
	return model.Workspace(m.Workspace)
}

func (h *fixture) enlist(t *testing.T, ws model.Scope, p account.Person, role access.Role) {
	t.Helper()
	if _, err := h.spaces.Enlist(t.Context(), access.SystemCaller(ws, "test", ""), p, role); err != nil {
		t.Fatal(err)
	}
}

// settle lets the service look, and its jobs run, until nothing is left to do. Mails that were sent before are
// forgotten.
func (h *fixture) settle(t *testing.T) map[string]int {
	t.Helper()
	h.vendor.mu.Lock()
	clear(h.vendor.mails)
	h.vendor.mu.Unlock()
	if err := h.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.drain(t)
	return h.vendor.to()
}

func (h *fixture) drain(t *testing.T) {
	t.Helper()
	for range 20 {
		n, err := h.queue.Sweep(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	t.Fatal("jobs make jobs without end")
}

// told are the entries that say so in the trail of a workspace.
func (h *fixture) told(t *testing.T, ws model.Scope) []*audit.Entry {
	t.Helper()
	page, err := h.Trail.List(t.Context(), ws, audit.Filter{Action: access.ManagementTell}, 100, "")
	if err != nil {
		t.Fatal(err)
	}
	return page.Entries
}
