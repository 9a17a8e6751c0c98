// Package jobtest does the main job in a real browser, as people do it: from an empty installation to a report that a
// viewer reads without its confidential section, and the management sees both reads. Production code must never import
// it.
package jobtest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// Service is what the job needs of a running service.
type Service struct {
	// Open opens a browser of its own.
	Open func(t testing.TB) *browsertest.Tab
	// Link is the link in the newest mail to an address, which may take a moment to arrive.
	Link func(t testing.TB, to string) string
}

// The people of the job. The passwords are used for nothing else.
const (
	bossMail, bossWord         = "mara@lantern-opera.org", "seven brass lanterns at noon"
	reporterMail, reporterWord = "rita@lantern-opera.org", "quiet understudies sweep twice"
	viewerMail, viewerWord     = "viktor@lantern-opera.org", "velvet thunder over row nine"

	injury = "turned an ankle on the second step"
	open   = "The dragon came in four bars late"
)

// MainJob does it all.
func MainJob(t *testing.T, h Service) {
	boss := h.Open(t)
	boss.Size(1280, 900, "light")
	signUp(boss, h, "Mara Voss", bossMail, bossWord)
	makeWorkspace(boss)
	invite(boss, reporterMail, "reporter")
	invite(boss, viewerMail, "viewer")
	schedule(boss)

	reporter := h.Open(t)
	reporter.Size(360, 780, "dark")
	join(reporter, h, "Rita Amsel", reporterMail, reporterWord)
	file(reporter)

	viewer := h.Open(t)
	viewer.Size(1280, 900, "light")
	join(viewer, h, "Viktor Hale", viewerMail, viewerWord)
	readSealed(viewer)

	readWhole(boss)
	seeReads(boss)
}

// signUp opens an account and confirms its address by the mailed link.
func signUp(b *browsertest.Tab, h Service, name, mail, word string) {
	b.Go("/")
	b.Axe()
	b.Press("Create an account")
	b.Axe()
	b.Fill("name", name)
	b.Fill("email", mail)
	b.Fill("password", "short")
	b.Press("Send me the link")
	b.Sees("Create an account") // refused, and what was typed is kept
	b.Axe()
	b.Fill("password", word)
	b.Press("Send me the link")
	b.Wait("Check your mail")
	b.Go(h.Link(b.T(), mail))
	b.Sees("Welcome")
	b.Axe()
	b.Fill("password", word)
	b.Press("Activate my account")
}

func makeWorkspace(b *browsertest.Tab) {
	if !strings.Contains(b.URL(), "/workspaces/new") {
		b.Go("/workspaces/new")
	}
	b.Axe()
	b.Fill("name", "Lantern Opera")
	b.Fill("time_zone", "Europe/Berlin")
	b.Press("Create the workspace")
	b.Wait("Lantern Opera")
	b.Axe()
	b.Shot("01-landing")
}

func invite(b *browsertest.Tab, mail, role string) {
	b.Go(b.Place() + "/invitations")
	b.Fill("email", mail)
	b.Choose("role", role)
	b.Axe()
	b.Press("Send the invitation")
	b.Wait(mail)
}

// join follows an invitation without having an account.
func join(b *browsertest.Tab, h Service, name, mail, word string) {
	b.Go(h.Link(b.T(), mail))
	b.Sees("Lantern Opera")
	b.Axe()
	b.Fill("name", name)
	b.Fill("password", word)
	b.Press("Create my account and join")
	b.Wait("Lantern Opera")
	b.Axe()
}

// schedule adds a production and tonight's performance.
func schedule(b *browsertest.Tab) {
	b.Go(b.Place() + "/productions/new")
	b.Axe()
	b.Fill("title", "The Magic Flute")
	b.Fill("zone", "Europe/Berlin")
	b.Press("Add the production")
	b.Wait("The production was added.")
	b.Axe()
	b.Press("Add a performance")
	b.Axe()
	b.Set("day", today(b))
	b.Fill("start", "7.30pm")
	b.Press("Schedule it")
	b.Wait("The performance was scheduled.")
	b.Shot("02-production")
	b.Axe()
}

// today is the day on the venue's clock.
func today(b *browsertest.Tab) string {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.T().Fatal(err)
	}
	return testclock.Now().In(zone).Format(time.DateOnly)
}

// file writes tonight's report on a phone, with a note for everybody and one about an injury, and files it.
func file(b *browsertest.Tab) {
	b.Go(b.Place() + "/reports/new")
	b.Axe()
	b.Press("The Magic Flute")
	b.Axe()
	b.Fill("t.act-up.1", "1934")
	b.Fill("t.act-down.1", "20.41")
	b.Fill("text", open+" and nobody noticed.")
	note(b, 0, "set, automation and fly", "", open+".")
	note(b, 1, "stage management", "injury", "A dancer "+injury+".")
	b.Axe()
	b.Shot("03-draft")
	b.Press("Check and file")
	b.Sees("Check your report", injury)
	b.Axe()
	b.Shot("04-check")
	if b.Count(`[name="confirm"]`) > 0 { // the service's clock is the machine's, on which tonight's show is not over
		b.Tick("confirm")
	}
	b.Press("File the report")
	b.Wait("is filed")
	b.Axe()
}

// note fills the n-th note, and adds it first if it does not exist.
func note(b *browsertest.Tab, n int, department, topic, text string) {
	field := func(part string) string { return fmt.Sprintf("n.%d.%s", n, part) }
	if b.Count(fmt.Sprintf(`[name="%s"]`, field("text"))) == 0 {
		b.Press("Add a note")
	}
	b.Choose(field("department"), department)
	if topic != "" {
		b.Choose(field("topic"), topic)
	}
	b.Fill(field("text"), text)
}

// readSealed reads the report as somebody whom the injury does not concern.
func readSealed(b *browsertest.Tab) {
	b.Go(b.Place() + "/")
	b.Sees("Not read yet")
	b.SeesNot(injury)
	b.Press("The Magic Flute")
	b.Wait(open)
	b.Sees("1 withheld note", "4 min late")
	b.SeesNot(injury, "ankle")
	b.Axe()
	b.Shot("05-sealed")
	b.Go(b.Place() + "/reports?q=ankle")
	b.Sees("No matches")
	b.Go(b.Place() + "/reports?q=dragon")
	b.Sees("The Magic Flute")
	b.SeesNot(injury)
	b.Axe()
	b.Go(b.Place() + "/audit")
	b.Sees("Your role does not allow this")
}

// readWhole reads it as the management.
func readWhole(b *browsertest.Tab) {
	b.Go(b.Place() + "/reports")
	b.Axe()
	b.Press("Show report 1")
	b.Wait(injury)
	b.Shot("06-whole")
	b.Axe()
}

// seeReads finds both reads, and the refusal, in the trail.
func seeReads(b *browsertest.Tab) {
	b.Go(b.Place() + "/audit")
	b.Sees(
		"Viktor Hale read Show report 1 · The Magic Flute.", "Mara Voss read Show report 1 · The Magic Flute.",
		"Rita Amsel filed Show report 1 · The Magic Flute.", "Viktor Hale was refused: read the audit trail.",
	)
	b.SeesNot(injury, "ankle")
	b.Shot("07-audit")
	b.Axe()
}
