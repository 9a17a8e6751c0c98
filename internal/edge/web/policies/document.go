package policies

import (
	"context"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/worddiff"
)

// DocumentPage is one version of a document.
type DocumentPage struct {
	frame.Base
	Title  string
	Tabs   []frame.Tab
	Notice *frame.Notice // that another version holds, or will
	From   frame.When
	Text   template.HTML
	Past   frame.TextLink // to all versions
	File   string         // where this version is as a PDF; "" if it is not
}

// Template names the page.
func (*DocumentPage) Template() string { return "policies/document" }

// HistoryPage is all versions of a document.
type HistoryPage struct {
	frame.Base
	Title string
	Rows  []VersionRow
}

// Template names the page.
func (*HistoryPage) Template() string { return "policies/history" }

// VersionRow is one of them.
type VersionRow struct {
	Path, Changes string
	From          frame.When
	State         frame.Badge
	Differences   string // where they are; "" for the first version
}

// DifferencesPage is what a version changed.
type DifferencesPage struct {
	frame.Base
	Title, Lead string
	Pieces      []worddiff.Piece
}

// Template names the page.
func (*DifferencesPage) Template() string { return "policies/differences" }

func (s *pages) documentRoutes(d *policy.Document) []frame.Route {
	path, name := "/"+d.Key, "policy."+d.Key
	return []frame.Route{
		{Name: name, Method: "GET", Path: path, For: frame.Public, Listed: true, Page: &DocumentPage{},
			Handle: func(q *frame.Request) (frame.Answer, error) {
				return s.document(q, d, d.On(q.Now()), q.T(titles[d.Key]))
			}},
		{Name: name + ".history", Method: "GET", Path: path + "/history", For: frame.Public, Page: &HistoryPage{},
			Handle: func(q *frame.Request) (frame.Answer, error) { return s.history(q, d) }},
		{Name: name + ".version", Method: "GET", Path: path + "/{day}", For: frame.Public,
			Handle: func(q *frame.Request) (frame.Answer, error) { return s.version(q, d) }},
		{Name: name + ".differences", Method: "GET", Path: path + "/{day}/differences", For: frame.Public,
			Page:   &DifferencesPage{},
			Handle: func(q *frame.Request) (frame.Answer, error) { return s.differences(q, d) }},
		{Name: name + ".pdf", Method: "GET", Path: path + pdf, For: frame.Public,
			Handle: func(q *frame.Request) (frame.Answer, error) { return file(d, d.On(q.Now())) }},
	}
}

const pdf = ".pdf"

// version is one version as a page, or, if the address ends so, as a PDF.
func (s *pages) version(q *frame.Request, d *policy.Document) (frame.Answer, error) {
	day, asFile := strings.CutSuffix(q.Var("day"), pdf)
	v, _, err := d.Version(day)
	switch {
	case err != nil:
		return frame.Answer{}, err
	case asFile:
		return file(d, v)
	}
	return s.document(q, d, v, q.T("policies.version", q.T(titles[d.Key]), v.From.Format(dayForm)))
}

// file is a version as a PDF, which not every document has.
func file(d *policy.Document, v *policy.Version) (frame.Answer, error) {
	if v.PDF == nil {
		return frame.Answer{}, &model.Error{Kind: model.ErrNotFound}
	}
	name := "tiny-opera-house-" + d.Key + "-" + v.Day() + pdf
	return frame.File(name, "application/pdf", func(_ context.Context, w io.Writer) error {
		_, err := w.Write(v.PDF)
		return err
	}), nil
}

const dayForm = "2 January 2006"

func (s *pages) document(q *frame.Request, d *policy.Document, v *policy.Version, title string) (frame.Answer,
	error) {
	text, err := v.HTML()
	if err != nil {
		return frame.Answer{}, err
	}
	path := "/" + d.Key
	page := &DocumentPage{
		Title: title, Tabs: s.tabs(q, d.Key), From: dayOf(v.From), Text: text,
		Past: frame.TextLink{Path: path + "/history", Text: q.T("policies.history")},
	}
	if v.PDF != nil {
		page.File = path + "/" + v.Day() + pdf
	}
	holds := d.On(q.Now())
	switch next := d.Next(q.Now()); {
	case v.From.After(q.Now()) && v != holds:
		page.Notice = &frame.Notice{Title: q.T("policies.later"), Text: v.Changes, Icon: "calendar", Tone: "note",
			Link: &frame.TextLink{Path: path, Text: q.T("policies.holds")}}
	case v != holds:
		page.Notice = &frame.Notice{Title: q.T("policies.past"), Icon: "history", Tone: "warn",
			Link: &frame.TextLink{Path: path, Text: q.T("policies.holds")}}
	case next != nil:
		page.Notice = &frame.Notice{Title: q.T("policies.next", next.From.Format(dayForm)), Text: next.Changes,
			Icon: "calendar", Tone: "note",
			Link: &frame.TextLink{Path: path + "/" + next.Day(), Text: q.T("policies.read-next")}}
	}
	if v == holds {
		page.Base = listed(q, path, q.T("policies.description", page.Title))
	}
	return frame.Show(page), nil
}

func (s *pages) history(q *frame.Request, d *policy.Document) (frame.Answer, error) {
	page := &HistoryPage{Title: q.T(titles[d.Key]), Base: frame.Base{Crumbs: crumbs(q, d, q.T("policies.history"))}}
	for i := range d.Versions {
		v := &d.Versions[i]
		row := VersionRow{Path: "/" + d.Key + "/" + v.Day(), Changes: v.Changes, From: dayOf(v.From),
			State: state(q, d, v)}
		if i+1 < len(d.Versions) {
			row.Differences = row.Path + "/differences"
		}
		page.Rows = append(page.Rows, row)
	}
	return frame.Show(page), nil
}

func state(q *frame.Request, d *policy.Document, v *policy.Version) frame.Badge {
	switch {
	case v == d.On(q.Now()):
		return frame.Badge{Text: q.T("policies.state-holds"), Icon: "circle-check", Tone: "good"}
	case v.From.After(q.Now()):
		return frame.Badge{Text: q.T("policies.state-later"), Icon: "calendar", Tone: "note"}
	}
	return frame.Badge{Text: q.T("policies.state-past"), Icon: "history"}
}

func (s *pages) differences(q *frame.Request, d *policy.Document) (frame.Answer, error) {
	v, before, err := d.Version(q.Var("day"))
	if err != nil {
		return frame.Answer{}, err
	}
	page := &DifferencesPage{
		Title: q.T("policies.differences", q.T(titles[d.Key])),
		Base:  frame.Base{Crumbs: crumbs(q, d, q.T("policies.changed"))},
		Lead:  q.T("policies.first"),
	}
	if before != nil {
		page.Lead = q.T("policies.differences-lead", before.From.Format(dayForm), v.From.Format(dayForm), v.Changes)
		page.Pieces = v.Since(before)
	}
	return frame.Show(page), nil
}

func crumbs(q *frame.Request, d *policy.Document, here string) []frame.Crumb {
	return []frame.Crumb{{Text: q.T(titles[d.Key]), Path: "/" + d.Key}, {Text: here}}
}

// listed lets search engines show a page as people see it who are not signed in.
func listed(q *frame.Request, path, description string) frame.Base {
	if q.Who.Known() {
		return frame.Base{}
	}
	return frame.Base{Listed: &frame.Listing{Description: description, Address: q.SiteURL(path)}}
}

// dayOf is an instant's day as people read it.
func dayOf(t time.Time) frame.When { return frame.LocalWhen(t, "UTC", dayForm) }
