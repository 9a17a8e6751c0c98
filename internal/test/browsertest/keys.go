package browsertest

import (
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stops limits how often TabTo presses the key.
const stops = 150

// stop is what has the focus.
type stop struct {
	Name  string `json:"name"`
	Tag   string `json:"tag"`
	Seen  bool   `json:"seen"`  // inside the window and not empty
	Shown bool   `json:"shown"` // its focus is visible
}

const focused = `(() => {
	const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
	const label = e.labels && e.labels[0];
	const name = e.getAttribute('aria-label') || (label && label.innerText) || e.innerText || e.value || '';
	const ring = x => { const s = getComputedStyle(x); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0 || s.boxShadow !== 'none' };
	return {
		name: name.replace(/\s+/g, ' ').trim(), tag: e.tagName.toLowerCase(),
		seen: r.width > 0 && r.height > 0 && r.bottom > 0 && r.top < innerHeight && s.visibility !== 'hidden',
		shown: ring(e) || !!label && ring(label),
	} })()`

// Keys presses keys, one after another, where the focus is.
func (b *Tab) Keys(keys string) {
	b.t.Helper()
	b.do("press keys", chromedp.KeyEvent(keys))
}

// TabTo presses the Tab key until the element with this label has the focus. On the way nothing may have the focus
// without showing it.
func (b *Tab) TabTo(label string) {
	b.t.Helper()
	var passed []string
	for range stops {
		b.Keys(kb.Tab)
		at := Eval[stop](b, focused)
		if at.Tag == "body" { // the end of the page
			continue
		}
		if !at.Seen || !at.Shown {
			b.t.Errorf("at %s the focus is on a %s %q and cannot be seen: %+v", b.URL(), at.Tag, at.Name, at)
		}
		if strings.HasPrefix(at.Name, label) {
			return
		}
		passed = append(passed, at.Name)
	}
	b.t.Fatalf("the Tab key does not lead to %q at %s, only to %q", label, b.URL(), passed)
}

// Enter presses the Enter key and waits for the next page.
func (b *Tab) Enter() {
	b.t.Helper()
	b.mark()
	b.Keys(kb.Enter)
	b.settle()
}
