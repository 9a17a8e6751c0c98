package records_test

import (
	"encoding/json"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// The same kind as the previous and as the next release know it.
type (
	noteBefore struct {
		Title string    `json:"title"`
		Tone  string    `json:"tone,omitempty"`
		Place placeOnce `json:"place"`
	}
	placeOnce struct {
		Room string `json:"room"`
	}
	noteAfter struct {
		Title    string     `json:"title"`
		Tone     string     `json:"tone,omitempty"`
		Subtitle string     `json:"subtitle"`
		Tags     []string   `json:"tags,omitempty"`
		Place    placeLater `json:"place"`
	}
	placeLater struct {
		Room string `json:"room"`
		Seat string `json:"seat,omitempty"`
	}
)

var (
	state       = store.Field{Name: "state", Type: store.String}
	rank        = store.Field{Name: "rank", Type: store.Int}
	byState     = store.Query{Name: "state", Order: []store.Order{{Field: "state"}}}
	byRank      = store.Query{Name: "rank", Order: []store.Order{{Field: "rank"}}}
	notesBefore = records.Declare(records.Spec[noteBefore]{
		Under: recordstest.AnyAction(model.WorkspaceScope),
		Name:  "reports", In: model.WorkspaceScope, Fields: []store.Field{state}, Queries: []store.Query{byState},
		Index: func(n *noteBefore) store.Fields { return store.Fields{"state": n.Title} },
	})
	notesAfter = records.Declare(records.Spec[noteAfter]{
		Under: recordstest.AnyAction(model.WorkspaceScope),
		Name:  "reports", In: model.WorkspaceScope, Fields: []store.Field{state, rank}, Queries: []store.Query{byState,
			byRank},
		Index: func(n *noteAfter) store.Fields {
			return store.Fields{"state": n.Title, "rank": int64(len(n.Subtitle))}
		},
		Schema: 2,
		Upgrade: func(_ int, body []byte) ([]byte, error) {
			var n noteAfter
			if err := json.Unmarshal(body, &n); err != nil {
				return nil, err
			}
			n.Subtitle = "of " + n.Title
			return json.Marshal(n)
		},
	})
)

// sideBySide are the two releases on one database, with the indexes that the next one needs.
func sideBySide(t *testing.T) (before, after *recordstest.Fixture, me access.Caller) {
	t.Helper()
	after = recordstest.New(t, notesAfter)
	before = after.Beside(t, notesBefore)
	return before, after, access.Caller{Scope: after.Workspace(t), Account: model.NewID(), Name: "Ada",
		Role: access.Management}
}

// TestVersionsSideBySide runs the previous and the next release on the same documents, as during every rollout and
// after a rollback.
func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	before, after, me := sideBySide(t)
	ctx := t.Context()
	old, err := notesBefore.Create(ctx, before.Gate, records.By(me, access.ReportCreate).On(model.NewID()),
		noteBefore{Title: "One", Tone: "loud", Place: placeOnce{"Hall"}})
	if err != nil {
		t.Fatal(err)
	}
	// The new release reads and changes what the old one wrote.
	got, err := notesAfter.Get(ctx, after.Gate, records.By(me, access.ReportRead).On(old.ID))
	if err != nil || got.Body.Title != "One" || got.Body.Subtitle != "of One" || got.Body.Place.Room != "Hall" {
		t.Fatalf("new reads %+v, %v", got, err)
	}
	_, err = notesAfter.Update(ctx, after.Gate, records.By(me, access.ReportUpdate).On(old.ID).At(1),
		func(n *noteAfter) error {
			n.Subtitle, n.Tags, n.Place.Seat = "Sub", []string{"a", "b"}, "12"
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	// The old release reads what the new one wrote, changes it, and removes what it knows.
	back, err := notesBefore.Get(ctx, before.Gate, records.By(me, access.ReportRead).On(old.ID))
	if err != nil || back.Body != (noteBefore{"One", "loud", placeOnce{"Hall"}}) || back.Version != 2 {
		t.Fatalf("old reads %+v, %v", back, err)
	}
	_, err = notesBefore.Update(ctx, before.Gate, records.By(me, access.ReportUpdate).On(old.ID).At(2),
		func(n *noteBefore) error {
			n.Title, n.Tone, n.Place.Room = "Two", "", "Foyer"
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	// Nothing of the new release is lost, and nothing that the old one removed is back.
	got, err = notesAfter.Get(ctx, after.Gate, records.By(me, access.ReportRead).On(old.ID))
	want := noteAfter{Title: "Two", Subtitle: "Sub", Tags: []string{"a", "b"}, Place: placeLater{"Foyer", "12"}}
	if a, b := text(got.Body), text(want); err != nil || a != b || got.Version != 3 {
		t.Errorf("after old changed it, new reads %s, want %s: %v", a, b, err)
	}
	// The lists of both have it.
	if page, err := notesAfter.Find(ctx, after.Gate, records.By(me, access.ReportList),
		records.Find{Query: "rank"}); err != nil ||
		len(page.Records) != 1 {
		t.Errorf("new's own list has %d, %v", len(page.Records), err)
	}
	for name, n := range map[string]int{"Two": 1, "One": 0} {
		page, err := notesBefore.Find(ctx, before.Gate, records.By(me, access.ReportList), records.Find{Query: "state"})
		found := 0
		for _, r := range page.Records {
			if r.Body.Title == name {
				found++
			}
		}
		if err != nil || found != n {
			t.Errorf("old's list has %d of %s, %v", found, name, err)
		}
	}
}

// TestBothChangeAtOnce: each release sees a change by the other like any other change.
func TestBothChangeAtOnce(t *testing.T) {
	t.Parallel()
	before, after, me := sideBySide(t)
	ctx := t.Context()
	made, err := notesAfter.Create(ctx, after.Gate, records.By(me, access.ReportCreate).On(model.NewID()),
		noteAfter{Title: "", Subtitle: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	const each = 20
	failed := make(chan error, 2)
	go func() {
		for range each {
			if _, err := notesBefore.Update(ctx, before.Gate, records.By(me, access.ReportUpdate).On(made.ID),
				func(n *noteBefore) error {
					n.Title += "o"
					return nil
				}); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	go func() {
		for range each {
			if _, err := notesAfter.Update(ctx, after.Gate, records.By(me, access.ReportUpdate).On(made.ID),
				func(n *noteAfter) error {
					n.Tags = append(n.Tags, "n")
					return nil
				}); err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	for range 2 {
		if err := <-failed; err != nil {
			t.Fatal(err)
		}
	}
	got, err := notesAfter.Get(ctx, after.Gate, records.By(me, access.ReportRead).On(made.ID))
	if err != nil || len(got.Body.Title) != each || len(got.Body.Tags) != each || got.Body.Subtitle != "kept" ||
		got.Version != 2*each+1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
