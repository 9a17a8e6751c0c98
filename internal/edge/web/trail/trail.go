package trail

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const trailPage = 50 // entries on a page

func (s *pages) auditRoutes() []frame.Route {
	return []frame.Route{
		{Name: "audit", Method: "GET", Path: "/w/{ws}/audit", For: frame.Member, Action: access.AuditRead,
			Handle: s.showTrail, Page: &TrailPage{}},
		{Name: "audit.check", Method: "GET", Path: "/w/{ws}/audit/check", For: frame.Member, Action: access.AuditCheck,
			Timeout: exportTime, Handle: s.checkTrail, Page: &TrailCheckPage{}},
		{Name: "audit.csv", Method: "GET", Path: "/w/{ws}/audit.csv", For: frame.Member, Action: access.AuditExport,
			Timeout: exportTime, Handle: s.exportCSV},
		{Name: "audit.jsonl", Method: "GET", Path: "/w/{ws}/audit.jsonl", For: frame.Member, Action: access.AuditExport,
			Timeout: exportTime, Handle: s.exportLines},
	}
}

// trailForm is the filters, all of which stand in the address.
var trailForm = frame.FormSpec{
	{Name: "since", Kind: frame.KindDate, Label: "audit.since", Optional: true, Width: "medium"},
	{Name: "until", Kind: frame.KindDate, Label: "audit.until", Optional: true, Width: "medium"},
	{Name: "action", Kind: frame.KindSelect, Label: "audit.action", Optional: true},
	{Name: "outcome", Kind: frame.KindSelect, Label: "audit.outcome", Optional: true},
	{Name: "actor", Kind: frame.KindHidden, Optional: true},
	{Name: "record", Kind: frame.KindHidden, Optional: true},
}

// trailFilter reads the filters of an address. Days are the workspace's; the day "until" is included.
func trailFilter(q *frame.Request) (audit.Filter, *frame.Form) {
	form := trailForm.ReadQuery(q, map[string][]frame.Option{"action": actionOptions(q), "outcome": outcomeOptions(q)})
	f := audit.Filter{
		Actor: form.Get("actor"), Record: form.Get("record"),
		Action: access.Action(form.Get("action")), Outcome: audit.Outcome(form.Get("outcome")),
	}
	if err := audit.CheckRecord(f.Record); err != nil {
		form.Take(err)
	}
	f.Since = dayOf(q, form, "since", 0)
	f.Until = dayOf(q, form, "until", 1)
	return f, form
}

// dayOf is the beginning of the day in a field, or of one some days later.
func dayOf(q *frame.Request, form *frame.Form, name string, later int) time.Time {
	text := form.Get(name)
	if text == "" {
		return time.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, text, frame.Zoned(q.Now(), q.Place.Zone).Location())
	if err != nil {
		form.Fail(name, q.T("audit.bad-day"))
		return time.Time{}
	}
	return day.AddDate(0, 0, later).UTC()
}

func actionOptions(q *frame.Request) []frame.Option {
	options := []frame.Option{{Text: q.T("audit.any-action")}}
	for _, a := range access.Actions(model.WorkspaceScope) {
		options = append(options, frame.Option{Value: string(a), Text: access.Says(a)})
	}
	slices.SortStableFunc(options[1:], func(a, b frame.Option) int { return strings.Compare(a.Text, b.Text) })
	return options
}

func outcomeOptions(q *frame.Request) []frame.Option {
	return []frame.Option{
		{Text: q.T("audit.any-outcome")},
		{Value: string(audit.Done), Text: q.T("audit.done")}, {Value: string(audit.Denied), Text: q.T("audit.denied")},
		{Value: string(audit.Failed), Text: q.T("audit.failed")}, {Value: string(audit.Begun),
			Text: q.T("audit.begun")},
	}
}

func (s *pages) showTrail(q *frame.Request) (frame.Answer, error) {
	filter, form := trailFilter(q)
	page := &TrailPage{Base: frame.Base{Section: "audit"}, Form: form}
	page.Fill(q)
	if form.Failed() {
		return form.Again(page), nil
	}
	cursor := q.URL.Query().Get("cursor")
	reading := records.Reading{Filter: filter, Limit: trailPage, Cursor: cursor}
	days := chartDays(q)
	if cursor == "" {
		reading.Counts = dayFilters(days, filter)
	}
	found, counts, err := s.trail.ReadTrail(q.Context(), q.Caller(), reading)
	if err != nil {
		return frame.Answer{}, err
	}
	page.show(q, found, cursor)
	if cursor == "" {
		page.Chart = newChart(q, page, days, counts)
	}
	return frame.Show(page), nil
}

// show lays a page of entries out by day.
func (p *TrailPage) show(q *frame.Request, found audit.Page, cursor string) {
	p.Filters = activeFilters(q, p.Form)
	p.CSV, p.Lines = trailPath(q, "/audit.csv", nil), trailPath(q, "/audit.jsonl", nil)
	for _, e := range found.Entries {
		day := p.Day(e.At)
		if n := len(p.Days); n == 0 || p.Days[n-1].Day.Text != day.Text {
			p.Days = append(p.Days, TrailDay{Day: day})
		}
		last := &p.Days[len(p.Days)-1]
		last.Entries = append(last.Entries, trailRow(q, p, e))
	}
	if cursor != "" {
		p.Pager.First = trailPath(q, "/audit", url.Values{"cursor": nil})
	}
	if found.Next != "" {
		p.Pager.Next = trailPath(q, "/audit", url.Values{"cursor": {found.Next}})
	}
}

func trailRow(q *frame.Request, p *TrailPage, e *audit.Entry) TrailRow {
	row := TrailRow{
		At: p.Clock(e.At), Sentence: e.Sentence(), Badge: entryBadge(q, e), Raw: rawFields(e),
		Person: trailPath(q, "/audit", url.Values{"actor": {e.Actor.ID}, "cursor": nil}),
	}
	if e.Record != "" {
		row.Record = trailPath(q, "/audit", url.Values{"record": {e.Record}, "cursor": nil})
	}
	return row
}

// entryBadge shows what is special about an entry; that it was altered comes first.
func entryBadge(q *frame.Request, e *audit.Entry) *frame.Badge {
	if e.Altered {
		return &frame.Badge{Text: q.T("audit.altered"), Icon: "octagon-alert", Tone: "bad"}
	}
	switch e.Outcome {
	case audit.Denied:
		return &frame.Badge{Text: q.T("audit.denied"), Icon: "hand", Tone: "warn"}
	case audit.Failed:
		return &frame.Badge{Text: q.T("audit.failed"), Icon: "octagon-alert", Tone: "bad"}
	case audit.Begun:
		return &frame.Badge{Text: q.T("audit.begun"), Icon: "circle-dot", Tone: "note"}
	}
	return nil
}

// rawFields are the entry as it is stored, for those who want to know exactly.
func rawFields(e *audit.Entry) []RawField {
	fields := []RawField{
		{"id", e.ID}, {"at", e.At.Format(time.RFC3339Nano)}, {"actor", e.Actor.ID}, {"role", string(e.Actor.Role)},
		{"action", string(e.Action)},
		{"record", e.Record}, {"shown", strings.Join(e.Shown, " ")}, {"outcome", string(e.Outcome)},
		{"request", e.Request}, {"session", e.Session},
	}
	for _, key := range slices.Sorted(maps.Keys(e.Labels)) {
		fields = append(fields, RawField{key, e.Labels[key]})
	}
	return slices.DeleteFunc(fields, func(f RawField) bool { return f.Value == "" })
}

// trailPath is an address of the trail with the filters of this one and some changed; a nil value takes one out.
func trailPath(q *frame.Request, path string, change url.Values) string {
	values := url.Values{}
	for _, spec := range trailForm {
		if v := q.URL.Query().Get(spec.Name); v != "" {
			values.Set(spec.Name, v)
		}
	}
	for name, v := range change {
		values.Del(name)
		if len(v) > 0 {
			values.Set(name, v[0])
		}
	}
	if len(values) == 0 {
		return q.WS(path)
	}
	return q.WS(path) + "?" + values.Encode()
}

// activeFilters are the filters that no field of the form shows, each with the address without it.
func activeFilters(q *frame.Request, form *frame.Form) []frame.ActiveFilter {
	var list []frame.ActiveFilter
	for name, label := range map[string]string{"actor": "audit.one-person", "record": "audit.one-record"} {
		if form.Get(name) != "" {
			list = append(list, frame.ActiveFilter{Text: q.T(label), Without: trailPath(q, "/audit",
				url.Values{name: nil})})
		}
	}
	slices.SortFunc(list, func(a, b frame.ActiveFilter) int { return strings.Compare(a.Text, b.Text) })
	return list
}
