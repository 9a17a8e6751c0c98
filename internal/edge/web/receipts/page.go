package receipts

import (
	"encoding/hex"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/product/erasure"
)

// Page is how far an erasure is, and its receipt.
type Page struct {
	frame.Base
	State    frame.Badge
	Says     string
	Progress *Bar // while documents are removed
	Steps    []Step
	Receipt  *receipt.Receipt // nil until it is signed
	Remains  []Remains
	Facts    []Fact
	Sample   []string // in hexadecimal, by eight bytes
	File     string   // path of the receipt as a file
	Name     string   // of that file
}

// Bar is a part of a whole.
type Bar struct {
	Done, Total int64
	Text        string
}

// Step is a step and when it was taken; nil if it was not yet.
type Step struct {
	Name string
	At   *frame.When
}

// Remains is what stays for a while; nil is for good.
type Remains struct {
	What  string
	Until *frame.When
}

// Fact is a name and a value.
type Fact struct{ Name, Text string }

// Template names the page.
func (*Page) Template() string { return "receipts/show" }

// states are how the states of an erasure are shown, in keys of the catalog.
var states = map[erasure.State]struct {
	badge frame.Badge
	says  string
}{
	erasure.Waiting:  {frame.Badge{Text: "receipt.waiting", Icon: "clock", Tone: "note"}, "receipt.waiting-says"},
	erasure.Stopped:  {frame.Badge{Text: "receipt.stopped", Icon: "x"}, "receipt.stopped-says"},
	erasure.Closed:   {frame.Badge{Text: "receipt.running", Icon: "clock", Tone: "warn"}, "receipt.running-says"},
	erasure.Shredded: {frame.Badge{Text: "receipt.running", Icon: "clock", Tone: "warn"}, "receipt.running-says"},
	erasure.Cleared:  {frame.Badge{Text: "receipt.running", Icon: "clock", Tone: "warn"}, "receipt.running-says"},
	erasure.Done:     {frame.Badge{Text: "receipt.done", Icon: "circle-check", Tone: "good"}, "receipt.done-says"},
}

func (s *pages) show(q *frame.Request) (frame.Answer, error) {
	p, err := s.progress(q)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &Page{}
	page.Fill(q)
	shown := states[p.State]
	page.State, page.Says = shown.badge, q.T(shown.says)
	page.State.Text = q.T(shown.badge.Text)
	page.steps(q, p)
	if p.State == erasure.Shredded && p.Total > 0 {
		done := min(p.Removed, p.Total)
		page.Progress = &Bar{done, p.Total, q.T("receipt.removed", done, p.Total)}
	}
	if p.Receipt == nil {
		return frame.Show(page), nil
	}
	return page.signed(q, p)
}

func (p *Page) steps(q *frame.Request, e erasure.Progress) {
	r := e.Request
	for _, step := range []struct {
		name string
		at   time.Time
	}{
		{"receipt.step-asked", r.Asked}, {"receipt.step-due", r.Due}, {"receipt.step-closed", r.Began},
		{"receipt.step-shredded", r.Shredded}, {"receipt.step-cleared", r.Finished},
	} {
		row := Step{Name: q.T(step.name)}
		if !step.at.IsZero() {
			at := p.When(step.at)
			row.At = &at
		}
		p.Steps = append(p.Steps, row)
	}
}

// signed shows what the receipt says, and not what else is stored.
func (p *Page) signed(q *frame.Request, e erasure.Progress) (frame.Answer, error) {
	envelope, err := receipt.Parse(e.Receipt)
	if err != nil {
		return frame.Answer{}, err
	}
	r, err := envelope.Read()
	if err != nil {
		return frame.Answer{}, err
	}
	p.Receipt, p.Name, p.File = &r, fileName(r.ID), erasure.Path+r.ID+".json"
	p.Facts = []Fact{{Name: q.T("receipt.id"), Text: r.ID}, {Name: q.T("receipt.workspace"), Text: r.Scope},
		{Name: q.T("receipt.key"), Text: envelope.Signatures[0].KeyID}}
	for _, x := range r.Remains {
		row := Remains{What: x.What}
		if !x.Until.IsZero() {
			until := p.Day(x.Until)
			row.Until = &until
		}
		p.Remains = append(p.Remains, row)
	}
	text := hex.EncodeToString(r.Sample.Stored)
	for len(text) > 0 {
		n := min(16, len(text))
		p.Sample, text = append(p.Sample, text[:n]), text[n:]
	}
	return frame.Show(p), nil
}
