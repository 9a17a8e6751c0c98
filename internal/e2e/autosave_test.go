package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/browsertest"
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

// saved does something that changes the form, and waits until the form has saved itself.
func saved(b *browsertest.Tab, change func()) {
	before := browsertest.Eval[string](b, `document.querySelector("[name=version]").value`)
	change()
	b.Until("a saved draft", fmt.Sprintf(`document.querySelector("[name=version]").value !== %q && !document.querySelector("form[data-dirty]")`, before))
}

// notesAreNumbered fails the test unless the notes are called 1 to n, as are the buttons that remove them.
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

// TestARemovedNoteStaysAway adds and removes notes as people do: what the form shows is what is kept, without a press
// of a button.
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
	if kept := browsertest.Eval[string](b, `document.querySelector("[name='n.0.text']").value`); kept != "The sofa squeaks." {
		t.Errorf("the other note is %q", kept)
	}
	saved(b, func() { b.Press("Remove note 1") })
	b.Go(edit)
	b.SeesNot("The sofa squeaks.")
	saved(b, func() { b.Press("Add an act") }) // goes to the server, which saves nothing by itself
	b.Go(edit)
	b.Sees("Act 3 up")
}
