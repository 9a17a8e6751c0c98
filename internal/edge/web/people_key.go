package web

import "strings"

// KeyPage is about the key that protects a workspace.
type KeyPage struct {
	Base
	Tabs     []Tab
	Form     *Form
	Own      bool
	Name     string // of the workspace's own key
	Place    string
	Accounts []string
	Commands [][]string // by words
	Action   string
	Back     Button
	ID       string      // of the workspace, which a key's name must hold
	Pending  *PendingKey // nil if no change was asked for
}

// PendingKey is a change that can be stopped.
type PendingKey struct {
	Name string // "" for our key
	By   string
	Due  When
	Stop Button
}

// Template names the page.
func (*KeyPage) Template() string { return "people/key" }

var keyForm = FormSpec{{Name: "key", Kind: kindText, Label: "key.name", Hint: "key.name-hint", Max: 400, Plain: true}}

// settingsTabs are the pages about a workspace.
func settingsTabs(q *Request, current string) []Tab {
	return []Tab{
		{q.WS("/settings"), q.T("settings.about"), "settings", current == "about"},
		{q.WS("/settings/key"), q.T("settings.key"), "key-round", current == "key"},
	}
}

func (s *Site) showKey(q *Request) (Answer, error) {
	page, err := s.keyPage(q, keyForm.Blank(q, nil))
	if err != nil {
		return Answer{}, err
	}
	return Show(page), nil
}

func (s *Site) keyPage(q *Request, f *Form) (*KeyPage, error) {
	k, err := s.opts.Services.Workspace.Key(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	page := &KeyPage{
		Base: Base{Section: "settings"}, Tabs: settingsTabs(q, "key"), Form: f, Own: k.Own, Place: k.Place,
		Accounts: k.Accounts,
		Commands: words(k.Grants(f.Get("key"))), Action: q.WS("/settings/key"), ID: k.Workspace,
	}
	page.fill(q)
	if k.Pending != nil {
		page.Pending = &PendingKey{
			Name: k.Pending.Key, By: k.Pending.ByName, Due: page.When(k.Pending.Due),
			Stop: Button{Path: q.WS("/settings/key/stop"), Text: q.T("key.stop"), Icon: "x", Tone: "danger"},
		}
	}
	if k.Own {
		page.Name = k.Lock.Key
		page.Back = Button{Path: q.WS("/settings/key/house"), Text: q.T("key.back"), Icon: "undo-2"}
	}
	return page, nil
}

func (s *Site) setKey(q *Request) (Answer, error) {
	f, err := keyForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if !f.Failed() {
		err = s.opts.Services.Workspace.AskKey(q.Context(), q.Caller(), f.Get("key"))
	}
	switch {
	case f.Take(err) || f.Failed():
		page, err := s.keyPage(q, f)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(page), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("key-asked", "")
	return Go(q.WS("/settings/key")), nil
}

func (s *Site) dropKey(q *Request) (Answer, error) {
	if err := s.opts.Services.Workspace.AskKey(q.Context(), q.Caller(), ""); err != nil {
		return Answer{}, err
	}
	q.Flash("key-asked", "")
	return Go(q.WS("/settings/key")), nil
}

func (s *Site) stopKey(q *Request) (Answer, error) {
	if err := s.opts.Services.Workspace.StopKey(q.Context(), q.Caller()); err != nil {
		return Answer{}, err
	}
	q.Flash("key-stopped", "")
	return Go(q.WS("/settings/key")), nil
}

// words cuts lines of code where they may be broken.
func words(lines []string) [][]string {
	cut := make([][]string, len(lines))
	for i, line := range lines {
		cut[i] = strings.Fields(line)
	}
	return cut
}
