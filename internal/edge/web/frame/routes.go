package frame

import (
	"net/http"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Class says who must be identified before a route's handler runs.
type Class string

// The classes of routes.
const (
	Open    Class = "open"    // nobody is identified
	Public  Class = "public"  // a session is used if there is one; others are admitted too
	Account Class = "account" // signed in
	Member  Class = "member"  // signed in, and a member of {ws}
)

// Handler answers one request.
type Handler func(q *Request) (Answer, error)

// Route is one row of the table.
type Route struct {
	Name    string
	Method  string // GET (which answers HEAD too) or POST
	Path    string
	For     Class
	Action  access.Action // what the gate will be asked for; refused beforehand if the role does not allow it
	Ahead   string        // "kind:variable": a document to read in one batch with the session
	Ticket  bool          // the address contains a secret, so it must not be sent as a referrer
	MaxBody int64         // 0 means 64 KB
	Words   bool          // people write in the form: what they wrote survives the end of the session
	Asks    bool          // its own form asks for the password each time
	Timeout time.Duration // 0 means the site's
	Listed  bool          // search engines may read it
	Handle  Handler
	Page    Page // a value of the page that it shows, unless another row has it; its template is parsed and checked
}

const defaultBody = 64 << 10

// Routes are all routes of the site. There are no others.
func (s *Site) Routes() []Route { return slices.Clone(s.routes) }

func (s *Site) frameRoutes() []Route {
	return []Route{
		{Name: "live", Method: http.MethodGet, Path: "/livez", For: Open, Handle: s.live},
		{Name: "ready", Method: http.MethodGet, Path: "/readyz", For: Open, Handle: s.ready},
		{Name: "live-outside", Method: http.MethodGet, Path: "/live", For: Open, Handle: s.live},
		{Name: "ready-outside", Method: http.MethodGet, Path: "/ready", For: Open, Handle: s.ready},
		{Name: "robots", Method: http.MethodGet, Path: "/robots.txt", For: Open, Handle: s.robots},
		{Name: "theme", Method: http.MethodPost, Path: "/theme", For: Open, Handle: s.setTheme},
		{Name: "shortcuts", Method: http.MethodGet, Path: "/help/shortcuts", For: Public, Handle: s.shortcuts,
			Page: &ShortcutsPage{}},
	}
}
