package policy_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/templates"
)

var party = policy.Party{Operator: "Opera & <Sons>_", Contact: "safety@opera.example", Site: "https://opera.example"}

func day(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// versions is a tree with one document.
func versions(files map[string]string) fstest.MapFS {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree["policies/en/terms/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

// TestPublishedDocuments: each has a version that is in force, says that it is a template, and names the party.
func TestPublishedDocuments(t *testing.T) {
	t.Parallel()
	all, err := policy.Load(templates.Embedded(), "en", party)
	if err != nil || len(all) != 3 {
		t.Fatalf("%d documents, %v", len(all), err)
	}
	for _, d := range all {
		for _, v := range d.Versions {
			html, err := v.HTML()
			if err != nil {
				t.Fatal(err)
			}
			text := string(html)
			for _, want := range []string{"template", "lawyer", "Opera &amp; &lt;Sons&gt;_",
				`href="mailto:safety@opera.example"`,
				`href="https://opera.example"`, "<h2>"} {
				if !strings.Contains(text, want) {
					t.Errorf("%s of %s lacks %s", d.Key, v.Day(), want)
				}
			}
			if strings.Contains(text, "<Sons>") || strings.Contains(text, "raw HTML") || v.Changes == "" {
				t.Errorf("%s of %s: %s", d.Key, v.Day(), text)
			}
		}
	}
	nobody, err := policy.Load(templates.Embedded(), "en", policy.Party{Operator: "us", Site: "http://127.0.0.1:1"})
	if err != nil || strings.Contains(nobody[0].Versions[0].Text, "<>") {
		t.Errorf("without a contact: %v", err)
	}
}

func TestVersionsHoldFromTheirDay(t *testing.T) {
	t.Parallel()
	all, err := policy.Load(versions(map[string]string{
		"2026-03-01.md": "Changes: One.\n\nThe old words.\n", "2026-05-01.md": "Changes: Two.\n\nThe new words.\n",
		"2027-01-01.md": "Changes: Three.\n\nOther words.\n",
	}), "en", party)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	d := &all[0]
	for at, want := range map[string][2]string{
		"2025-01-01": {"2026-03-01", "2026-05-01"}, "2026-03-01": {"2026-03-01", "2026-05-01"},
		"2026-04-30": {"2026-03-01", "2026-05-01"}, "2026-05-01": {"2026-05-01", "2027-01-01"},
		"2028-01-01": {"2027-01-01", ""},
	} {
		next := ""
		if v := d.Next(day(t, at)); v != nil {
			next = v.Day()
		}
		if got := d.On(day(t, at)).Day(); got != want[0] || next != want[1] {
			t.Errorf("on %s: %s holds and %q is next, want %v", at, got, next, want)
		}
	}
	if got := d.On(day(t, "2026-05-01").Add(-time.Nanosecond)).Day(); got != "2026-03-01" {
		t.Errorf("the moment before: %s", got)
	}
	v, before, err := d.Version("2026-05-01")
	if err != nil || before.Day() != "2026-03-01" {
		t.Fatal(v, before, err)
	}
	var gone, came string
	for _, p := range v.Since(before) {
		switch p.Op {
		case "-":
			gone += p.Text
		case "+":
			came += p.Text
		}
	}
	if gone != "old" || came != "new" {
		t.Errorf("differences: -%q +%q", gone, came)
	}
	if _, before, err := d.Version("2026-03-01"); err != nil || before != nil {
		t.Errorf("before the first: %v %v", before, err)
	}
	if _, _, err := d.Version("2026-03-02"); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("no version: %v", err)
	}
}

func TestFaultyDocumentsAreRefused(t *testing.T) {
	t.Parallel()
	for name, tree := range map[string]fstest.MapFS{
		"no folder":       {},
		"no version":      {"policies/en/terms/readme.txt": &fstest.MapFile{}},
		"no day":          versions(map[string]string{"latest.md": "Changes: x\n\ny"}),
		"no such day":     versions(map[string]string{"2026-02-30.md": "Changes: x\n\ny"}),
		"no changes line": versions(map[string]string{"2026-02-03.md": "Terms\n\ny"}),
		"no text":         versions(map[string]string{"2026-02-03.md": "Changes: x\n\n"}),
		"unknown word":    versions(map[string]string{"2026-02-03.md": "Changes: x\n\nAsk {nobody}."}),
	} {
		if _, err := policy.Load(tree, "en", party); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	hostile := "Changes: x\n\n<script>x</script> [a](javascript:x)\n"
	all, err := policy.Load(versions(map[string]string{"2026-02-03.md": hostile}), "en", party)
	if err != nil {
		t.Fatal(err)
	}
	if html, err := all[0].Versions[0].HTML(); err != nil || strings.Contains(string(html), "<script") ||
		strings.Contains(string(html), "javascript:") {
		t.Errorf("%s %v", html, err)
	}
}

func TestSubprocessors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		uses policy.Uses
		want string
	}{
		"one machine":         {policy.Uses{}, ""},
		"Google and Resend":   {policy.Uses{Google: true, Resend: true}, "Google Cloud, Resend"},
		"Google and a server": {policy.Uses{Google: true, SMTP: "mx.opera.example"}, "Google Cloud, mx.opera.example"},
	} {
		var names []string
		for _, p := range policy.Subprocessors(c.uses) {
			names = append(names, p.Name)
			if p.Purpose == "" || p.Data == "" || p.Place == "" || p.Since.IsZero() {
				t.Errorf("%s: %+v says too little", name, p)
			}
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// TestWhatDiffersBetweenLists: what people are told, and from when on it holds.
func TestWhatDiffersBetweenLists(t *testing.T) {
	t.Parallel()
	at := time.Date(2027, time.January, 5, 12, 0, 0, 0, time.UTC)
	mailer := policy.Subprocessor{Name: "Mailer", Purpose: "Sends mails.", Data: "Names.", Place: "Here.", Link: "a"}
	with := func(change func(*policy.Subprocessor)) []policy.Subprocessor {
		p := mailer
		change(&p)
		return []policy.Subprocessor{p}
	}
	later := at.AddDate(0, 0, 30)
	for name, c := range map[string]struct {
		before, now []policy.Subprocessor
		says        string
		holds       time.Time
	}{
		"none":         {nil, nil, "", at},
		"the same":     {with(func(*policy.Subprocessor) {}), []policy.Subprocessor{mailer}, "", at},
		"another link": {with(func(p *policy.Subprocessor) { p.Link = "b" }), []policy.Subprocessor{mailer}, "", at},
		"added":        {nil, []policy.Subprocessor{mailer}, "New: Mailer (sends mails).", at},
		"added for then": {nil, with(func(p *policy.Subprocessor) { p.Since = later }),
			"New: Mailer (sends mails).", later},
		"gone": {[]policy.Subprocessor{mailer}, nil, "No longer used: Mailer.", at},
		"elsewhere": {[]policy.Subprocessor{mailer},
			with(func(p *policy.Subprocessor) { p.Place, p.Data = "There.", "All." }),
			"Changed: Mailer (which data, where).", at},
		"another one": {[]policy.Subprocessor{mailer}, with(func(p *policy.Subprocessor) { p.Name = "Post" }),
			"New: Post (sends mails). No longer used: Mailer.", at},
	} {
		if says, holds := policy.Difference(c.before, c.now, at); says != c.says || !holds.Equal(c.holds) {
			t.Errorf("%s: %q %v", name, says, holds)
		}
	}
}
