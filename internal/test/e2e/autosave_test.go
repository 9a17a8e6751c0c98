package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// writer is a browser in which the reporter has opened the form of a new report.
func (c *cast) writer(t *testing.T) *browsertest.Tab {
	t.Helper()
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, access.Reporter)]
	b := browsertest.Open(t, c.URL())
	b.Size(1280, 900, "light")
	b.Go("/signin")
	b.Fill("email", account.Email)
	b.Fill("password", account.Password)
	b.Press("Sign in")
	b.Go("/w/demo/reports/new?production=" + c.own["production"])
	return b
}

// saved changes the form, and waits until the form has saved itself.
func saved(b *browsertest.Tab, change func()) {
	before := browsertest.Eval[string](b, `document.querySelector("[name=version]").value`)
	change()
	b.Until("a saved draft", fmt.Sprintf(
		`document.querySelector("[name=version]").value !== %q && !document.querySelector("form[data-dirty]")`, before))
}

// notesAreNumbered fails the test unless the notes are numbered from 1 to n, and the buttons that remove them too.
func notesAreNumbered(t *testing.T, b *browsertest.Tab, n int) {
	t.Helper()
	want := ""
	for i := range n {
		want += fmt.Sprintf("Note %d/Remove note %d;", i+1, i+1)
	}
	got := browsertest.Eval[string](b, `[...document.querySelectorAll("[data-note]")].map(n => [n.querySelector("legend"), n.querySelector("[data-remove-note]")].
		map(e => e.textContent.replace(/\s+/g, " ").trim()).join("/") + ";").join("")`)
	if got != want {
		t.Errorf("the notes are %q, want %q", got, want)
	}
}

// TestARemovedNoteStaysAway adds and removes notes as people do: what the form shows is what is stored, without the
// press of a button.
func TestARemovedNoteStaysAway(t *testing.T) {
	b := newCast(t).writer(t)
	b.Press("Add a note")
	notesAreNumbered(t, b, 1)
	saved(b, func() { b.Fill("n.0.text", "Lamp 14 is out.") })
	b.Press("Add a note")
	notesAreNumbered(t, b, 2)
	saved(b, func() { b.Fill("n.1.text", "The sofa squeaks.") })
	saved(b, func() { b.Press("Remove note 1") })
	notesAreNumbered(t, b, 1)
	if at := browsertest.Eval[string](b, `document.activeElement.dataset.note || ""`); at != "1" {
		t.Errorf("after a note was removed the focus is not on the next one but on %q", at)
	}
	edit := browsertest.Eval[string](b, `document.querySelector("form[data-autosave]").getAttribute("action")`)
	b.Go(edit)
	b.SeesNot("Lamp 14 is out.")
	if kept := browsertest.Eval[string](b, `document.querySelector("[name='n.0.text']").value`); kept !=
		"The sofa squeaks." {
		t.Errorf("the other note is %q", kept)
	}
	saved(b, func() { b.Press("Remove note 1") })
	b.Go(edit)
	b.SeesNot("The sofa squeaks.")
	saved(b, func() { b.Press("Add an act") }) // goes to the server, which by itself saves nothing
	b.Go(edit)
	b.Sees("Act 3 up")
}

// savingSays is what the form says about saving.
func savingSays(b *browsertest.Tab) string {
	return browsertest.Eval[string](b, `document.querySelector("output.saved").textContent`)
}

// TestAutosaveNamesWhatItCannotRead makes typing errors as people do: the form says which fields they are in, marks
// them, and shows them again when the draft is reopened. Once a field is corrected, its mark goes.
func TestAutosaveNamesWhatItCannotRead(t *testing.T) {
	b := newCast(t).writer(t)
	saved(b, func() { b.Fill("t.act-up.1", "25:99") })
	b.Until("the field's name",
		`document.querySelector("output.saved").textContent.includes("Please correct: Act 1 up: This is not a time.")`)
	const marked = `(() => { const f = document.querySelector("[name='t.act-up.1']");
		const said = document.getElementById((f.getAttribute("aria-describedby") || "").split(" ").pop());
		return f.getAttribute("aria-invalid") === "true" && !!said && said.textContent.includes("This is not a time.") })()`
	if !browsertest.Eval[bool](b, marked) {
		t.Error("the field is not marked, or its sentence is not read with it")
	}
	b.Axe()
	saved(b, func() { b.Fill("text", "A full house.") })
	edit := browsertest.Eval[string](b, `document.querySelector("form[data-autosave]").getAttribute("action")`)
	b.Go(edit)
	b.Sees("Act 1 up: This is not a time.")
	if !browsertest.Eval[bool](b, marked) {
		t.Error("opened anew, the field is not marked")
	}
	if got := browsertest.Eval[string](b, `document.querySelector("[name='t.act-up.1']").value`); got != "25:99" {
		t.Errorf("opened anew, the field holds %q", got)
	}
	b.Axe()
	saved(b, func() { b.Fill("t.act-up.1", "1934") })
	b.Until("no mark", `!document.querySelector("[aria-invalid], .problem, #errors")`)
	if said := savingSays(b); strings.Contains(said, "Please correct") {
		t.Errorf("corrected, it says %q", said)
	}
	// What must not be stored stays in the form, and the browser asks before the page is left.
	b.Fill("text", "4111 1111 1111 1111")
	b.Until("that it is not saved",
		`document.querySelector("output.saved").textContent.includes("Not saved: Report: This looks like a payment card number.")`)
	if !browsertest.Eval[bool](b, `document.querySelector("form[data-autosave]").dataset.dirty === "yes"`) {
		t.Error("the form counts as saved")
	}
	saved(b, func() { b.Fill("text", "A full house.") })
}

// TestAutosaveTriesAgainOnlyWhatCanWork: when a server cannot answer, the request is repeated, later each time; what is
// refused is not repeated.
func TestAutosaveTriesAgainOnlyWhatCanWork(t *testing.T) {
	b := newCast(t).writer(t)
	browsertest.Eval[bool](b, `(() => { window.asked = []; window.answers = [503, 503, 429, 400];
		const real = window.fetch;
		window.fetch = async (...args) => { window.asked.push(Date.now()); const s = window.answers.shift();
			return s ? new Response(JSON.stringify({error: "Because."}), {status: s, headers: s === 429 ? {"Retry-After": "1"} : {}}) : real(...args) };
		const wait = window.setTimeout; window.waits = [];
		window.setTimeout = (f, ms) => { window.waits.push(ms); return wait(f, Math.min(ms, 30)) }; return true })()`)
	b.Fill("text", "A full house.")
	b.Until("four tries", `window.asked.length === 4`)
	b.Until("the refusal", `document.querySelector("output.saved").textContent === "Not saved. Because."`)
	waits := browsertest.Eval[string](b, `window.waits.filter(ms => ms >= 5000).join(" ")`)
	if waits != "5000 10000 20000" {
		t.Errorf("it waits %s ms", waits)
	}
	browsertest.Eval[bool](b, `new Promise(done => setTimeout(() => done(true), 300)) && true`)
	if n := browsertest.Eval[int](b, `window.asked.length`); n != 4 {
		t.Errorf("what was refused is sent again: %d times", n)
	}
	saved(b, func() { b.Fill("text", "A full house, and rain.") })
}
