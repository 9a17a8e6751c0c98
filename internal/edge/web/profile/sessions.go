package profile

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *pages) sessionRoutes() []frame.Route {
	return []frame.Route{
		{Name: "sessions", Method: "GET", Path: "/account/sessions", For: frame.Account, Action: access.SessionList,
			Handle: s.showSessions, Page: &SessionsPage{}},
		{Name: "sessions.end-all", Method: "POST", Path: "/account/sessions/end", For: frame.Account,
			Action: access.SignOut,
			Handle: s.endSessions},
		{Name: "sessions.end", Method: "POST", Path: "/account/sessions/{session}/end", For: frame.Account,
			Action: access.SignOut, Handle: s.endSession},
	}
}

func (s *pages) showSessions(q *frame.Request) (frame.Answer, error) {
	list, err := s.accounts.ListSessions(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &SessionsPage{
		Tabs: accountTabs(q, "sessions"), EndForm: endForm.Blank(q, nil),
		EndAll: frame.Button{Path: "/account/sessions/end", Text: q.T("sessions.end-all"), Icon: "log-out",
			Tone: "danger"},
	}
	page.Fill(q)
	for _, r := range list {
		page.Rows = append(page.Rows, sessionRow(q, page, r))
	}
	return frame.Show(page), nil
}

func sessionRow(q *frame.Request, page *SessionsPage, r account.SessionRecord) SessionRow {
	device, icon := deviceName(q, r.UserAgent)
	how := ""
	if key := openedBy[r.By]; key != "" {
		how = q.T(key)
	}
	return SessionRow{
		How: how, Device: device, Icon: icon, Address: r.Address, Here: r.Current, Since: page.When(r.Created),
		Seen: page.When(r.Seen),
		End: frame.Button{Path: "/account/sessions/" + r.ID + "/end", Text: q.T("sessions.end"), Icon: "log-out",
			Tone: "small", About: device},
	}
}

// openedBy are the texts of the ways to open a session.
var openedBy = map[account.ProvedBy]string{
	account.ByPassword: "sessions.by-password", account.ByApp: "sessions.by-app",
	account.ByRecovery: "sessions.by-recovery", account.ByKey: "sessions.by-key",
	account.ByDevice: "sessions.by-device", account.ByPasskey: "sessions.by-passkey",
}

// deviceName is what people call the browser and the device of a user agent.
func deviceName(q *frame.Request, agent string) (name, icon string) {
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

func (s *pages) endSession(q *frame.Request) (frame.Answer, error) {
	if err := s.accounts.EndSession(q.Context(), q.Caller(), q.Var("session")); err != nil {
		return frame.Answer{}, err
	}
	if q.Var("session") == q.Caller().Session {
		q.DropSession()
		q.Flash("signed-out", "")
		return frame.Go("/"), nil
	}
	q.Flash("session-ended", "")
	return frame.Go("/account/sessions"), nil
}

func (s *pages) endSessions(q *frame.Request) (frame.Answer, error) {
	f, err := endForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if err := s.accounts.SignOutEverywhere(q.Context(), q.Caller(), f.Is("tokens")); err != nil {
		return frame.Answer{}, err
	}
	q.DropSession()
	q.Flash("signed-out", "")
	return frame.Go("/"), nil
}
