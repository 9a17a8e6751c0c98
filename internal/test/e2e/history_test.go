package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// The browser of a reader checks the history of a running service, and what it was given is compared with what the
// service publishes.
func TestReaderChecksTheHistory(t *testing.T) {
	house := servetest.Start(t, servetest.Options{Controls: true})
	head := firstHead(t, house)
	b := browsertest.Open(t, house.URL())
	b.Go("/security")
	b.Press("Check the history yourself")
	for _, look := range looks {
		b.Size(look.width, look.height, look.theme)
		b.Axe()
	}
	check := func(kept string, sees ...string) {
		t.Helper()
		if kept != "" {
			browsertest.Eval[bool](b, fmt.Sprintf(`(document.getElementById("f-heads").value = %q, true)`, kept))
		}
		browsertest.Eval[bool](b, `(document.querySelector("[data-history] button").click(), true)`)
		b.Until("a result", `document.querySelector("[data-result]").children.length > 0`)
		b.Sees(sees...)
		b.Axe()
	}
	check("", "All as it was recorded")
	b.Shot("history-well")
	if b.Count("[data-result] [data-kind=went-on]") > 0 {
		t.Error("the first check goes on from something")
	}
	check("", "All as it was recorded", "The check went on from what this browser kept")
	for _, look := range looks {
		b.Size(look.width, look.height, look.theme)
		b.Axe()
		b.Shot("history-went-on-" + look.theme)
	}
	rewritten(t, house, b, check)
	check(head+"\n\n"+head, "All as it was recorded")
	if b.Count("[data-result] .bad") > 0 {
		t.Errorf("of kept heads that are well: %s", b.Text())
	}
	lines := strings.Split(head, "\n")
	lines[2] = strings.Repeat("A", 43) + "="
	check(strings.Join(lines, "\n"), "Something is not as it was recorded.", "is not that of its key")
	b.Shot("history-found")
	check(head, "All as it was recorded")
	b.Await(saveFiles)
	check(head, "All as it was recorded") // from files, with no network
	browsertest.Eval[bool](b, `(() => {
		const files = new DataTransfer();
		files.items.add(new File(["{ no JSON"], "history"));
		document.querySelector("[type=file]").files = files.files;
		return true;
	})()`)
	check(head, "The history could not be read: ")
	b.Await(saveFiles)
	check("no head", "Something is not as it was recorded.", "A head cannot be read")
}

// rewritten shows the page a history that ends before what the browser kept, as if the service had been set back.
func rewritten(t *testing.T, house *servetest.Installation, b *browsertest.Tab, check func(string, ...string)) {
	t.Helper()
	b.Await(`(async () => {
		window.__old = {};
		for (const path of ["history", "head", "keys"]) {
			window.__old["/security/" + path] = await (await fetch("/security/" + path)).text();
		}
		return "";
	})()`)
	before := firstHead(t, house)
	if err := house.App.Promises.Run(t.Context(), "documents"); err != nil {
		t.Fatal(err)
	}
	for n := 0; firstHead(t, house) == before; n++ {
		if n == 200 {
			t.Fatal("no head follows")
		}
		time.Sleep(100 * time.Millisecond)
	}
	check("", "All as it was recorded", "The check went on from what this browser kept")
	browsertest.Eval[bool](b, `(() => {
		window.__fetch = window.fetch;
		window.fetch = async (address) => new Response(window.__old[address.split("?")[0]]);
		return true;
	})()`)
	check("", "Something is not as it was recorded.", "The history was rewritten.")
	b.Shot("history-rewritten")
	browsertest.Eval[bool](b, `(window.fetch = window.__fetch, true)`)
	check("", "All as it was recorded")
}

// saveFiles chooses files with what is published, and takes the network away from the page.
const saveFiles = `(async () => {
	const fetch = window.__fetch ??= window.fetch;
	const files = new DataTransfer();
	for (const path of ["history", "head", "keys"]) {
		files.items.add(new File([await (await fetch("/security/" + path)).text()], path));
	}
	document.querySelector("[type=file]").files = files.files;
	window.fetch = () => { throw new Error("there is no network"); };
	return "";
})()`

// firstHead waits until there is a head.
func firstHead(t *testing.T, house *servetest.Installation) string {
	t.Helper()
	for range 400 {
		resp, err := http.Get(house.URL() + "/security/head") // #nosec G107 -- the test's own service
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusOK {
			return string(text)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no head was signed")
	return ""
}
