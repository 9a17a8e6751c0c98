package security

import (
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// document is the page for programs.
type document struct {
	At        time.Time         `json:"at"`
	LastRun   *time.Time        `json:"last_run"` // null before the first
	Kept      int               `json:"kept"`
	Broken    int               `json:"broken"`
	Unchecked int               `json:"unchecked"`
	Promises  []documentPromise `json:"promises"`
	Words     []documentPromise `json:"words"` // what else the pages say; not counted
}

type documentPromise struct {
	ID       string            `json:"id"`
	Text     string            `json:"text"`
	State    promise.State     `json:"state"`
	Reason   string            `json:"reason"` // "" if it is kept
	LastPass *time.Time        `json:"last_pass"`
	Controls []documentControl `json:"controls"`
	Days     []documentDay     `json:"days"` // those with a check, the oldest first
}

type documentControl struct {
	ID       string        `json:"id"`
	Kind     promise.Kind  `json:"kind"`
	State    promise.State `json:"state"`
	Last     *time.Time    `json:"last"`
	Passed   bool          `json:"passed"`
	Evidence string        `json:"evidence"`
}

type documentDay struct {
	Date      string `json:"date"` // in UTC
	Kept      int    `json:"kept"`
	Broken    int    `json:"broken"`
	Unchecked int    `json:"unchecked"`
}

func (s *pages) dataRoutes() []frame.Route {
	return []frame.Route{
		{Name: "security.json", Method: "GET", Path: path + ".json", For: frame.Open, Handle: s.json},
		{Name: "security.recent", Method: "GET", Path: path + "/recent", For: frame.Open, Handle: s.recent},
	}
}

func (s *pages) json(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	d := document{At: o.At, LastRun: moment(o.LastRun), Kept: o.Kept, Broken: o.Broken, Unchecked: o.Unchecked,
		Promises: []documentPromise{}, Words: []documentPromise{}}
	for i := range o.Promises {
		d.Promises = append(d.Promises, documentOf(q, &o.Promises[i]))
	}
	for i := range o.Words {
		d.Words = append(d.Words, documentOf(q, &o.Words[i]))
	}
	return frame.JSON(http.StatusOK, d)
}

func documentOf(q *frame.Request, p *promise.Standing) documentPromise {
	d := documentPromise{ID: p.ID, Text: p.Text, State: p.State, Reason: why(q, p), LastPass: moment(p.LastPass),
		Controls: []documentControl{}, Days: []documentDay{}}
	for _, c := range p.Controls {
		d.Controls = append(d.Controls, documentControl{ID: c.ID, Kind: c.Kind, State: c.State, Last: moment(c.Last),
			Passed: c.State == promise.Kept, Evidence: control(q, c).said()})
	}
	for _, day := range p.Days {
		if day.Checks() > 0 {
			d.Days = append(d.Days, documentDay{day.Date, day.Kept, day.Broken, day.Unchecked})
		}
	}
	return d
}

// said is what a control found, or why it found nothing.
func (c ControlView) said() string {
	if c.Evidence != "" {
		return c.Evidence
	}
	return c.Why
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// recent is asked by a check that does not hang on the scheduler that runs the controls: it answers 503 when no control
// has run for too long.
func (s *pages) recent(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	switch {
	case err != nil:
		return frame.Answer{}, err
	case o.LastRun.IsZero() || o.Late:
		return frame.Text(http.StatusServiceUnavailable, "No control has run for too long.\n"), nil
	}
	return frame.Text(http.StatusOK, "Controls have run.\n"), nil
}
