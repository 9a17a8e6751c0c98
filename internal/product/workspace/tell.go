package workspace

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// News is what the management of a workspace is told, once.
type News struct {
	ID     string         // the same id is the same news
	Title  string         // for the pages and the trail
	Text   string         // more about it, for the pages
	Path   string         // of the page that has all of it
	Letter account.Letter // without an addressee; the workspace's name is filled in
}

// Tell tells everybody in the management of a workspace by mail, and leaves a notice there until one of them
// acknowledges it. Mails, notice and entry are one commit, so news that was told is not told again, whenever the caller
// was cut off. It says how many people are told now.
func (s *Service) Tell(ctx context.Context, sys access.Caller, n News) (told int, err error) {
	by := records.By(sys, access.ManagementTell)
	err = s.change(ctx, func(ctx context.Context, tx *records.Tx, bag *account.Mailbag) error {
		told = 0
		_, err := notices.Get(ctx, tx, by.On(n.ID))
		if !errors.Is(err, model.ErrNotFound) {
			return err
		}
		w, people, err := management(ctx, tx, sys)
		if err != nil {
			return err
		}
		people = slices.DeleteFunc(people, func(m Member) bool { return s.unreachable(m.Email) })
		if n.Letter.Workspace = w.Name; n.Letter.Path == "" {
			n.Letter.Path = n.Path
		}
		if err := mailAll(ctx, tx, bag, n.Letter, people); err != nil {
			return err
		}
		told = len(people)
		notice := Notice{Title: n.Title, Text: n.Text, Path: n.Path, Told: s.now(), To: accountsOf(people)}
		if _, err := notices.Create(ctx, tx, by.On(n.ID), notice); err != nil || told == 0 {
			return err
		}
		return s.gate.Note(ctx, tx, by.Note("title", n.Title).Note("people", strings.Join(notice.To, " ")), "",
			audit.Done)
	})
	return told, err
}

// unreachable are addresses to which no news are mailed: nobody is there.
func (s *Service) unreachable(address string) bool {
	return account.IsCanary(address) || s.unmailed != nil && s.unmailed(address)
}

func accountsOf(people []Member) []string {
	ids := make([]string, len(people))
	for i, m := range people {
		ids[i] = m.Account
	}
	return ids
}

// tellManagement stores a letter to everybody in the management except those named. It reads, so it must be called
// before the transaction writes.
func (s *Service) tellManagement(
	ctx context.Context, tx *records.Tx, bag *account.Mailbag, c access.Caller, l account.Letter, but ...string,
) error {
	w, people, err := management(ctx, tx, c)
	if err != nil {
		return err
	}
	l.At, l.Workspace, l.Path = s.now(), w.Name, "/w/"+w.Slug+"/settings/key"
	switch l.Kind {
	case account.ManagersChanged:
		l.Path = "/w/" + w.Slug + "/members"
	case account.EraseAsked, account.EraseStopped:
		l.Path = "/w/" + w.Slug + "/settings/erase"
	}
	return mailAll(ctx, tx, bag, l, slices.DeleteFunc(people, func(m Member) bool {
		return slices.Contains(but, m.Account)
	}))
}

// management reads a workspace, and who manages it.
func management(ctx context.Context, tx *records.Tx, c access.Caller) (Workspace, []Member, error) {
	w, err := workspaces.Get(ctx, tx, records.By(c, access.WorkspaceRead).On(main))
	if err != nil {
		return Workspace{}, nil, err
	}
	page, err := members.Find(ctx, tx, records.By(c, access.MemberList), records.Find{
		Query: "all", Equal: map[string]any{"role": string(access.Management)}, Limit: maxMembers,
	})
	if err != nil {
		return Workspace{}, nil, err
	}
	people := make([]Member, len(page.Records))
	for i, m := range page.Records {
		people[i] = m.Body
	}
	return w.Body, people, nil
}

// mailAll stores a letter to each of some members.
func mailAll(ctx context.Context, tx *records.Tx, bag *account.Mailbag, l account.Letter, people []Member) error {
	for _, m := range people {
		l.To, l.ToName = m.Email, m.Name
		if err := bag.Put(ctx, tx, l); err != nil {
			return err
		}
	}
	return nil
}
