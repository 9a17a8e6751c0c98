package security

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// PromisePage is one promise with its controls and its days.
type PromisePage struct {
	frame.Base
	Row
	Page     string // on which it was given
	Controls []ControlView
	Episodes []EpisodeView
	Days     []DayView
	Checks   string // how many checks the numbers rest on
}

// Template names the page.
func (*PromisePage) Template() string { return "security/promise" }

// ControlView is one control.
type ControlView struct {
	ID, Says, Kind string
	State          frame.Badge
	Why, Evidence  string
	Last, LastPass *frame.When // nil for never
	Next           *frame.When
	Again          *frame.Button // nil if it runs by itself only
}

// EpisodeView is a time in which a control failed.
type EpisodeView struct {
	Says        string
	From        frame.When
	Until       *frame.When // nil while it lasts
	Took        string
	Detail      string
	Promises    []frame.TextLink
	StillBroken frame.Badge
}

// DayView is one day in numbers.
type DayView struct {
	Day                             frame.When
	State                           frame.Badge
	Kept, Broken, Unchecked, Checks int
}

func (s *pages) showPromise(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	all := slices.Concat(o.Promises, o.Words)
	i := slices.IndexFunc(all, func(p promise.Standing) bool { return p.ID == q.Var("id") })
	if i < 0 {
		return frame.Answer{}, &model.Error{Kind: model.ErrNotFound}
	}
	p := &all[i]
	page := &PromisePage{Row: row(q, p), Page: p.Page()}
	page.Crumbs = []frame.Crumb{{Text: q.T("security.foot"), Path: path}, {Text: p.ID}}
	for _, c := range p.Controls {
		page.Controls = append(page.Controls, control(q, c))
	}
	for _, e := range o.Episodes {
		if slices.Contains(e.Promises, p.ID) {
			page.Episodes = append(page.Episodes, episode(q, e))
		}
	}
	page.days(q, p)
	return frame.Show(page), nil
}

// days are those on which something was checked, the latest first.
func (page *PromisePage) days(q *frame.Request, p *promise.Standing) {
	checks := 0
	for _, d := range slices.Backward(p.Days) {
		if d.Checks() == 0 {
			continue
		}
		checks += d.Checks()
		at, err := time.Parse(time.DateOnly, d.Date)
		if err != nil {
			continue
		}
		page.Days = append(page.Days, DayView{Day: frame.LocalWhen(at, "UTC", "2 January 2006"),
			State: stateBadge(q, dayState(d.Count)), Kept: d.Kept, Broken: d.Broken, Unchecked: d.Unchecked,
			Checks: d.Checks()})
	}
	page.Checks = q.N("security.checks", len(page.Days), checks)
}

func control(q *frame.Request, c promise.ControlState) ControlView {
	v := ControlView{ID: c.ID, Says: c.Says, Kind: q.T(kindTexts[c.Kind]), State: stateBadge(q, c.State)}
	if c.State == promise.Kept {
		v.Evidence = c.Evidence
	}
	switch c.State {
	case promise.Broken:
		v.Why = q.T("security.why-broken", instant(c.Since).Text)
	case promise.Unchecked:
		v.Why = reason(q, c.Why, c.Evidence, c.Last)
	}
	if !c.Last.IsZero() {
		v.Last = instant(c.Last)
	}
	if !c.LastPass.IsZero() {
		v.LastPass = instant(c.LastPass)
	}
	if c.Why != promise.NotThere {
		v.Next = instant(c.Next)
	}
	if !c.Costly && c.Why != promise.NotThere {
		v.Again = &frame.Button{Path: path + "/run/" + c.ID, Text: q.T("security.again"), Icon: "rotate-ccw",
			Tone: "small", About: c.Says}
	}
	return v
}

func episode(q *frame.Request, e promise.PastEpisode) EpisodeView {
	v := EpisodeView{Says: e.Says, From: *instant(e.From), Detail: e.Detail, StillBroken: stateBadge(q, promise.Broken)}
	if !e.Until.IsZero() {
		v.Until = instant(e.Until)
		v.Took = q.N("security.minutes", max(1, int(e.Until.Sub(e.From).Minutes())))
	}
	for _, id := range e.Promises {
		v.Promises = append(v.Promises, frame.TextLink{Path: path + "/" + id, Text: id})
	}
	return v
}
