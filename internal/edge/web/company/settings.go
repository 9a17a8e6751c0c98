package company

import (
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// settingsTabs are the pages about a workspace.
func settingsTabs(q *frame.Request, current string) []frame.Tab {
	return []frame.Tab{
		{Path: q.WS("/settings"), Text: q.T("settings.about"), Icon: "settings", Current: current == "about"},
		{Path: q.WS("/settings/key"), Text: q.T("settings.key"), Icon: "key-round", Current: current == "key"},
		{Path: q.WS("/settings/agreement"), Text: q.T("settings.agreement"), Icon: "file-text",
			Current: current == "agreement"},
		{Path: q.WS("/settings/erase"), Text: q.T("settings.erase"), Icon: "trash-2", Current: current == "erase"},
	}
}

var (
	fieldName = frame.FieldSpec{Name: "name", Kind: frame.KindText, Label: "workspace.name", Max: 80,
		Autocomplete: "organization"}
	fieldZone = frame.FieldSpec{Name: "time_zone", Kind: frame.KindText, Label: "workspace.zone",
		Hint: "workspace.zone-hint",
		Max:  64, Width: "medium", Plain: true, Zone: true}
	settingsForm = frame.FormSpec{
		fieldName,
		{Name: "slug", Kind: frame.KindText, Label: "settings.slug", Hint: "settings.slug-hint", Max: 40,
			Width: "medium",
			Plain: true},
		fieldZone,
		{Name: "session_idle", Kind: frame.KindText, Label: "settings.idle", Hint: "settings.idle-hint", Max: 6,
			Width: "short", InputMode: "numeric", Optional: true},
		{Name: "session_absolute", Kind: frame.KindText, Label: "settings.absolute", Hint: "settings.absolute-hint",
			Max:   4,
			Width: "short", InputMode: "numeric", Optional: true},
		{Name: "version", Kind: frame.KindHidden, Max: 20, Optional: true},
	}
)

// showSettings reads the settings through the gate: the trail says who looked.
func (s *pages) showSettings(q *frame.Request) (frame.Answer, error) {
	r, err := s.workspaces.Get(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	w := r.Body
	return frame.Show(settingsPage(q, settingsForm.Blank(q, map[string]string{
		"name": w.Name, "slug": w.Slug, "time_zone": w.TimeZone, "version": strconv.FormatInt(r.Version, 10),
		"session_idle": count(w.Session.Idle, time.Minute), "session_absolute": count(w.Session.Absolute, time.Hour),
	}))), nil
}

// count is a duration as a number of units, "" for none.
func count(d, unit time.Duration) string {
	if d == 0 {
		return ""
	}
	return strconv.FormatInt(int64(d/unit), 10)
}

func settingsPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{Base: frame.Base{Section: "settings"}, Title: q.T("settings.title"),
		Tabs: settingsTabs(q, "about"),
		Form: f, Action: q.WS("/settings"), Submit: q.T("form.save"), ID: q.Place.ID}
}

func (s *pages) setSettings(q *frame.Request) (frame.Answer, error) {
	f, err := settingsForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	version, _ := strconv.ParseInt(f.Get("version"), 10, 64) // 0 means any
	in := workspace.Settings{Name: f.Get("name"), Slug: f.Get("slug"), TimeZone: f.Get("time_zone"),
		Session: account.Lifetimes{
			Idle: span(f, "session_idle", time.Minute), Absolute: span(f, "session_absolute", time.Hour),
		}}
	if f.Failed() {
		return f.Again(settingsPage(q, f)), nil
	}
	r, err := s.workspaces.SetSettings(q.Context(), q.Caller(), version, in)
	switch {
	case f.Take(err):
		return f.Again(settingsPage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("saved", "")
	return frame.Go(frame.WorkspacePath(r.Body.Slug) + "/settings"), nil
}

// span is a field with a number of units as a duration; empty is 0.
func span(f *frame.Form, name string, unit time.Duration) time.Duration {
	if f.Get(name) == "" {
		return 0
	}
	return time.Duration(f.Number(name, 1, 100_000)) * unit
}
