package browsertest

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// Axe fails the test for every violation of WCAG 2.2 AA or of good practice that axe-core finds on the page. TOH_AXE
// names the file axe.min.js.
func (b *Tab) Axe() {
	b.t.Helper()
	path := os.Getenv("TOH_AXE")
	if path == "" {
		testneed.Missing(b.t, "axe-core (set TOH_AXE to the file axe.min.js)")
		return
	}
	source, err := os.ReadFile(path) // #nosec G304 G703 -- the tester chooses the file
	if err != nil {
		b.t.Fatal(err)
	}
	b.inject(string(source))
	for _, line := range strings.Split(b.Await(axeRun), "\n") {
		if line != "" {
			b.t.Errorf("accessibility of %s: %s", b.URL(), line)
		}
	}
}

// axeRun first finishes colour transitions, because the contrast in between is not one that anybody reads.
const axeRun = `Promise.all(document.getAnimations()
	.filter(a => a.effect.getComputedTiming().endTime < Infinity)
	.map(a => a.finished.catch(() => {})))
	.then(() => axe.run(document, {resultTypes: ['violations']}))
	.then(r => r.violations.map(v => v.id + ' (' + v.impact + '): ' +
		v.nodes.map(n => n.target.join(' ') + ' [' + n.failureSummary.replace(/\s+/g, ' ') + ']').join('; ')).join('\n'))`

// inject runs a script as the browser's developer tools do, which the page's policy does not stop.
func (b *Tab) inject(source string) {
	b.t.Helper()
	b.do("inject", func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		got, err := cdp.Call(ctx, t, runtime.Evaluate, runtime.EvaluateParams{Expression: source})
		if err == nil && got.ExceptionDetails != nil {
			err = fmt.Errorf("%s", got.ExceptionDetails.Text)
		}
		return chromedp.Void{}, err
	})
}

// Await runs a script that returns a promise of a text.
func (b *Tab) Await(script string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("script %.80s: %v", script, err)
	}
	return text
}
