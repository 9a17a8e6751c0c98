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
