package security

import (
	"net/http"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// parts are what the service consists of, for its users, with the controls that show whether each works.
var parts = []struct {
	id, title string
	controls  []string
}{
	{"pages", "status.pages", []string{"plain-http", "tls", "weak-passwords", "new-password", "no-session",
		"forged-sessions", "session-end", "second-factor", "documents", "contact", "policies", "purposes",
		"insiders", "changes-told"}},
	{"api", "status.api", []string{"no-token", "token-end", "roles", "neighbours", "withheld-sections",
		"api-description"}},
	{"data", "status.data", []string{"stored-form", "password-hash"}},
	{"trail", "status.trail", []string{"trail-entries", "trail-in-log", "trail-shipped", "trail-whole",
		"fourteen-days"}},
	{"background", "status.background", []string{"background-closed"}},
}

// PartOf is the part of the service that a control shows to work, "" if it is about none.
func PartOf(control string) string {
	for _, p := range parts {
		if slices.Contains(p.controls, control) {
			return p.id
		}
	}
	return ""
}

// StatusPage says whether the service works, part by part.
type StatusPage struct {
	frame.Base
	Verdict  frame.Badge
	LastRun  *frame.When   // nil before the first
	Notice   *frame.Notice // that there were no checks for long
	Parts    []PartView
	Episodes []EpisodeView // of the last 90 days
	Contact  string
}

// Template names the page.
func (*StatusPage) Template() string { return "security/status" }

// PartView is one part of the service.
type PartView struct {
	Title string
	State frame.Badge
	Says  string
}

// partState is whether a part works, as far as controls know.
type partState struct {
	ID     string        `json:"id"`
	State  promise.State `json:"state"` // kept: it works; broken: it does not, or not as promised
	Since  *time.Time    `json:"since"` // since when it is broken
	Passed int           `json:"passed"`
	Tried  int           `json:"tried"`
	reason string
}

func (s *pages) statusRoutes() []frame.Route {
	return []frame.Route{
		{Name: "status", Method: "GET", Path: "/status", For: frame.Public, Listed: true, Page: &StatusPage{},
			Handle: s.showStatus},
		{Name: "status.json", Method: "GET", Path: "/status.json", For: frame.Open, Handle: s.statusJSON},
	}
}

func (s *pages) showStatus(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	states := partStates(o)
	page := &StatusPage{Verdict: partsVerdict(q, states), Contact: s.contact, Notice: lateNotice(q, o)}
	if !o.LastRun.IsZero() {
		page.LastRun = instant(o.LastRun)
	}
	if !q.Who.Known() {
		page.Listed = &frame.Listing{Description: q.T("status.description"), Address: q.SiteURL("/status")}
	}
	for i, p := range parts {
		page.Parts = append(page.Parts, PartView{Title: q.T(p.title), State: partBadge(q, states[i].State),
			Says: partSays(q, states[i])})
	}
	for _, e := range o.Episodes {
		if PartOf(e.Control) != "" {
			page.Episodes = append(page.Episodes, episode(q, e))
		}
	}
	return frame.Show(page), nil
}

func (s *pages) statusJSON(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, map[string]any{"at": o.At.UTC(), "last_run": moment(o.LastRun),
		"parts": partStates(o)})
}

// partStates say of each part whether it works. One that fails is broken; one of which nothing was checked lately is
// unchecked, and so is everything when controls have stopped.
func partStates(o *promise.Overview) []partState {
	controls := map[string]promise.ControlState{}
	for _, p := range slices.Concat(o.Promises, o.Words) {
		for _, c := range p.Controls {
			controls[c.ID] = c
		}
	}
	list := make([]partState, len(parts))
	for i, p := range parts {
		list[i] = partState{ID: p.id, State: promise.Unchecked}
		for _, id := range p.controls {
			if c, there := controls[id]; there && c.Why != promise.NotThere {
				list[i].add(c)
			}
		}
		if list[i].State == promise.Kept && o.Late {
			list[i].State = promise.Unchecked
		}
	}
	return list
}

func (p *partState) add(c promise.ControlState) {
	p.Tried++
	switch c.State {
	case promise.Broken:
		if p.State != promise.Broken || c.Since.Before(*p.Since) {
			p.Since = moment(c.Since)
		}
		p.State = promise.Broken
	case promise.Kept:
		p.Passed++
		if p.State == promise.Unchecked {
			p.State = promise.Kept
		}
	default:
		p.reason = c.Evidence
	}
}

func partBadge(q *frame.Request, s promise.State) frame.Badge {
	switch s {
	case promise.Kept:
		return frame.Badge{Text: q.T("status.works"), Icon: "circle-check", Tone: "good"}
	case promise.Broken:
		return frame.Badge{Text: q.T("status.problem"), Icon: "octagon-alert", Tone: "bad"}
	}
	return frame.Badge{Text: q.T("status.unknown"), Icon: "circle-dot"}
}

func partSays(q *frame.Request, p partState) string {
	switch {
	case p.State == promise.Broken:
		return q.T("status.since", instant(*p.Since).Text)
	case p.State == promise.Kept && p.Passed < p.Tried:
		return q.T("status.untried", p.Passed, p.Tried)
	case p.State == promise.Kept:
		return q.N("status.passed", p.Passed)
	case p.reason != "":
		return p.reason
	}
	return q.T("status.nothing")
}

// partsVerdict is the worst of all parts.
func partsVerdict(q *frame.Request, list []partState) frame.Badge {
	worst := promise.Kept
	for _, p := range list {
		switch {
		case p.State == promise.Broken:
			worst = promise.Broken
		case p.State == promise.Unchecked && worst == promise.Kept:
			worst = promise.Unchecked
		}
	}
	b := partBadge(q, worst)
	b.Text = map[promise.State]string{promise.Kept: q.T("status.all-work"), promise.Broken: q.T("status.some-fail"),
		promise.Unchecked: q.T("status.some-unknown")}[worst]
	return b
}
