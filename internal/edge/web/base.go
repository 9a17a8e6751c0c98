package web

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
	lost   bool // an error page: its address is not repeated
}

// Listing is how a search engine may show a page.
type Listing struct{ Description, Address string }

// Crumb is one step of the way to a page.
type Crumb struct{ Text, Path string }

func (b *Base) base() *Base { return b }

func (b *Base) fill(q *Request) {
	b.caller, b.Role, b.now = q.Caller(), q.Caller().Role, q.Now()
	if place := q.Visit.Place; place != nil {
		b.WS, b.zone = place.Path(), place.Zone
	}
}

// May reports whether the caller's role has an action: what cannot be done is not offered. The gate decides again.
func (b *Base) May(action access.Action) bool { return access.Can(b.caller, action) }

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

// Empty says why a list is empty and offers one thing to do; without a path it offers none.
type Empty struct{ Icon, Title, Why, Path, Action string }

// Pager leads through a list. Empty paths are left out.
type Pager struct{ First, Next string }
