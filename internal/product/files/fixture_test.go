package files_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// house is two companies with people in them, on the real gate, and their files in one folder.
type house struct {
	*recordstest.Fixture
	objects *objects
	queue   *task.Queue
	files   *files.Service
	shows   *shows.Service
	a, b    *company
}

// company is a workspace with one person of each role, a production and reports.
type company struct {
	scope      model.Scope
	people     map[string]access.Caller
	production records.Held
	draft      records.Held
	filed      records.Held
}

var roles = map[string]access.Role{"management": access.Management, "organizer": access.Organizer,
	"author": access.Reporter, "other": access.Reporter, "viewer": access.Viewer}

// objects is a folder that counts and can fail.
type objects struct {
	blob.Store
	opened int
	put    func(name string) error
}

func (o *objects) Open(ctx context.Context, name string) (io.ReadCloser, error) {
	o.opened++
	return o.Store.Open(ctx, name)
}

func (o *objects) Put(ctx context.Context, name string, body []byte) error {
	if o.put != nil {
		if err := o.put(name); err != nil {
			return err
		}
	}
	return o.Store.Put(ctx, name, body)
}

func open(t testing.TB) *house {
	t.Helper()
	kinds := append(append(shows.Kinds(), files.Kinds()...), task.Kinds()...)
	h := &house{Fixture: recordstest.New(t, kinds...)}
	folder, err := blob.OpenFolder(filepath.Join(t.TempDir(), "files"))
	must(t, err)
	h.objects = &objects{Store: folder}
	h.queue = task.New(task.Options{Gate: h.Gate, Clock: h.Clock})
	h.files = files.New(files.Options{Gate: h.Gate, Objects: h.objects, Queue: h.queue, Clock: h.Clock})
	members := func(context.Context, access.Caller, []string) (map[string]string, error) { return nil, nil }
	h.shows = shows.New(shows.Options{Gate: h.Gate, Clock: h.Clock, Members: members, Attached: h.files})
	h.a, h.b = h.company(t), h.company(t)
	return h
}

func (h *house) company(t testing.TB) *company {
	t.Helper()
	c := &company{scope: h.Workspace(t), people: map[string]access.Caller{}}
	for name, role := range roles {
		c.people[name] = access.Caller{Scope: c.scope, Account: model.NewID(), Name: name, Role: role, Request: "r"}
	}
	title, zone := "Tosca", "Europe/Berlin"
	p, err := h.shows.CreateProduction(t.Context(), c.people["organizer"], shows.ProductionInput{Title: &title,
		Zone: &zone})
	must(t, err)
	c.production = shows.OfProduction(p.ID)
	for _, held := range []*records.Held{&c.draft, &c.filed} {
		r, err := h.shows.CreateReport(t.Context(), c.people["author"], shows.ReportInput{Production: &p.ID,
			Title: &title})
		must(t, err)
		*held = shows.OfReport(r.ID)
	}
	_, err = h.shows.FileReport(t.Context(), c.people["author"], c.filed.ID, 0)
	must(t, err)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v (%v)", err, model.FieldTexts(err))
	}
}

// noise are bytes that are no picture, and that differ from file to file.
func noise(size int, seed uint64) []byte {
	data := make([]byte, size)
	from := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = from.Read(data)
	copy(data, "plain text, ")
	for i := 12; i < min(size, 4000); i++ {
		data[i] = 'a' + data[i]%26
	}
	return data
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (h *house) begin(t testing.TB, c access.Caller, of records.Held, name string, size int) string {
	t.Helper()
	r, err := h.files.Begin(t.Context(), c, files.Input{Of: of, Name: name, Size: int64(size)})
	must(t, err)
	return r.ID
}

func cut(data []byte, n int) []byte {
	return data[n*files.PartSize : min(len(data), (n+1)*files.PartSize)]
}

// send sends the parts from a number on.
func (h *house) send(t testing.TB, c access.Caller, id string, data []byte, from int) {
	t.Helper()
	p, err := h.files.Progress(t.Context(), c, id)
	must(t, err)
	for n := from; n*files.PartSize < len(data); n++ {
		_, err := h.files.Part(t.Context(), c, id, p.Generation, n, bytes.NewReader(cut(data, n)))
		must(t, err)
	}
}

// add adds a whole file.
func (h *house) add(t testing.TB, c access.Caller, of records.Held, name string, data []byte) string {
	t.Helper()
	id := h.begin(t, c, of, name, len(data))
	h.send(t, c, id, data, 0)
	_, err := h.files.Complete(t.Context(), c, id, hashOf(data))
	must(t, err)
	return id
}

// read is the whole content of a file.
func (h *house) read(t testing.TB, c access.Caller, id string, preview int) ([]byte, error) {
	t.Helper()
	if _, err := h.files.Look(t.Context(), c, id, preview); err != nil {
		return nil, err
	}
	r, err := h.files.Open(t.Context(), c, id, preview, true)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// work runs all jobs that are due.
func (h *house) work(t testing.TB) {
	t.Helper()
	for {
		n, err := h.queue.Sweep(t.Context())
		must(t, err)
		if n == 0 {
			return
		}
	}
}

// stored are the names of all objects.
func (h *house) stored(t testing.TB) []string {
	t.Helper()
	list, err := h.objects.List(t.Context(), "", "", blob.MaxList)
	must(t, err)
	return list
}

func (h *house) used(t testing.TB, c access.Caller) int64 {
	t.Helper()
	n, err := h.files.Used(t.Context(), c)
	must(t, err)
	return n
}

// is fails the test if an error is of another kind.
func is(t testing.TB, what string, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: %v, wanted %v", what, err, kind)
	}
}
