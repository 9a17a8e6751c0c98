package mail

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	mailtext "github.com/tinyoperahouse/toh/templates/mail"
)

const base = "https://opera.teatro.org"

func letters(t *testing.T) *Letters {
	t.Helper()
	l, err := NewLetters(base, "safety@opera.example")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLettersNameTheContact(t *testing.T) {
	t.Parallel()
	m, err := letters(t).Write(Removed, Recipient{Address: "bo@teatro.org"}, facts())
	if err != nil || !strings.Contains(m.Text, "abuse: safety@opera.example\n") ||
		!strings.Contains(m.HTML, `href="mailto:safety@opera.example"`) {
		t.Errorf("%v\n%s\n%s", err, m.Text, m.HTML)
	}
	nobody, err := NewLetters(base, "")
	if err != nil {
		t.Fatal(err)
	}
	m, err = nobody.Write(Removed, Recipient{Address: "bo@teatro.org"}, facts())
	if err != nil || strings.Contains(m.Text+m.HTML, "abuse") {
		t.Errorf("without a contact: %v\n%s", err, m.Text)
	}
}

// facts are enough for every kind.
func facts() Facts {
	return Facts{Path: "/confirm/abc123", Expires: 48 * time.Hour, At: time.Date(2026, 3, 14, 19, 32, 0, 0, time.UTC),
		By: "Ada Lovelace", Workspace: "Teatro Minimo", Role: "Organizer", What: "Another room."}
}

func TestEveryLetter(t *testing.T) {
	t.Parallel()
	l := letters(t)
	links := regexp.MustCompile(`https?://[^\s"<]+`)
	for kind, need := range needed {
		t.Run(string(kind), func(t *testing.T) {
			m, err := l.Write(kind, Recipient{"bo@teatro.org", "Bo Dahl"}, facts())
			if err != nil {
				t.Fatal(err)
			}
			if m.To != "bo@teatro.org" || m.ToName != "Bo Dahl" || m.Kind != kind || len(m.Key) != 26 {
				t.Errorf("%+v", m)
			}
			if len(m.Subject) < 15 || !strings.Contains(m.Subject+m.Text, "Tiny Opera House") {
				t.Errorf("subject %q says too little", m.Subject)
			}
			if !strings.HasPrefix(m.Text, "Hello Bo Dahl,\n\n") || !strings.HasSuffix(m.Text, "\n--\n"+m.Why+
				"\nQuestions of security or privacy, and abuse: safety@opera.example\n") ||
				!strings.HasPrefix(m.Why, "You get this mail because") {
				t.Errorf("text:\n%s", m.Text)
			}
			for _, part := range []string{m.Text, m.HTML} {
				if strings.Contains(part, "{{") || strings.Contains(part, "<no value>") ||
					strings.Contains(part, "\n\n\n") && part == m.Text {
					t.Errorf("unfinished:\n%s", part)
				}
				found := links.FindAllString(part, -1)
				if (len(found) > 0) != need.path {
					t.Errorf("links %v", found)
				}
				for _, link := range found {
					if link != base+"/confirm/abc123" {
						t.Errorf("link %q", link)
					}
				}
			}
			if !strings.Contains(m.HTML, "Hello Bo Dahl,") || !strings.Contains(m.HTML, "<title>") ||
				strings.Contains(strings.ToLower(m.HTML), "<script") || strings.Contains(m.HTML, "<img") {
				t.Errorf("html:\n%s", m.HTML)
			}
			for _, fact := range []struct {
				needed bool
				word   string
			}{{need.workspace, "Teatro Minimo"}, {need.by, "Ada Lovelace"}, {need.role, "Organizer"},
				{need.at, "14 March 2026, 19:32 UTC"}, {need.at || need.day, "14 March 2026"},
				{need.what, "Another room."}, {need.expires, "2 days"}} {
				if strings.Contains(m.Subject+m.Text, fact.word) != fact.needed {
					t.Errorf("%q: needed %v:\n%s", fact.word, fact.needed, m.Text)
				}
			}
		})
	}
}

func TestEveryTemplateIsUsed(t *testing.T) {
	t.Parallel()
	entries, err := mailtext.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	others := []string{"frame.txt.tmpl", "frame.html.tmpl", "box-frame.tmpl", "box-list.tmpl", "box-show.tmpl",
		"box.css"}
	for _, e := range entries {
		if _, used := needed[Kind(strings.TrimSuffix(e.Name(), ".tmpl"))]; !used && !slices.Contains(others, e.Name()) {
			t.Errorf("%s belongs to no mail", e.Name())
		}
	}
}

func TestMissingFactsRefused(t *testing.T) {
	t.Parallel()
	l := letters(t)
	to := Recipient{"bo@teatro.org", ""}
	for kind := range needed {
		if _, err := l.Write(kind, to, Facts{}); err == nil {
			t.Errorf("%s is written from nothing", kind)
		}
	}
	if _, err := l.Write("newsletter", to, facts()); err == nil {
		t.Error("an unknown mail is written")
	}
	f := facts()
	f.Workspace = "\r\n\u202e"
	if _, err := l.Write(Removed, to, f); err == nil {
		t.Error("a workspace without a name")
	}
}

func TestLinksStayOnOurSite(t *testing.T) {
	t.Parallel()
	l := letters(t)
	for _, path := range []string{"", "confirm/x", "//evil.org/x", "///evil.org/x", "//", "https://evil.org/x",
		"/\\evil.org", "/a b", "/a\r\nBcc: x", "/a\"><script>", "/é", "javascript:alert(1)", "@evil.org", "/%zz",
		".evil.org"} {
		f := facts()
		f.Path = path
		if m, err := l.Write(Confirm, Recipient{"bo@teatro.org", ""}, f); err == nil {
			t.Errorf("%q makes %s", path, m.Text)
		}
	}
	for _, bad := range []string{"", "opera", "ftp://x.org", "https://x.org/path"} {
		if _, err := NewLetters(bad, "safety@opera.example"); err == nil {
			t.Errorf("base %q", bad)
		}
	}
}

func TestHostileNames(t *testing.T) {
	t.Parallel()
	l := letters(t)
	names := []string{
		"Bo\r\nBcc: evil@evil.org", "Bo\nSubject: x", "Bo\u2028Bcc: x", "\u202eohce\u202c",
		"Bo \"the\" <evil@evil.org>", "http://evil.org/login", "evil.org", "www.evil.org",
		"a.b.c.evil.org", "{{.Key}}", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "Bo\x00\x1b[31m",
		strings.Repeat("é", 5000), "=?utf-8?q?x?=", "evil。org", "\u200bBo",
	}
	for _, name := range names {
		f := facts()
		f.By, f.Workspace = name, name
		m, err := l.Write(Invitation, Recipient{"bo@teatro.org", name}, f)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		for what, s := range map[string]string{"subject": m.Subject, "name": m.ToName} {
			if strings.ContainsAny(s, "\r\n\x00\x1b\u2028\u202e\u200b") || len([]rune(s)) > maxSubject {
				t.Errorf("%q: %s %q", name, what, s)
			}
		}
		all := m.Subject + m.Text + m.ToName
		for _, bad := range []string{"evil@evil", "evil.org", "http://evil", "Bcc:", "Subject:", "\u202e", "\x1b"} {
			if strings.Contains(all, bad) {
				t.Errorf("%q: %q is in the mail", name, bad)
			}
		}
		if strings.Contains(m.HTML, "<script") || strings.Contains(m.HTML, "<img") {
			t.Errorf("%q: HTML is let in", name)
		}
		if parsed, err := mail.ParseAddress(m.recipient()); err != nil || parsed.Address != "bo@teatro.org" {
			t.Errorf("%q: recipient %q", name, m.recipient())
		}
	}
	m, err := l.Write(Removed, Recipient{"bo@teatro.org", "Dr. Ada St. John-O'Neil, J.R."}, facts())
	if err != nil || !strings.HasPrefix(m.Text, "Hello Dr. Ada St. John-O'Neil, J. R.,") {
		t.Errorf("an honest name is spoiled: %q %v", m.Text[:40], err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	l := letters(t)
	for _, to := range []string{"", "bo", "bo@", "@teatro.org", "bo@teatro.org\r\nBcc: x@y.org",
		"bo@teatro.org,x@y.org", "Bo <bo@teatro.org>", "bo@teatro.org ", "a@b@teatro.org", "\"a b\"@teatro.org",
		strings.Repeat("a", 245) + "@teatro.org", "bo@teatro.org(x)"} {
		if _, err := l.Write(Confirm, Recipient{to, ""}, facts()); err == nil {
			t.Errorf("%q accepted", to)
		}
	}
	for _, to := range []string{"bo@teatro.org", "bo+x@sub.teatro.org", "o'neil@teatro.org", strings.Repeat("a", 64) +
		"@teatro.org", "bø@teatro.org"} {
		if _, err := l.Write(Confirm, Recipient{to, ""}, facts()); err != nil {
			t.Errorf("%q: %v", to, err)
		}
	}
}

func TestCheckEdges(t *testing.T) {
	t.Parallel()
	good := Message{To: "bo@teatro.org", Subject: "s", Text: "t", Key: "abcdefgh"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Message){
		"subject lines":   func(m *Message) { m.Subject = "a\nb" },
		"subject empty":   func(m *Message) { m.Subject = "" },
		"subject long":    func(m *Message) { m.Subject = strings.Repeat("a", maxSubject+1) },
		"subject turning": func(m *Message) { m.Subject = "a\u202eb" },
		"text empty":      func(m *Message) { m.Text = " \n" },
		"text long":       func(m *Message) { m.Text = strings.Repeat("a", maxPart+1) },
		"text binary":     func(m *Message) { m.Text = "a\xff" },
		"html long":       func(m *Message) { m.HTML = strings.Repeat("a", maxPart+1) },
		"name lines":      func(m *Message) { m.ToName = "a\r\nb" },
		"no key":          func(m *Message) { m.Key = "" },
		"bad key":         func(m *Message) { m.Key = "a\r\nb" },
	} {
		m := good
		spoil(&m)
		if m.Check() == nil {
			t.Errorf("%s accepted", name)
		}
	}
	good.Subject, good.Text = strings.Repeat("a", maxSubject), strings.Repeat("a", maxPart)
	if err := good.Check(); err != nil {
		t.Errorf("the edge is refused: %v", err)
	}
}
