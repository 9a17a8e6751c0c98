package security

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const instantForm = "2 January 2006, 15:04 MST"

// instant is a time as this page shows it to everybody: in UTC, and saying so.
func instant(t time.Time) *frame.When {
	w := frame.LocalWhen(t, "UTC", instantForm)
	return &w
}

func stateBadge(q *frame.Request, s promise.State) frame.Badge {
	switch s {
	case promise.Kept:
		return frame.Badge{Text: q.T("security.kept"), Icon: "circle-check", Tone: "good"}
	case promise.Broken:
		return frame.Badge{Text: q.T("security.broken"), Icon: "octagon-alert", Tone: "bad"}
	}
	return frame.Badge{Text: q.T("security.unchecked"), Icon: "circle-dot"}
}

// verdict is the whole in one badge. It is good only if every promise is kept.
func verdict(q *frame.Request, o *promise.Overview) frame.Badge {
	switch {
	case o.Broken > 0:
		return frame.Badge{Text: q.N("security.verdict-broken", o.Broken), Icon: "octagon-alert", Tone: "bad"}
	case o.Unchecked > 0:
		return frame.Badge{Text: q.T("security.verdict-partly"), Icon: "circle-dot", Tone: "warn"}
	}
	return frame.Badge{Text: q.T("security.verdict-kept"), Icon: "circle-check", Tone: "good"}
}

// why says why a promise is broken or not checked.
func why(q *frame.Request, p *promise.Standing) string {
	switch {
	case p.State == promise.Kept:
		return ""
	case p.State == promise.Broken:
		return q.T("security.why-broken", instant(p.Since).Text)
	}
	return reason(q, p.Why, p.Reason, p.Since)
}

func reason(q *frame.Request, w promise.Why, text string, since time.Time) string {
	switch w {
	case promise.NotBuilt:
		return q.T("security.why-not-built", text)
	case promise.NotYet:
		return q.T("security.why-not-yet")
	case promise.Stale:
		return q.T("security.why-stale", instant(since).Text)
	case promise.NoAnswer:
		return q.T("security.why-no-answer", text)
	case promise.NotThere:
		return q.T("security.why-not-here", text)
	}
	return q.T("security.why-none-other", text)
}

var kindTexts = map[promise.Kind]string{
	promise.Live: "security.kind-live", promise.Inside: "security.kind-inside",
	promise.Cloud: "security.kind-cloud", promise.Build: "security.kind-build",
}
