package company

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

// KeyPage is about the key that protects a workspace.
type KeyPage struct {
	frame.Base
	Tabs     []frame.Tab
	Form     *frame.Form
	Own      bool
	Name     string // of the workspace's own key
	Place    string
	Accounts []string
	Commands [][]string // by words
	Action   string
	Back     frame.Button
	ID       string      // of the workspace; the name of its own key must contain it
	Pending  *PendingKey // nil if no change was requested
}

// PendingKey is a change that can be stopped.
type PendingKey struct {
	Name string // "" for our key
	By   string
	Due  frame.When
	Stop frame.Button
}

// Template names the page.
func (*KeyPage) Template() string { return "company/key" }

var keyForm = frame.FormSpec{{Name: "key", Kind: frame.KindText, Label: "key.name", Hint: "key.name-hint", Max: 400,
	Plain: true}}

func (s *pages) showKey(q *frame.Request) (frame.Answer, error) {
	page, err := s.keyPage(q, keyForm.Blank(q, nil))
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show(page), nil
}

func (s *pages) keyPage(q *frame.Request, f *frame.Form) (*KeyPage, error) {
	k, err := s.workspaces.Key(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	page := &KeyPage{
		Base: frame.Base{Section: "settings"}, Tabs: settingsTabs(q, "key"), Form: f, Own: k.Own, Place: k.Place,
		Accounts: k.Accounts,
		Commands: words(k.Grants(f.Get("key"))), Action: q.WS("/settings/key"), ID: k.Workspace,
	}
	page.Fill(q)
	if k.Pending != nil {
		page.Pending = &PendingKey{
			Name: k.Pending.Key, By: k.Pending.ByName, Due: page.When(k.Pending.Due),
			Stop: frame.Button{Path: q.WS("/settings/key/stop"), Text: q.T("key.stop"), Icon: "x", Tone: "danger"},
		}
	}
	if k.Own {
		page.Name = k.Lock.Key
		page.Back = frame.Button{Path: q.WS("/settings/key/installation"), Text: q.T("key.back"), Icon: "undo-2"}
	}
	return page, nil
}

func (s *pages) setKey(q *frame.Request) (frame.Answer, error) {
	f, err := keyForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if !f.Failed() {
		err = s.workspaces.AskKey(q.Context(), q.Caller(), f.Get("key"))
	}
	switch {
	case f.Take(err) || f.Failed():
		page, err := s.keyPage(q, f)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(page), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("key-asked", "")
	return frame.Go(q.WS("/settings/key")), nil
}

func (s *pages) dropKey(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.AskKey(q.Context(), q.Caller(), ""); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("key-asked", "")
	return frame.Go(q.WS("/settings/key")), nil
}

func (s *pages) stopKey(q *frame.Request) (frame.Answer, error) {
	if err := s.workspaces.StopKey(q.Context(), q.Caller()); err != nil {
		return frame.Answer{}, err
	}
	q.Flash("key-stopped", "")
	return frame.Go(q.WS("/settings/key")), nil
}

// words splits lines of code where they may be wrapped.
func words(lines []string) [][]string {
	cut := make([][]string, len(lines))
	for i, line := range lines {
		cut[i] = strings.Fields(line)
	}
	return cut
}
