// Package browsertest controls Debian's Chromium for tests: tabs, forms, keys, screenshots and the accessibility check.
// Production code must never import it.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

const patience = 20 * time.Second // of one step

// Tab is one tab of a browser with its own cookies.
type Tab struct {
	t    testing.TB
	ctx  context.Context
	Base string
}

// Open starts a browser for the test and opens a tab in it. Names are resolved as given, as in "opera.test 127.0.0.1".
func Open(t testing.TB, base string, options ...chromedp.ExecAllocatorOption) *Tab {
	t.Helper()
	path := testneed.Chromium(t)
	all := append(chromedp.DefaultExecAllocatorOptions[:len(chromedp.DefaultExecAllocatorOptions):len(
		chromedp.DefaultExecAllocatorOptions)],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	ctx, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), append(all, options...)...)
	t.Cleanup(stop)
	tab := &Tab{t: t, Base: base}
	var end context.CancelFunc
	tab.ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Do(tab.ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return tab
}

// blocked are addresses that are not loaded, in the form that Debian's Chromium accepts.
type blocked struct {
	URLs []string `json:"urls"`
}

// NoScripts keeps our scripts from loading on all further pages, as in a browser that runs none. The tests' own scripts
// still run.
func (b *Tab) NoScripts() {
	b.t.Helper()
	block := cdp.Command[blocked, cdp.Empty]{Method: network.CommandSetBlockedURLs}
	b.do("keep scripts away", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{})
		return chromedp.Void{}, err
	}, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, block, blocked{[]string{"*/static/js/*"}})
		return chromedp.Void{}, err
	})
}

// T is the test that the tab belongs to.
func (b *Tab) T() testing.TB { return b.t }

// Place is the path of the workspace that the tab is in, as in "/w/demo".
func (b *Tab) Place() string {
	b.t.Helper()
	_, rest, inside := strings.Cut(b.URL(), "/w/")
	if !inside {
		b.t.Fatalf("%s is in no workspace", b.URL())
	}
	slug, _, _ := strings.Cut(rest, "/")
	return "/w/" + slug
}

func (b *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v, at %s:\n%s", what, err, b.URL(), firstLines(b.Text(), 40))
	}
}

// Eval runs a script in the page and returns its value.
func Eval[T any](b *Tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("script %.80s: %v", script, err)
	}
	return v
}

// Go opens a path of the site, or a whole address.
func (b *Tab) Go(path string) {
	b.t.Helper()
	if !strings.Contains(path, "://") {
		path = b.Base + path
	}
	b.do("open "+path, chromedp.Navigate(path))
}

// URL is where the tab is.
func (b *Tab) URL() string { return quietly(b, "location.href") }

// Text is the visible text of the page.
func (b *Tab) Text() string { return quietly(b, "document.body.innerText") }

// HTML is the whole page in its current state.
func (b *Tab) HTML() string { return quietly(b, "document.documentElement.outerHTML") }

func quietly(b *Tab, script string) string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	return text
}

// Fill types into the field with a name, replacing its content.
func (b *Tab) Fill(name, value string) {
	b.t.Helper()
	sel := fmt.Sprintf(`[name=%q]`, name)
	b.do("fill "+name, chromedp.WaitVisible(sel))
	Eval[bool](b, fmt.Sprintf(
		`(() => { const f = document.querySelector(%q); f.focus(); if (f.select) f.select(); return true })()`, sel))
	if value == "" {
		return
	}
	b.do("type into "+name, chromedp.SendKeys(sel, value))
}

// Choose picks the value of a list, a radio button or a box.
func (b *Tab) Choose(name, value string) {
	b.t.Helper()
	found := Eval[bool](b, fmt.Sprintf(`(() => {
		const all = [...document.querySelectorAll('[name=' + CSS.escape(%[1]q) + ']')];
		for (const f of all) {
			if (f.tagName === 'SELECT') { f.value = %[2]q; f.dispatchEvent(new Event('change', {bubbles: true})); return f.value === %[2]q }
			if (f.value === %[2]q) { f.checked || f.click(); return f.checked }
		}
		return false })()`, name, value))
	if !found {
		b.t.Fatalf("no choice %s=%s at %s:\n%s", name, value, b.URL(), firstLines(b.Text(), 40))
	}
}

// Press presses the button or follows the link with a label, and waits for the next page.
func (b *Tab) Press(label string) {
	b.t.Helper()
	b.mark()
	pressed := Eval[bool](b, fmt.Sprintf(`(() => {
		const name = e => (e.innerText || e.value || e.getAttribute('aria-label') || '').replace(/\s+/g, ' ').trim();
		const all = ['main button', 'main a, main summary', 'button, a, summary'].flatMap(s => [...document.querySelectorAll(s)]).filter(e => e.offsetParent !== null);
		const hit = all.find(e => name(e) === %[1]q) || all.find(e => name(e).startsWith(%[1]q));
		if (!hit) return false;
		setTimeout(() => hit.click(), 0); return true })()`, label))
	if !pressed {
		b.t.Fatalf("no button or link %q at %s:\n%s", label, b.URL(), firstLines(b.Text(), 60))
	}
	b.settle()
}

// mark marks the document, so that settle recognizes a new one.
func (b *Tab) mark() { Eval[bool](b, `window.__seen = true`) }

// settle waits until another document has loaded. If none comes for a while, it continues, because not everything leads
// to another page.
func (b *Tab) settle() {
	b.t.Helper()
	for range 80 {
		time.Sleep(25 * time.Millisecond)
		if quietly(b, `String(!window.__seen && document.readyState === "complete")`) == "true" {
			return
		}
	}
}

// Wait waits for a text on the page.
func (b *Tab) Wait(text string) {
	b.t.Helper()
	for range int(patience / (50 * time.Millisecond)) {
		if strings.Contains(b.Text(), text) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%q never showed at %s:\n%s", text, b.URL(), firstLines(b.Text(), 60))
}

// Until waits until a script's value is true. what says which state is waited for.
func (b *Tab) Until(what, script string) {
	b.t.Helper()
	for range int(patience / (50 * time.Millisecond)) {
		if quietly(b, "String(Boolean("+script+"))") == "true" {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%s never came at %s:\n%s", what, b.URL(), firstLines(b.Text(), 60))
}

// Sees fails the test unless the page shows all texts.
func (b *Tab) Sees(texts ...string) {
	b.t.Helper()
	shown := b.Text()
	for _, text := range texts {
		if !strings.Contains(shown, text) {
			b.t.Errorf("%s does not show %q:\n%s", b.URL(), text, firstLines(shown, 60))
		}
	}
}

// SeesNot fails the test if any of the texts is anywhere in the page, shown or not.
func (b *Tab) SeesNot(texts ...string) {
	b.t.Helper()
	whole := b.HTML()
	for _, text := range texts {
		if strings.Contains(whole, text) {
			b.t.Errorf("%s holds %q", b.URL(), text)
		}
	}
}

// Size sets the window, as a phone if it is narrow, and the theme that the device prefers: "light" or "dark".
func (b *Tab) Size(width, height int64, theme string) {
	b.t.Helper()
	b.do("size", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
		})
		return chromedp.Void{}, err
	}, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
		})
		return chromedp.Void{}, err
	})
}

// Shot saves a picture of the whole page as TOH_SHOTS/name.png, if that folder is set: pictures are for people.
func (b *Tab) Shot(name string) {
	b.t.Helper()
	dir := os.Getenv("TOH_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("screenshot: %v", err)
	}
	// #nosec G703 -- the tester chooses the folder
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func firstLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// Set puts a value into a field that people do not type into letter by letter, such as a date.
func (b *Tab) Set(name, value string) {
	b.t.Helper()
	if !Eval[bool](b, fmt.Sprintf(`(() => {
		const f = document.querySelector('[name=' + CSS.escape(%q) + ']');
		if (!f) return false;
		f.value = %q; f.dispatchEvent(new Event('input', {bubbles: true})); return f.value !== '' })()`, name, value)) {
		b.t.Fatalf("no field %s for %q at %s", name, value, b.URL())
	}
}

// Tick ticks a box.
func (b *Tab) Tick(name string) {
	b.t.Helper()
	if !Eval[bool](b, fmt.Sprintf(`(() => {
		const f = document.querySelector('[type=checkbox][name=' + CSS.escape(%q) + ']');
		if (!f) return false;
		f.checked || f.click(); return f.checked })()`, name)) {
		b.t.Fatalf("no box %s at %s", name, b.URL())
	}
}

// Count is how many elements a selector finds.
func (b *Tab) Count(selector string) int {
	b.t.Helper()
	return Eval[int](b, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}
