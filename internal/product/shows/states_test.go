package shows_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

type step func(context.Context, *company, access.Caller, string) error

func second[T any](_ T, err error) error { return err }

var steps = map[string]step{
	"update": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.UpdateReport(ctx, who, id, 0, shows.ReportInput{Text: ptr("new")}))
	},
	"file": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.FileReport(ctx, who, id, 0))
	},
	"accept": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.AcceptReport(ctx, who, id, 0))
	},
	"query": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.QueryReport(ctx, who, id, 0, "Why?"))
	},
	"amend": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.AmendReport(ctx, who, id, 0, "because", shows.ReportInput{Text: ptr("amended")}))
	},
	"trash": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.TrashReport(ctx, who, id, 0))
	},
	"restore": func(ctx context.Context, c *company, who access.Caller, id string) error {
		return second(c.s.RestoreReport(ctx, who, id))
	},
}

// cells says what each step gives in each state to each person: ok, or the kind of refusal. "-" is denied by role or
// rule, "0" is not found, "x" is the wrong state.
var cells = map[string]map[shows.State]string{
	//            management organizer author other viewer
	"update": {shows.Draft: "0 0 ok 0 -", shows.Filed: "x x x x -", shows.Accepted: "x x x x -",
		shows.Queried: "x x x x -"},
	"file": {shows.Draft: "0 0 ok 0 -", shows.Filed: "x x x x -", shows.Accepted: "x x x x -",
		shows.Queried: "x x x x -"},
	"accept": {shows.Draft: "0 0 - - -", shows.Filed: "ok ok - - -", shows.Accepted: "x x - - -",
		shows.Queried: "x x - - -"},
	"query": {shows.Draft: "0 0 - - -", shows.Filed: "ok ok - - -", shows.Accepted: "x x - - -",
		shows.Queried: "x x - - -"},
	"amend": {shows.Draft: "0 0 x 0 -", shows.Filed: "ok ok ok - -", shows.Accepted: "ok ok ok - -",
		shows.Queried: "ok ok ok - -"},
	"trash": {shows.Draft: "0 0 ok 0 -", shows.Filed: "ok ok - - -", shows.Accepted: "ok ok - - -",
		shows.Queried: "ok ok - - -"},
	"restore": {shows.Draft: "0 0 x 0 -", shows.Filed: "x x - - -", shows.Accepted: "x x - - -",
		shows.Queried: "x x - - -"},
}

var columns = []string{"management", "organizer", "author", "other", "viewer"}

var outcomes = map[string]error{"ok": nil, "-": model.ErrDenied, "0": model.ErrNotFound, "x": model.ErrConflict}

func TestEveryStepInEveryStateByEveryRole(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	for name, rows := range cells {
		for state, row := range rows {
			var want [5]string
			if _, err := fmt.Sscan(row, &want[0], &want[1], &want[2], &want[3], &want[4]); err != nil {
				t.Fatal(err)
			}
			for i, who := range columns {
				r := c.in(t, p.ID, state)
				err := steps[name](t.Context(), c, c.people[who], r.ID)
				if kindOf(err) != outcomes[want[i]] {
					t.Errorf("%s in state %s by %s: %v, want %v", name, state, who, err, outcomes[want[i]])
				}
				c.offers(t, name, state, who, r.ID, want[i])
			}
		}
	}
}

// offers checks that a page would have offered exactly what works.
func (c *company) offers(t testing.TB, name string, state shows.State, who, id, want string) {
	t.Helper()
	if want == "ok" { // it has been done
		return
	}
	r, err := c.s.Report(t.Context(), c.people[who], id)
	if err != nil {
		return
	}
	a := r.Body.Allows(c.people[who])
	offered := map[string]bool{"update": a.Edit, "file": a.File, "accept": a.Accept, "query": a.Query, "amend": a.Amend,
		"trash": a.Trash, "restore": a.Restore}
	if offered[name] {
		t.Errorf("%s in state %s is offered to %s and refused", name, state, who)
	}
}

func TestRefusalsLeaveNothingBehindButTheirEntry(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.in(t, c.production(t, "Tosca").ID, shows.Filed)
	for name, action := range map[string]access.Action{"update": access.ReportUpdate, "accept": access.ReportAccept,
		"amend": access.ReportAmend} {
		who := c.people["viewer"]
		if err := steps[name](t.Context(), c, who, r.ID); kindOf(err) != model.ErrDenied {
			t.Fatalf("%s: %v", name, err)
		}
		filter := audit.Filter{Actor: who.Account, Action: action, Outcome: audit.Denied, Record: "reports/" + r.ID}
		if page := must[audit.Page](t)(c.Trail.List(t.Context(), c.scope, filter, 10, "")); len(page.Entries) != 1 {
			t.Errorf("%s denied leaves %d entries", name, len(page.Entries))
		}
	}
	after := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["author"], r.ID))
	if after.Version != r.Version {
		t.Errorf("version %d, want %d", after.Version, r.Version)
	}
}

func TestFilingInParallelNumbersWithoutGaps(t *testing.T) {
	t.Parallel()
	c := open(t)
	p, q := c.production(t, "Tosca"), c.production(t, "Carmen")
	const n = 12
	ids := make([]string, 2*n)
	for i := range ids {
		of := p.ID
		if i >= n {
			of = q.ID
		}
		ids[i] = c.draft(t, of, shows.ReportInput{}).ID
	}
	numbers := make([]int, len(ids))
	var wait sync.WaitGroup
	for i, id := range ids {
		wait.Go(func() {
			// contending callers may be told to try again, which must not use up a number
			for try := 0; numbers[i] == 0 && try < 20; try++ {
				r, err := c.s.FileReport(t.Context(), c.people["author"], id, 1)
				if err == nil {
					numbers[i] = r.Body.Number
				}
			}
		})
	}
	wait.Wait()
	for _, got := range [][]int{numbers[:n], numbers[n:]} {
		slices.Sort(got)
		for i, number := range got {
			if number != i+1 {
				t.Fatalf("numbers %v", got)
			}
		}
	}
}

func TestADoubleTapFilesOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	draft := c.draft(t, p.ID, shows.ReportInput{})
	var wait sync.WaitGroup
	results := make([]records.Record[shows.Report], 5)
	errs := make([]error, 5)
	for i := range results {
		wait.Go(func() {
			results[i], errs[i] = c.s.FileReport(t.Context(), c.people["author"], draft.ID, draft.Version)
		})
	}
	wait.Wait()
	for i, r := range results {
		if errs[i] != nil || r.Body.Number != 1 || r.Version != draft.Version+1 || r.Body.Revision != 1 {
			t.Errorf("tap %d: %v number %d version %d", i, errs[i], r.Body.Number, r.Version)
		}
	}
	if v := must[[]shows.Version](t)(c.s.Versions(t.Context(), c.people["author"], draft.ID)); len(v) != 1 {
		t.Errorf("%d versions", len(v))
	}
	if _, err := c.s.FileReport(t.Context(), c.people["author"], draft.ID, draft.Version+
		7); kindOf(err) != model.ErrStale {
		t.Errorf("filing a version that never was: %v", err)
	}
	if next := c.in(t, p.ID, shows.Filed); next.Body.Number != 2 {
		t.Errorf("the next number is %d", next.Body.Number)
	}
}

func TestNumbersAreByTypeAndARefusedFilingTakesNone(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	bad := c.draft(t, p.ID, shows.ReportInput{Times: []shows.StampInput{
		{Event: shows.ActUp, Actual: "2030"}, {Event: shows.ActDown, Actual: "1931"},
	}})
	if _, err := c.s.FileReport(t.Context(), c.people["author"], bad.ID, bad.Version); kindOf(err) != model.ErrInvalid {
		t.Fatalf("filing impossible times: %v", err)
	}
	first := c.in(t, p.ID, shows.Filed)
	other := c.file(t, c.draft(t, p.ID, shows.ReportInput{Type: ptr("day-log")}))
	if first.Body.Number != 1 || other.Body.Number != 1 || first.Body.Label() != "Show report 1 · Tosca" {
		t.Errorf("numbers %d and %d, label %q", first.Body.Number, other.Body.Number, first.Body.Label())
	}
}

func TestAVersionThatIsNotThereAnyMoreIsStale(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.in(t, c.production(t, "Tosca").ID, shows.Filed)
	who := c.people["organizer"]
	for name, err := range map[string]error{
		"accept": second(c.s.AcceptReport(t.Context(), who, r.ID, r.Version-1)),
		"query":  second(c.s.QueryReport(t.Context(), who, r.ID, r.Version-1, "?")),
		"amend":  second(c.s.AmendReport(t.Context(), who, r.ID, r.Version-1, "r", shows.ReportInput{})),
		"trash":  second(c.s.TrashReport(t.Context(), who, r.ID, r.Version+1)),
	} {
		if kindOf(err) != model.ErrStale {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReviewRoundTrip(t *testing.T) {
	t.Parallel()
	c := open(t)
	r := c.in(t, c.production(t, "Tosca").ID, shows.Queried)
	for name, who := range c.people {
		got := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), who, r.ID))
		may := name == "management" || name == "organizer" || name == "author"
		if (len(got.Body.Queries) == 1) != may || got.Body.State != shows.Queried {
			t.Errorf("%s sees %d questions in state %s", name, len(got.Body.Queries), got.Body.State)
		}
	}
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version,
		"Answer", shows.ReportInput{Text: ptr("Yes, all.")}))
	if r.Body.State != shows.Filed || !r.Body.Amended() || r.Body.Number != 1 || r.Body.Revision != 2 {
		t.Errorf("after the answer: %+v", r.Body)
	}
	waiting := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people["organizer"],
		shows.ReportList{State: shows.Filed}))
	if len(waiting.Records) != 1 {
		t.Errorf("%d wait for review", len(waiting.Records))
	}
	r = must[records.Record[shows.Report]](t)(c.s.AcceptReport(t.Context(), c.people["organizer"], r.ID, r.Version))
	if r.Body.State != shows.Accepted || r.Body.Accepted == nil || r.Body.Accepted.By.Name != "Name of organizer" {
		t.Errorf("after acceptance: %+v", r.Body)
	}
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version, "More",
		shows.ReportInput{}))
	if r.Body.State != shows.Filed || r.Body.Accepted != nil {
		t.Errorf("an amended report counts as accepted: %+v", r.Body)
	}
}
