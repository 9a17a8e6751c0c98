package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// faint lists what is drawn with less than 3:1 contrast to its actual background, in the current theme.
const faint = `(() => {
	const still = new CSSStyleSheet(); still.replaceSync('* { transition: none !important }'); document.adoptedStyleSheets = [still];
	const parse = c => (c.match(/[\d.]+/g) || []).map(Number);
	const seen = c => c.length === 3 || c.length === 4 && c[3] === 1;
	const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (seen(c)) return c } return [255, 255, 255] };
	const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05) };
	const parts = {
		'nav [aria-current]:not(.crumbs *)': s => s.borderBottomColor, '.chart .fill:not(.second)': s => s.fill, '.chart .fill.second': s => s.stroke,
		'input:not([type=hidden], [type=checkbox], [type=radio]), select, textarea': s => s.borderTopColor,
		'input:is([type=checkbox], [type=radio])': s => s.accentColor, '.button:not(.plain), .summary': s => s.borderTopColor,
		'.icon': s => s.stroke, '.notice, .toast, .field.wrong': s => s.borderInlineStartColor,
	};
	const list = [];
	let looked = 0;
	const look = (e, what, colour, on) => {
		const c = parse(colour); looked++;
		if (!seen(c) || ratio(c, on) < 3) list.push(what + ' ' + (e.innerText || e.name || '').slice(0, 20) + ': ' + colour + ' on rgb(' + on + ')');
	};
	for (const [selector, colour] of Object.entries(parts)) for (const e of document.querySelectorAll(selector))
		if (e.checkVisibility()) look(e, selector, colour(getComputedStyle(e)), ground(e.parentElement));
	for (const e of document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary')) {
		if (!e.checkVisibility() || e.tabIndex < 0) continue;
		e.focus({preventScroll: true});
		const s = getComputedStyle(e);
		if (s.outlineStyle === 'none') list.push('no ring: ' + e.outerHTML.slice(0, 60)); else look(e, 'ring', s.outlineColor, ground(e.parentElement));
	}
	if (looked < 5) list.push('only ' + looked + ' parts were looked at');
	return list.slice(0, 8).join('\n') })()`

// boss is a browser in which the management is signed in.
func (c *cast) boss(t *testing.T) *browsertest.Tab {
	t.Helper()
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, access.Management)]
	tab := browsertest.Open(t, c.URL())
	tab.Go("/signin")
	tab.Fill("email", account.Email)
	tab.Fill("password", account.Password)
	tab.Press("Sign in")
	return tab
}

// TestPartsStandOutAsDrawn calculates in a browser what the test of the style sheets calculates from their text.
func TestPartsStandOutAsDrawn(t *testing.T) {
	c := newCast(t)
	c.members[access.Viewer].Get("/w/demo/audit") // a refusal, for the second kind of bar
	tab := c.boss(t)
	tab.Size(1280, 900, "light")
	for _, path := range []string{
		"/w/demo/", "/w/demo/reports", "/w/demo/audit", "/w/demo/audit?since=x", "/w/demo/invitations",
		"/w/demo/reports/" + c.own["report"],
		"/w/demo/productions/" + c.own["production"] + "/run", "/account/tokens/new", "/w/demo/settings/key",
		"/w/demo/settings/agreement", "/data", "/access",
	} {
		tab.Go(path)
		if path == "/w/demo/audit" && tab.Count(".chart .fill.second") == 0 {
			t.Error("no bar of what was refused")
		}
		tab.Keys(kb.Tab) // from now on the browser shows the focus
		for _, theme := range []string{"light", "dark", "dim"} {
			browsertest.Eval[bool](tab, `(document.documentElement.dataset.theme = "`+theme+`", true)`)
			if list := browsertest.Eval[string](tab, faint); list != "" {
				t.Errorf("%s in %s:\n%s", path, theme, list)
			}
		}
	}
}

// small lists controls that are hard to hit (WCAG 2.2, 2.5.8). Links within a sentence may be as high as their line.
const small = `[...document.querySelectorAll('button, input:not([type=hidden]), select, textarea, summary')]
	.filter(e => e.checkVisibility() && e.tabIndex >= 0)
	.filter(e => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 24 })
	.map(e => e.outerHTML.slice(0, 80)).slice(0, 5).join('\n')`

// TestLongNamesFit gives everything a name without a space, and looks for pages that are wider than a phone or a
// desktop.
func TestLongNamesFit(t *testing.T) {
	c := newCast(t)
	long := "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenkasse"
	boss := c.members[access.Management]
	for path, form := range map[string]map[string][]string{
		"/account":         {"name": {long}},
		"/w/demo/settings": {"name": {long}, "slug": {"demo"}, "time_zone": {"Europe/Berlin"}},
		"/w/demo/productions": {"title": {long}, "venue": {long}, "city": {long}, "company": {long},
			"zone": {"Europe/Berlin"}, "departments": {long}},
		"/w/demo/invitations": {"email": {strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".example"},
			"role": {"reporter"}},
		"/account/tokens": {"name": {long}, "scopes": {"reports:read"}, "days": {"30"}},
	} {
		p := boss.Do("POST", path, form)
		if p.Status != 303 && p.Status != 200 {
			t.Fatalf("%s: %d", path, p.Status)
		}
		if path == "/w/demo/productions" {
			c.own["long"] = p.Location
		}
	}
	tab := c.boss(t)
	for _, width := range []int64{320, 360, 640, 1280} { // 640 and 320 are a desktop at 200 % and at 400 %
		tab.Size(width, 800, "light")
		for _, path := range []string{
			"/w/demo/", "/w/demo/productions", c.own["long"], c.own["long"] + "/edit", c.own["long"] + "/run",
			c.own["long"] + "/performances/new",
			"/w/demo/reports", "/w/demo/reports/" + c.own["report"], "/w/demo/reports/" + c.own["report"] + "/seen",
			"/w/demo/members", "/w/demo/invitations",
			"/w/demo/audit", "/w/demo/audit/check", "/w/demo/leave", "/w/demo/settings", "/w/demo/settings/key",
			"/w/demo/settings/agreement",
			"/w/demo/trash", "/account", "/account/tokens", "/workspaces",
		} {
			tab.Go(path)
			if wide := browsertest.Eval[int](tab, "document.documentElement.scrollWidth") - int(width); wide > 0 {
				t.Errorf("%s is %d wider than a window of %d", path, wide, width)
			}
			if list := browsertest.Eval[string](tab, small); list != "" {
				t.Errorf("%s at %d has what is hard to hit:\n%s", path, width, list)
			}
		}
	}
}
