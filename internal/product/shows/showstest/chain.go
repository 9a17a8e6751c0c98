package showstest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Chain is a company with reports whose lives are drawn by lot.
type Chain struct {
	Stage      *shows.Service
	Scope      model.Scope
	Production string
	People     []*Member // the first keeps the management
	Rand       *rand.Rand
	// Moved makes a change of a person's role or membership true; nil where callers are all there is.
	Moved func(p *Member)
	Did   map[string]int // steps by name, refused ones apart

	Reports []*Report
	words   int
}

// Caller is the person as they act now.
func (c *Chain) Caller(p *Member) access.Caller {
	return access.Caller{Scope: c.Scope, Account: p.Account, Name: p.Name, Role: p.Role, Request: "r"}
}

// Members tells a Service who is there.
func (c *Chain) Members(_ context.Context, _ access.Caller, accounts []string) (map[string]string, error) {
	found := map[string]string{}
	for _, p := range c.People {
		if !p.Away && slices.Contains(accounts, p.Account) {
			found[p.Account] = p.Name
		}
	}
	return found, nil
}

// Step does one thing, and gives the report that it was about, or nil. What the model says must be refused must be
// refused, and nothing else.
func (c *Chain) Step(t testing.TB) *Report {
	t.Helper()
	if len(c.Reports) == 0 || len(c.Reports) < 4 && c.one(12) {
		return c.begin(t)
	}
	if c.one(8) {
		return c.move()
	}
	r := c.Reports[c.Rand.IntN(len(c.Reports))]
	p := c.somebody()
	switch n := c.Rand.IntN(20); {
	case r.draft:
		if c.one(2) {
			p = r.author
		}
		if n == 0 {
			c.trash(t, r, p)
		} else {
			c.file(t, r, p)
		}
	case n < 2 || r.trashed && n < 10:
		c.trash(t, r, p)
	case n < 5:
		c.review(t, r, p)
	default:
		for range 5 { // mostly somebody who may
			if r.mayAmend(p) {
				break
			}
			p = c.somebody()
		}
		c.amend(t, r, p)
	}
	return r
}

func (c *Chain) one(in int) bool { return c.Rand.IntN(in) == 0 }

func (c *Chain) somebody() *Member {
	for {
		if p := c.People[c.Rand.IntN(len(c.People))]; !p.Away {
			return p
		}
	}
}

// word is one that stands nowhere else.
func (c *Chain) word(r *Report) string {
	c.words++
	w := fmt.Sprintf("canary%dx", c.words)
	r.all = append(r.all, w)
	return w
}

// ended compares what happened with what should have.
func (c *Chain) ended(t testing.TB, what string, p *Member, r *Report, should bool, err error) bool {
	t.Helper()
	if (err == nil) != should {
		t.Fatalf("%s of %s as %s (%s): %v %v, should succeed: %v", what, r.ID, p.Name, p.Role, err,
			model.FieldTexts(err), should)
	}
	if err != nil {
		what += ", refused"
		if told := Words(model.PublicText(err), fmt.Sprint(model.FieldTexts(err)), err.Error()); len(told) > 0 {
			t.Errorf("%s tells %v", what, told)
		}
	}
	c.Did[what]++
	return err == nil
}

// move changes somebody's role, or whether they are a member.
func (c *Chain) move() *Report {
	p := c.People[1+c.Rand.IntN(len(c.People)-1)]
	switch {
	case p.Away:
		p.Away = false
	case c.one(4):
		p.Away = true
	default:
		p.Role = access.MemberRoles[c.Rand.IntN(len(access.MemberRoles))]
	}
	if c.Moved != nil {
		c.Moved(p)
	}
	c.Did["member or role changed"]++
	return nil
}

// audience draws one.
func (c *Chain) audience() access.Audience {
	switch c.Rand.IntN(5) {
	case 0:
		return access.Audience{Level: access.Organizers}
	case 1:
		return access.Audience{Level: access.Managers}
	case 2:
		people := []string{c.somebody().Account, c.somebody().Account}
		slices.Sort(people)
		return access.Audience{Level: access.People, People: slices.Compact(people)}
	}
	return access.Audience{Level: access.Everyone}
}

func (c *Chain) trash(t testing.TB, r *Report, p *Member) {
	t.Helper()
	should := r.disposable(p)
	if r.trashed {
		_, err := c.Stage.RestoreReport(t.Context(), c.Caller(p), r.ID)
		if c.ended(t, "restore", p, r, should, err) {
			r.trashed = false
		}
		return
	}
	_, err := c.Stage.TrashReport(t.Context(), c.Caller(p), r.ID, 0)
	if c.ended(t, "trash", p, r, should, err) {
		r.trashed = true
	}
}

func (c *Chain) review(t testing.TB, r *Report, p *Member) {
	t.Helper()
	should := r.waiting && !r.trashed && r.admits(p) && p.atLeast(access.Organizer)
	if c.one(3) {
		_, err := c.Stage.AcceptReport(t.Context(), c.Caller(p), r.ID, 0)
		if c.ended(t, "accept", p, r, should, err) {
			r.waiting = false
		}
		return
	}
	w := c.word(r)
	_, err := c.Stage.QueryReport(t.Context(), c.Caller(p), r.ID, 0, "What is "+w+"?")
	if c.ended(t, "query", p, r, should, err) {
		r.waiting, r.now.questions = false, append(r.now.questions, w)
	}
}

func (c *Chain) file(t testing.TB, r *Report, p *Member) {
	t.Helper()
	should := !r.trashed && r.author == p && p.atLeast(access.Reporter)
	_, err := c.Stage.FileReport(t.Context(), c.Caller(p), r.ID, 0)
	if c.ended(t, "file", p, r, should, err) {
		r.draft, r.waiting = false, true
		r.filed = append(r.filed, r.now.clone())
	}
}
