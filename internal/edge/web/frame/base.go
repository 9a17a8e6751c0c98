package frame

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Base is what every page has. The frame fills it in before the template runs; a handler may set Section and Crumbs.
type Base struct {
	Listed  *Listing // for search engines; nil keeps a page out of them
	Section string   // which place of the menu is current, as in "reports"
	Crumbs  []Crumb  // where the page is; the last without a path
	WS      string   // path of the workspace, "/w/…", or ""
	Role    access.Role

	caller access.Caller
	zone   *time.Location
	now    time.Time
	Absent bool // an error page: the address is not repeated in it
}

// Listing is how a search engine may show a page.
type Listing struct{ Description, Address string }

// Crumb is one step of the way to a page.
type Crumb struct{ Text, Path string }

func (b *Base) base() *Base { return b }

// Fill sets what follows from the request. The frame calls it before it renders; handlers call it if they use May or
// format times.
func (b *Base) Fill(q *Request) {
	b.caller, b.Role, b.now = q.Caller(), q.Caller().Role, q.Now()
	if place := q.Place; place != nil {
		b.WS, b.zone = place.Path(), place.Zone
	}
}

// May reports whether the caller's role allows an action, so that a page offers only what is possible. The gate decides
// again when it is done.
func (b *Base) May(action access.Action) bool { return access.Can(b.caller, action) }

// Now is the time of the request.
func (b *Base) Now() time.Time { return b.now }

// Zone is the time zone of the workspace.
func (b *Base) Zone() *time.Location { return b.zone }

// When is an instant on the venue's clock, with its day.
func (b *Base) When(t time.Time) When { return when(t, b.zone, b.now, "") }

// Day is the venue's day of an instant, as "Saturday 21 November 2026".
func (b *Base) Day(t time.Time) When { return when(t, b.zone, b.now, "Monday 2 January 2006") }

// Clock is the venue's time of an instant, as "19:32".
func (b *Base) Clock(t time.Time) When { return when(t, b.zone, b.now, "15:04") }

// Badge is a state in words, with an icon and a tone: "", good, warn, bad, note or brass.
type Badge struct{ Text, Icon, Tone string }

// Notice is something to know, with an icon and a tone.
type Notice struct {
	Title, Text, Icon, Tone string
	Link                    *TextLink // where more about it is
}

// Empty says why a list is empty, and offers an action if it has a path.
type Empty struct{ Icon, Title, Why, Path, Action string }

// Pager links the pages of a list. Empty paths are left out.
type Pager struct{ First, Next string }

// NewPager makes a Pager from the cursor in the address. All other parameters of the address stay.
func NewPager(q *Request, next string) Pager {
	p := Pager{}
	values := q.URL.Query()
	if values.Get("cursor") != "" {
		values.Del("cursor")
		p.First = q.URL.Path + "?" + values.Encode()
	}
	if next != "" {
		values.Set("cursor", next)
		p.Next = q.URL.Path + "?" + values.Encode()
	}
	return p
}

// Tab is one of the pages that belong together.
type Tab struct {
	Path, Text, Icon string
	Current          bool
}

// Button is a form of one button.
type Button struct {
	Path, Text, Icon, Tone string
	About                  string // what the button is about, for screen readers
}

// TextLink is a link after some words.
type TextLink struct{ Before, Path, Text string }

// ActiveFilter is a filter that is on, and the address without it.
type ActiveFilter struct{ Text, Without string }
