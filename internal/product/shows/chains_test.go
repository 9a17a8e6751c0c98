package shows_test

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/shows/showstest"
)

const (
	lives     = 30
	lifeSteps = 70
)

// TestNoChainOfChangesDisclosesWhatIsWithheld leads reports through random lives on the real gate. After each step it
// compares what a member gets, in every possible way, with what a simple model says that they may read: not a word
// more, and not a word less.
func TestNoChainOfChangesDisclosesWhatIsWithheld(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, shows.Kinds()...)
	did, looks := map[string]int{}, 0
	for seed := range uint64(lives) {
		c := newChain(t, h, seed)
		for range lifeSteps {
			r := c.Step(t)
			looks += c.look(t, r)
			if t.Failed() {
				t.Fatalf("in chain %d", seed)
			}
		}
		for name, n := range c.Did {
			did[name] += n
		}
		c.noWordsInTrail(t)
	}
	t.Logf("%d chains of %d steps, %d outputs compared", lives, lifeSteps, looks)
	for _, name := range slices.Sorted(maps.Keys(did)) {
		t.Logf("%5d × %s", did[name], name)
	}
	for _, name := range []string{"begin", "file", "amend", "amend, refused", "accept", "query", "trash",
		"trash, refused", "restore", "restore, refused", "member or role changed"} {
		if did[name] == 0 {
			t.Errorf("no chain has %q", name)
		}
	}
}

// life is one chain in a test environment.
type life struct {
	*showstest.Chain
	*recordstest.Fixture
}

func newChain(t testing.TB, h *recordstest.Fixture, seed uint64) *life {
	t.Helper()
	c := &life{&showstest.Chain{Scope: h.Workspace(t), Rand: rand.New(rand.NewPCG(seed, 1)), Did: map[string]int{}}, h}
	for _, role := range []access.Role{access.Management, access.Management, access.Organizer, access.Organizer,
		access.Reporter, access.Reporter, access.Viewer} {
		c.People = append(c.People, &showstest.Member{Name: "A " + string(role), Account: model.NewID(), Role: role})
	}
	c.Chain.Stage = shows.New(shows.Options{Gate: h.Gate, Clock: h.Clock, Members: c.Members})
	c.Production = must[records.Record[shows.Production]](t)(c.Stage.CreateProduction(t.Context(),
		c.Caller(c.People[0]), shows.ProductionInput{
			Title: ptr("Tosca"), Zone: ptr("Europe/Berlin"),
		})).ID
	return c
}

// look compares everything that a random member gets of a report, and of all reports in lists, with the model.
func (c *life) look(t testing.TB, r *showstest.Report) int {
	t.Helper()
	p := c.People[c.Rand.IntN(len(c.People))]
	if p.Away {
		return 0
	}
	n := c.lists(t, p)
	if r == nil {
		return n
	}
	return n + c.one(t, p, r) + c.searches(t, p, r)
}

// one compares the outputs of one report.
func (c *life) one(t testing.TB, p *showstest.Member, r *showstest.Report) int {
	t.Helper()
	ctx, who, now := t.Context(), c.Caller(p), r.Now(p)
	got, err := c.Stage.Report(ctx, who, r.ID)
	if now == nil {
		return c.nothing(t, p, r, err)
	}
	must[any](t)(nil, err)
	showstest.Holds(t, "the report", p, now, text(t, got))
	if n := got.Body.WithheldCount(); n != r.Withheld(p) || n > 0 && got.Body.Salt != "" {
		t.Errorf("%s counts %d withheld parts, not %d; salt %q", p.Name, n, r.Withheld(p), got.Body.Salt)
	}
	versions := must[[]shows.Version](t)(c.Stage.Versions(ctx, who, r.ID))
	showstest.Holds(t, "the versions", p, r.Past(p), text(t, versions))
	for i := range versions {
		v := &versions[i].Content
		if v.WithheldCount() > 0 && v.Salt != "" {
			t.Errorf("a version with withheld parts has its salt")
		}
		if i > 0 {
			showstest.Within(t, "a difference", p, r.Past(p), text(t, shows.Compare(v, &versions[i-1].Content)))
		}
	}
	if n := len(versions); n > 1 {
		d := must[[]shows.Change](t)(c.Stage.Difference(ctx, who, r.ID, versions[n-1].N, versions[0].N))
		showstest.Within(t, "the difference between the first and the last", p, r.Past(p), text(t, d))
	}
	seen := must[shows.SeenBy](t)(c.Stage.SeenBy(ctx, who, r.ID))
	showstest.Within(t, "who has seen it", p, now, text(t, seen))
	if _, changes, err := c.Stage.PreviewAmendment(ctx, who, r.ID, shows.ReportInput{Sections: []shows.SectionInput{},
		Text: ptr("x")}); err == nil {
		showstest.Within(t, "the preview of an amendment", p, now, text(t, changes))
	}
	return 4 + len(versions)
}

// nothing checks that a report which is not for somebody looks like one that never existed.
func (c *life) nothing(t testing.TB, p *showstest.Member, r *showstest.Report, got error) int {
	t.Helper()
	who, absent := c.Caller(p), model.NewID()
	tries := []func(id string) error{
		func(id string) error { return second(c.Stage.Report(t.Context(), who, id)) },
		func(id string) error { return second(c.Stage.Versions(t.Context(), who, id)) },
		func(id string) error { return second(c.Stage.Difference(t.Context(), who, id, 1, 2)) },
		func(id string) error { return second(c.Stage.SeenBy(t.Context(), who, id)) },
	}
	for _, try := range tries {
		here, nowhere := try(r.ID), try(absent)
		if !errors.Is(here, model.ErrNotFound) || model.PublicText(here) != model.PublicText(nowhere) ||
			!errors.Is(got, model.ErrNotFound) {
			t.Errorf("a report that is not for %s: %v, %v; one that never was: %v", p.Name, got, here, nowhere)
		}
	}
	return len(tries)
}

// searches tries words of the report, alone and together with a word that anybody may read.
func (c *life) searches(t testing.TB, p *showstest.Member, r *showstest.Report) int {
	t.Helper()
	words := c.Picks(r, p)
	for i, word := range words {
		with := []string{"", " tosca"}[i%2]
		page := must[records.Page[shows.Report]](t)(c.Stage.Reports(t.Context(), c.Caller(p),
			shows.ReportList{Search: word + with, Limit: 1}))
		if found := len(page.Records) == 1; found != r.Found(p, word) || page.Next != "" && !found {
			t.Fatalf("%s (%s) finds the report by %q: %v, next %q", p.Name, p.Role, word+with, found, page.Next)
		}
		if len(page.Records) == 1 {
			showstest.Holds(t, "a hit", p, r.Now(p), text(t, page.Records[0]))
		}
	}
	return len(words)
}

// lists compares what is in lists.
func (c *life) lists(t testing.TB, p *showstest.Member) int {
	t.Helper()
	var now, bin []string
	for _, r := range c.Reports {
		now = append(now, r.Now(p)...)
		if p.Role != access.Reporter || !r.Filed() { // reporters see their drafts in the trash, and no more
			bin = append(bin, r.InTrash(p)...)
		}
	}
	who := c.Caller(p)
	list := must[records.Page[shows.Report]](t)(c.Stage.Reports(t.Context(), who, shows.ReportList{}))
	showstest.Holds(t, "the list", p, now, text(t, list))
	unread := must[[]records.Record[shows.Report]](t)(c.Stage.Unread(t.Context(), who, 10))
	showstest.Within(t, "what is unread", p, now, text(t, unread))
	if trash, err := c.Stage.TrashedReports(t.Context(), who, shows.ListInput{}); err == nil {
		showstest.Holds(t, "the trash", p, bin, text(t, trash))
	} else if p.Role != access.Viewer {
		t.Error(err)
	}
	return 3
}

// noWordsInTrail looks at all entries with their labels, as management exports them.
func (c *life) noWordsInTrail(t testing.TB) {
	t.Helper()
	for cursor := ""; ; {
		page := must[audit.Page](t)(c.Trail.List(t.Context(), c.Scope, audit.Filter{}, 500, cursor))
		if got := showstest.Words(text(t, page)); len(got) > 0 {
			t.Fatalf("the trail holds %v", got)
		}
		if cursor = page.Next; cursor == "" {
			return
		}
	}
}
