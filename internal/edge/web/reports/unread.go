package reports

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// unreadField is a field of a draft's form that could not be parsed, for the script of the page.
type unreadField struct {
	Field string `json:"field"`
	Label string `json:"label"`
	Text  string `json:"text"` // what is wrong with it
	Kept  bool   `json:"kept"` // whether the text was stored as it was typed
}

func (u unreadField) lost() bool { return !u.Kept }

// savedDraft is the answer to a form that saved itself.
type savedDraft struct {
	Version int64             `json:"version"`
	Saved   string            `json:"saved"`
	Unread  []unreadField     `json:"unread"`
	Notes   map[string]string `json:"notes"` // ids of the notes by their keys in the form
}

// refusedDraft says why nothing was saved.
type refusedDraft struct {
	Error  string        `json:"error"`
	Unread []unreadField `json:"unread"`
}

// saved updates the form after a save: the version, the ids of the notes, and marks at fields that could not be parsed.
func (d *DraftForm) saved(r records.Record[shows.Report]) []unreadField {
	d.Set("version", versionText(r.Version))
	if sections := readable(&r.Body); len(sections) == len(d.Notes) {
		for i := range sections {
			d.Notes[i].ID = sections[i].ID
		}
	}
	kept := map[string]bool{}
	for field, t := range r.Body.Unread() {
		kept[d.fieldOf(field)] = !t.Lost
		d.Fail(d.fieldOf(field), t.Why)
	}
	list := d.named()
	for i := range list {
		list[i].Kept = kept[list[i].Field]
	}
	for _, name := range d.left {
		list = append(list, unreadField{Field: name, Label: name, Text: d.T("draft.unknown")})
	}
	if len(list) > 0 {
		d.Problem = d.T("draft.unread-title")
	}
	return list
}

// named are the fields of the form that are marked.
func (d *DraftForm) named() []unreadField {
	list := []unreadField{}
	for _, f := range d.Fields {
		if f.Error != "" {
			list = append(list, unreadField{Field: f.Name, Label: cmp.Or(f.Full, f.Label), Text: f.Error})
		}
	}
	return list
}

// toComplete are the stored notes that have no text. The report cannot be filed until they have one.
func (d *DraftForm) toComplete() []unreadField {
	var list []unreadField
	for _, n := range d.Notes {
		if n.Text.Value == "" && n.Text.Error == "" && !n.blank() {
			list = append(list, unreadField{n.Text.Name, n.Text.Full, d.T("draft.no-text"), true})
		}
	}
	return list
}

func (d *DraftForm) noteIDs() map[string]string {
	ids := map[string]string{}
	for _, n := range d.Notes {
		ids[n.Key] = n.ID
	}
	return ids
}

// fillUnread shows the texts that could not be parsed as they were typed, each with what is wrong with it.
func (d *DraftForm) fillUnread(r *shows.Report) {
	unread := r.Unread()
	for field, t := range unread {
		name := d.fieldOf(field)
		switch {
		case t.Lost:
		case strings.HasSuffix(name, "people"):
			d.Set(name, strings.Fields(t.Text)...)
		default:
			d.Set(name, t.Text)
		}
		d.Fail(name, t.Says())
	}
	if len(unread) > 0 {
		d.Problem = d.T("draft.unread-title")
	}
}

const (
	leftNamed  = 5  // fields that are named
	leftLength = 60 // characters of a name
)

// leftOf are the fields that were posted with a value and that no part of the form reads: those of another release, or
// made-up ones.
func (d *DraftForm) leftOf(posted map[string][]string) []string {
	read := map[string]bool{}
	for _, name := range []string{"do", "confirm", "zone", "time", "note", frame.ProofField, frame.MarkField} {
		read[name] = true
	}
	for _, t := range d.Times {
		read["t."+t.Key+".planned"], read["t."+t.Key+".exact"] = true, true
	}
	for _, g := range d.Groups {
		for _, f := range g.Fields {
			read[f.Name+".exact"], read[f.Name+".shown"] = true, true
		}
	}
	for _, n := range d.Notes {
		for _, part := range []string{"id", "owner", "due"} {
			read["n."+n.Key+"."+part] = true
		}
	}
	var left []string
	for name, values := range posted {
		f := d.Field(name)
		if f != nil && f.Kind == frame.KindChecks {
			continue
		}
		if f != nil && len(values) > 0 {
			values = slices.DeleteFunc(slices.Clone(values[1:]), func(v string) bool { return v == values[0] })
		}
		if !read[name] && slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" }) {
			left = append(left, cut(name, leftLength))
		}
	}
	slices.SortFunc(left, cmp.Compare)
	return left[:min(len(left), leftNamed)]
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// nameLeft refuses the fields that no part of the form reads, and names them.
func (d *DraftForm) nameLeft() {
	if len(d.left) > 0 {
		d.Fail("", d.T("draft.left", strings.Join(d.left, ", ")))
	}
}
