package records_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// page is a small kind with every feature that a kind can have.
type page struct {
	Title  string          `json:"title"`
	Text   string          `json:"text"`
	Secret string          `json:"secret,omitempty"` // management only
	State  string          `json:"state"`
	Count  int             `json:"count"`
	Reads  access.Audience `json:"reads"`
}

var managers = access.Audience{Level: access.Managers}

var pages = records.Declare(records.Spec[page]{
	Name: "reports", In: model.WorkspaceScope, Under: recordstest.AnyAction(model.WorkspaceScope),
	Label:    func(p *page) string { return "Page " + p.Title },
	Audience: func(p *page) access.Audience { return p.Reads },
	Redact: func(c access.Caller, p *page) {
		if !managers.Admits(c) {
			p.Secret = ""
		}
	},
	Search: func(p *page) []records.Text {
		return []records.Text{{Audience: p.Reads, Words: p.Title + " " + p.Text}, {Audience: managers, Words: p.Secret}}
	},
	Check: func(p *page) error {
		if p.Title == "" {
			return model.Invalid("A page needs a title.")
		}
		return nil
	},
	Fields: []store.Field{{Name: "state", Type: store.String}, {Name: "at", Type: store.Int}},
	Index: func(p *page) store.Fields {
		return store.Fields{"state": p.State, "at": int64(p.Count)}
	},
	Queries: []store.Query{
		{Name: "mine", AnyOf: "readers", Equal: []string{"state"}, Order: []store.Order{{Field: "at", Desc: true}}},
		{Name: "search", AnyOf: "words", Equal: []string{"state"}, Order: []store.Order{{Field: "at", Desc: true}}},
		{Name: "all", Equal: []string{"state"}, Order: []store.Order{{Field: "at", Desc: true}}},
	},
})

type counter struct{ N int }

var (
	counters = records.Declare(records.Spec[counter]{
		Name: "counters", In: model.WorkspaceScope, Quiet: true, Under: recordstest.AnyAction(model.WorkspaceScope),
	})
	people = records.Declare(records.Spec[counter]{
		Name: "about", In: model.AccountScope, Identity: true, Under: recordstest.AnyAction(model.AccountScope),
	})
)

func newFixture(t *testing.T) *recordstest.Fixture {
	return recordstest.New(t, pages, counters, people)
}

func as(scope model.Scope, account string, role access.Role) access.Caller {
	return access.Caller{Scope: scope, Account: account, Name: strings.ToUpper(account), Role: role, Request: "req-" +
		account}
}

func everyone() access.Audience { return access.Audience{Level: access.Everyone} }

func create(t *testing.T, h *recordstest.Fixture, c access.Caller, p page) records.Record[page] {
	t.Helper()
	r, err := pages.Create(t.Context(), h.Gate, records.By(c, access.ReportCreate).On(model.NewID()), p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// trail is the scope's entries, newest first.
func trail(t *testing.T, h *recordstest.Fixture, scope model.Scope, f audit.Filter) []*audit.Entry {
	t.Helper()
	got, err := h.Trail.List(t.Context(), scope, f, 500, "")
	if err != nil {
		t.Fatal(err)
	}
	return got.Entries
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("got %v, want %v", err, kind)
	}
}

func TestEveryReadAndWriteLeavesOneEntry(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "one", Reads: everyone()})
	if _, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID)); err != nil {
		t.Fatal(err)
	}
	if _, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).Note("reason", "why not").
		On(r.ID), func(p *page) error {
		p.Count++
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := pages.Find(t.Context(), h.Gate, records.By(ada, access.ReportList),
		records.Find{Query: "mine"}); err != nil {
		t.Fatal(err)
	}
	if err := pages.Delete(t.Context(), h.Gate, records.By(ada, access.ReportTrash).On(r.ID)); err != nil {
		t.Fatal(err)
	}
	entries := trail(t, h, ws, audit.Filter{})
	var got []string
	for _, e := range entries {
		got = append(got, string(e.Action))
		if e.Actor.ID != "ada" || e.Actor.Name != "ADA" || e.Request != "req-ada" || e.Outcome != audit.Done {
			t.Errorf("entry %+v", e)
		}
	}
	want := []string{"report.trash", "report.list", "report.update", "report.read", "report.create"}
	if !slices.Equal(got, want) {
		t.Fatalf("trail %v, want %v", got, want)
	}
	if entries[2].Labels["reason"] != "why not" || entries[2].Labels["title"] != "Page one" ||
		entries[1].Labels["ids"] != r.ID {
		t.Errorf("labels %v, %v", entries[2].Labels, entries[1].Labels)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws, foreign := h.Workspace(t), h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	viewer := as(ws, "vera", access.Viewer)
	mine := create(t, h, boss, page{Title: "for the boss", Reads: access.Only("boss")})
	other := create(t, h, as(foreign, "eve", access.Management), page{Title: "foreign", Reads: everyone()})
	get := func(c access.Caller, a access.Action, id string) error {
		_, err := pages.Get(t.Context(), h.Gate, records.By(c, a).On(id))
		return err
	}
	for name, c := range map[string]struct {
		caller access.Caller
		action access.Action
		id     string
		kind   error
	}{
		"role may not":             {viewer, access.ReportUpdate, mine.ID, model.ErrDenied},
		"not meant for the viewer": {viewer, access.ReportRead, mine.ID, model.ErrNotFound},
		"another workspace's":      {viewer, access.ReportRead, other.ID, model.ErrNotFound},
		"random id":                {viewer, access.ReportRead, model.NewID(), model.ErrNotFound},
		"no id":                    {viewer, access.ReportRead, "", model.ErrNotFound},
		"path in the id":           {viewer, access.ReportRead, "../" + other.ID, model.ErrNotFound},
	} {
		err := get(c.caller, c.action, c.id)
		wantKind(t, err, c.kind)
		newest := trail(t, h, ws, audit.Filter{})[0]
		if newest.Outcome != audit.Denied || newest.Action != c.action || newest.Actor.ID != "vera" {
			t.Errorf("%s: newest entry %+v", name, newest)
		}
		if strings.Contains(newest.Labels["title"], "boss") {
			t.Errorf("%s: the denial tells the title", name)
		}
	}
	a, b := get(viewer, access.ReportRead, mine.ID), get(viewer, access.ReportRead, model.NewID())
	if model.PublicText(a) != model.PublicText(b) || a.Error() != b.Error() {
		t.Errorf("hidden and missing differ: %v, %v", a, b)
	}
	wantKind(t, get(as(model.Account("ada"), "ada", access.Self), access.ReportRead, mine.ID), model.ErrNotFound)
}

func TestChangeIsAllOrNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	person := h.Account(t)
	boss := as(ws, "boss", access.Management)
	sys := access.SystemCaller(person, "test", "r")
	id := model.NewID()
	change := func(fail error) error {
		return h.Gate.Change(t.Context(), func(ctx contextT, tx *records.Tx) error {
			if _, err := pages.Create(ctx, tx, records.By(boss, access.ReportCreate).On(id),
				page{Title: "t", Reads: everyone()}); err != nil {
				return err
			}
			if _, err := people.Create(ctx, tx, records.By(sys, access.AccountCreate).On("main"),
				counter{1}); err != nil {
				return err
			}
			return fail
		})
	}
	wantKind(t, change(model.Invalid("no")), model.ErrInvalid)
	if got := trail(t, h, ws, audit.Filter{}); len(got) != 0 {
		t.Errorf("an aborted change left %d entries", len(got))
	}
	_, err := pages.Get(t.Context(), h.Gate, records.By(boss, access.ReportRead).On(id))
	wantKind(t, err, model.ErrNotFound)
	if err := change(nil); err != nil {
		t.Fatal(err)
	}
	if a, b := trail(t, h, ws, audit.Filter{Action: access.ReportCreate}),
		trail(t, h, person, audit.Filter{}); len(a) != 1 || len(b) != 1 {
		t.Errorf("entries: %d in the workspace, %d in the account", len(a), len(b))
	}
	wantKind(t, change(nil), model.ErrConflict)
}

func TestDenialInATransactionSurvivesIt(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	viewer := as(ws, "vera", access.Viewer)
	err := h.Gate.Change(t.Context(), func(ctx contextT, tx *records.Tx) error {
		_, err := pages.Create(ctx, tx, records.By(viewer, access.ReportCreate).On(model.NewID()),
			page{Title: "t", Reads: everyone()})
		return err
	})
	wantKind(t, err, model.ErrDenied)
	got := trail(t, h, ws, audit.Filter{Outcome: audit.Denied})
	if len(got) != 1 || got[0].Action != access.ReportCreate {
		t.Errorf("trail %v", got)
	}
}

func TestUpdateRefusedByTheUseCase(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "t", Reads: everyone()})
	for _, refusal := range []error{model.Denied("only the author"), model.Invalid("bad"), model.Conflict("filed")} {
		_, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID), func(p *page) error {
			p.Text = "changed"
			return refusal
		})
		wantKind(t, err, refusal)
	}
	got, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID))
	if err != nil || got.Body.Text != "" || got.Version != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if denied := trail(t, h, ws, audit.Filter{Action: access.ReportUpdate}); len(denied) != 1 ||
		denied[0].Outcome != audit.Denied {
		t.Errorf("trail of the update: %v", denied)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ada := as(h.Workspace(t), "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "t", Reads: everyone()})
	touch := func(p *page) error { p.Count++; return nil }
	r, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID).At(1), touch)
	if err != nil || r.Version != 2 {
		t.Fatalf("%+v %v", r, err)
	}
	_, err = pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID).At(1), touch)
	wantKind(t, err, model.ErrStale)
	wantKind(t, pages.Delete(t.Context(), h.Gate, records.By(ada, access.ReportTrash).On(r.ID).At(1)), model.ErrStale)
	_, err = pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID), func(p *page) error {
		p.Title = ""
		return nil
	})
	wantKind(t, err, model.ErrInvalid)
}

func TestUpdatesOfOneDocumentDoNotLoseEachOther(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	ada := as(ws, "ada", access.Reporter)
	r := create(t, h, ada, page{Title: "t", Reads: everyone()})
	const writers = 8
	var wg sync.WaitGroup
	errs := make(chan error, writers)
	for range writers {
		wg.Go(func() {
			_, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID),
				func(p *page) error {
					p.Count++
					return nil
				})
			errs <- err
		})
	}
	wg.Wait()
	close(errs)
	done := 0
	for err := range errs {
		if err == nil {
			done++
		}
	}
	got, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On(r.ID))
	if err != nil || got.Body.Count != done || got.Version != int64(done)+1 {
		t.Errorf("%d done, count %d, version %d, %v", done, got.Body.Count, got.Version, err)
	}
	if n := len(trail(t, h, ws, audit.Filter{Action: access.ReportUpdate})); n != done {
		t.Errorf("%d entries of %d changes", n, done)
	}
}

func TestFindShowsOnlyWhatIsMeant(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	audiences := []access.Audience{everyone(), {Level: access.Organizers}, managers, access.Only("vera"),
		access.Only("boss", "vera"), access.Only("zoe")}
	for i, a := range audiences {
		create(t, h, boss, page{Title: fmt.Sprint("n", i), Text: "common canary", Count: i, Reads: a, Secret: "hush"})
	}
	for name, c := range map[string]struct {
		caller access.Caller
		want   []string
	}{
		"management": {boss, []string{"n4", "n2", "n1", "n0"}},
		"organizer":  {as(ws, "olga", access.Organizer), []string{"n1", "n0"}},
		"viewer":     {as(ws, "vera", access.Viewer), []string{"n4", "n3", "n0"}},
		"reporter":   {as(ws, "rita", access.Reporter), []string{"n0"}},
	} {
		for _, f := range []records.Find{{Query: "mine"}, {Query: "search", Search: "canary COMMON"}} {
			found, err := pages.Find(t.Context(), h.Gate, records.By(c.caller, access.ReportList), f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range found.Records {
				got = append(got, r.Body.Title)
				if (r.Body.Secret != "") != (c.caller.Role == access.Management) {
					t.Errorf("%s: secret %q", name, r.Body.Secret)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s by %s: %v, want %v", name, f.Query, got, c.want)
			}
		}
		_, err := pages.Find(t.Context(), h.Gate, records.By(c.caller, access.ReportList), records.Find{Query: "all"})
		wantKind(t, err, model.ErrDenied)
	}
}

func TestSealedWordsAreNotFound(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss := as(ws, "boss", access.Management)
	create(t, h, boss, page{Title: "open", Text: "curtain", Secret: "ankle", Reads: everyone()})
	count := func(c access.Caller, words string) int {
		found, err := pages.Find(t.Context(), h.Gate, records.By(c, access.ReportSearch), records.Find{Query: "search",
			Search: words})
		if err != nil {
			t.Fatal(err)
		}
		return len(found.Records)
	}
	viewer := as(ws, "vera", access.Viewer)
	for words, want := range map[string][2]int{
		"ankle": {1, 0}, "curtain ankle": {1, 0}, "ankle curtain": {1, 0}, "curtain": {1, 1}, "Curtain open": {1, 1},
		"nothing": {0, 0}, "  ": {0, 0},
	} {
		if got := [2]int{count(boss, words), count(viewer, words)}; got != want {
			t.Errorf("%q: management and viewer find %v, want %v", words, got, want)
		}
	}
	if n := count(as(h.Workspace(t), "boss", access.Management), "curtain"); n != 0 {
		t.Errorf("another workspace finds %d", n)
	}
}

func TestCursorsStayInTheirWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	a, b := h.Workspace(t), h.Workspace(t)
	for i := range 3 {
		create(t, h, as(a, "ada", access.Reporter), page{Title: "a", Count: i, Reads: everyone()})
		create(t, h, as(b, "bob", access.Reporter), page{Title: "b", Count: i, Reads: everyone()})
	}
	find := func(c access.Caller, cursor string) (records.Page[page], error) {
		return pages.Find(t.Context(), h.Gate, records.By(c, access.ReportList), records.Find{Query: "mine", Limit: 2,
			Cursor: cursor})
	}
	first, err := find(as(a, "ada", access.Reporter), "")
	if err != nil || len(first.Records) != 2 || first.Next == "" {
		t.Fatalf("%+v %v", first, err)
	}
	rest, err := find(as(a, "ada", access.Reporter), first.Next)
	if err != nil || len(rest.Records) != 1 || rest.Next != "" {
		t.Fatalf("%+v %v", rest, err)
	}
	for _, cursor := range []string{first.Next + "x", "x", "AAAA" + first.Next} {
		_, err := find(as(a, "ada", access.Reporter), cursor)
		wantKind(t, err, model.ErrInvalid)
	}
	_, err = find(as(b, "bob", access.Reporter), first.Next)
	wantKind(t, err, model.ErrInvalid)
}

func TestAMovedBodyDoesNotOpen(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	a, b := h.Workspace(t), h.Workspace(t)
	r := create(t, h, as(a, "ada", access.Reporter), page{Title: "a", Reads: everyone()})
	d, err := h.Store.Get(t.Context(), pages.Ref(a, r.ID))
	if err != nil {
		t.Fatal(err)
	}
	for name, ref := range map[string]store.Ref{"another workspace": pages.Ref(b, r.ID), "another id": pages.Ref(a,
		model.NewID())} {
		moved := *d
		moved.Ref = ref
		if _, err := h.Store.Commit(t.Context(), store.Put(moved)); err != nil {
			t.Fatal(err)
		}
		got, err := pages.Get(t.Context(), h.Gate, records.By(as(ref.Scope, "eve", access.Management),
			access.ReportRead).On(ref.ID))
		if err == nil || got.Body.Title != "" {
			t.Errorf("%s: opened %+v", name, got)
		}
	}
}

func TestQuietKindsLeaveNoEntries(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	sys := access.SystemCaller(ws, "task:test", "")
	if _, err := counters.Create(t.Context(), h.Gate, records.By(sys, access.ReportRead).On("one"),
		counter{}); err != nil {
		t.Fatal(err)
	}
	if got := trail(t, h, ws, audit.Filter{}); len(got) != 0 {
		t.Errorf("trail %v", got)
	}
}

func TestWhatIsStoredShowsNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	r := create(t, h, as(ws, "ada", access.Reporter), page{Title: "canaryone", Text: "canarytwo", Reads: everyone()})
	d, err := h.Store.Get(t.Context(), pages.Ref(ws, r.ID))
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := json.Marshal(d)
	if strings.Contains(string(raw)+string(d.Body), "canary") {
		t.Errorf("stored in plain: %s", raw)
	}
}

func TestTooMuch(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ada := as(h.Workspace(t), "ada", access.Reporter)
	for name, p := range map[string]page{
		"too long":       {Title: strings.Repeat("a", 701<<10), Reads: everyone()},
		"too many words": {Title: "t", Text: manyWords(2000), Reads: access.Only("a", "b", "c", "d")},
	} {
		_, err := pages.Create(t.Context(), h.Gate, records.By(ada, access.ReportCreate).On(model.NewID()), p)
		if !errors.Is(err, model.ErrTooLarge) || model.PublicText(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, limit := range []int{-1, 501} {
		_, err := pages.Find(t.Context(), h.Gate, records.By(ada, access.ReportList), records.Find{Query: "mine",
			Limit: limit})
		wantKind(t, err, model.ErrInvalid)
	}
	_, err := pages.Find(t.Context(), h.Gate, records.By(ada, access.ReportList), records.Find{Query: "search",
		Search: "a1 b2 c3 d4 e5 f6 g7 h8 i9"})
	wantKind(t, err, model.ErrInvalid)
}

func manyWords(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "word%d ", i)
	}
	return b.String()
}
