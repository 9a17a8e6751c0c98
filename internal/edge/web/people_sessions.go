package web

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *Site) sessionRoutes() []Route {
	return []Route{
		{Name: "sessions", Method: "GET", Path: "/account/sessions", For: Account, Action: access.SessionList,
			Handle: s.showSessions},
		{Name: "sessions.end-all", Method: "POST", Path: "/account/sessions/end", For: Account, Action: access.SignOut,
			Handle: s.endSessions},
		{Name: "sessions.end", Method: "POST", Path: "/account/sessions/{session}/end", For: Account,
			Action: access.SignOut, Handle: s.endSession},
	}
}

func (s *Site) showSessions(q *Request) (Answer, error) {
	list, err := s.opts.Services.Account.ListSessions(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	page := &SessionsPage{
		Tabs: accountTabs(q, "sessions"), EndForm: endForm.Blank(q, nil),
		EndAll: Button{Path: "/account/sessions/end", Text: q.T("sessions.end-all"), Icon: "log-out", Tone: "danger"},
	}
	page.fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, sessionRow(q, page, r))
	}
	return Show(page), nil
}

func sessionRow(q *Request, page *SessionsPage, r account.SessionRecord) SessionRow {
	device, icon := deviceName(q, r.UserAgent)
	return SessionRow{
		Device: device, Icon: icon, Address: r.Address, Here: r.Current, Since: page.When(r.Created),
		Seen: page.When(r.Seen),
		End: Button{Path: "/account/sessions/" + r.ID + "/end", Text: q.T("sessions.end"), Icon: "log-out",
			Tone: "small", About: device},
	}
}

// deviceName is what people call the browser and the device of a user agent.
func deviceName(q *Request, agent string) (name, icon string) {
	browser := firstOf(agent, []string{"Firefox", "Edg", "OPR", "Chrome", "Safari"})
	system := firstOf(agent, []string{"Android", "iPhone", "iPad", "Windows", "Macintosh", "CrOS", "Linux"})
	if browser == "" || system == "" {
		return q.T("sessions.unknown"), "monitor"
	}
	icon = "monitor"
	if system == "Android" || system == "iPhone" {
		icon = "smartphone"
	}
	return q.T("sessions.browser", spoken(browser), spoken(system)), icon
}

func firstOf(text string, words []string) string {
	for _, w := range words {
		if strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

// spoken is a word of user agents as people say it.
func spoken(word string) string {
	switch word {
	case "Edg":
		return "Edge"
	case "OPR":
		return "Opera"
	case "Macintosh":
		return "Mac"
	case "CrOS":
		return "ChromeOS"
	}
	return word
}

func (s *Site) endSession(q *Request) (Answer, error) {
	if err := s.opts.Services.Account.EndSession(q.Context(), q.Caller(), q.Var("session")); err != nil {
		return Answer{}, err
	}
	if q.Var("session") == q.Caller().Session {
		q.DropSession()
		q.Flash("signed-out", "")
		return Go("/"), nil
	}
	q.Flash("session-ended", "")
	return Go("/account/sessions"), nil
}

func (s *Site) endSessions(q *Request) (Answer, error) {
	f, err := endForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if err := s.opts.Services.Account.SignOutEverywhere(q.Context(), q.Caller(), f.Is("tokens")); err != nil {
		return Answer{}, err
	}
	q.DropSession()
	q.Flash("signed-out", "")
	return Go("/"), nil
}
