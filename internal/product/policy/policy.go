// Package policy holds the public documents of an installation: what it says about privacy, its terms and the agreement
// on data processing, each in all its versions.
//
// A version is a file that is named by the day from which it holds. It must never be changed after that day: people
// have read it. A change is a new file, which is public from its release on and takes effect on its day.
package policy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/yuin/goldmark"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/worddiff"
)

// Party is who runs the installation, as the documents name them.
type Party struct {
	Operator string // a name
	Contact  string // an e-mail address; "" if there is none
	Site     string // scheme and host
}

// Agreement is the key of the agreement on data processing, which has a PDF, and which companies accept.
const Agreement = "processing"

// Unnamed is the party in a PDF, which is made with the release and does not know who will run it.
var Unnamed = Party{Operator: "the operator of this installation"}

// Document is one document in all its versions, the latest first.
type Document struct {
	Key      string // privacy, terms or processing
	Versions []Version
}

// Version is the text from a day on.
type Version struct {
	From    time.Time // the start of the day, UTC
	Changes string    // a sentence: what is new in it
	Text    string    // Markdown
	Sum     string    // SHA-256 of the file, by which a version is known that somebody accepted
	PDF     []byte    // the same text to print and keep; nil if there is none
}

// Day is the day from which it holds, as in addresses: "2026-11-28".
func (v Version) Day() string { return v.From.Format(time.DateOnly) }

// Load reads the documents of a tree, as in policies/en/privacy/2026-11-28.md, and names the party in them. A folder
// without a version, a name that is no day and a word in braces that is not filled in are errors.
func Load(files fs.FS, lang string, p Party) ([]Document, error) {
	folders, err := fs.ReadDir(files, path.Join("policies", lang))
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	var all []Document
	for _, folder := range folders {
		d := Document{Key: folder.Name()}
		names, err := fs.Glob(files, path.Join("policies", lang, d.Key, "*.md"))
		if err != nil || len(names) == 0 {
			return nil, fmt.Errorf("policy: %s has no version: %w", d.Key, cmp.Or(err, fs.ErrNotExist))
		}
		for _, name := range names {
			v, err := read(files, name, p)
			if err != nil {
				return nil, fmt.Errorf("policy: %s: %w", name, err)
			}
			d.Versions = append(d.Versions, v)
		}
		slices.SortFunc(d.Versions, func(a, b Version) int { return b.From.Compare(a.From) })
		all = append(all, d)
	}
	return all, nil
}

// Find is the document of a key; nil if there is none.
func Find(all []Document, key string) *Document {
	for i := range all {
		if all[i].Key == key {
			return &all[i]
		}
	}
	return nil
}

// changesLine is what a file begins with.
const changesLine = "Changes: "

var leftOpen = regexp.MustCompile(`\{[a-z]+\}`)

func read(files fs.FS, name string, p Party) (Version, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimSuffix(path.Base(name), ".md"))
	if err != nil {
		return Version{}, fmt.Errorf("the name is no day: %w", err)
	}
	data, err := fs.ReadFile(files, name)
	if err != nil {
		return Version{}, err
	}
	head, text, _ := strings.Cut(string(data), "\n")
	changes, ok := strings.CutPrefix(head, changesLine)
	if !ok || strings.TrimSpace(text) == "" {
		return Version{}, fmt.Errorf("it does not begin with a line %q and go on with a text", changesLine+"…")
	}
	text = strings.NewReplacer("{operator}", escaped(p.Operator), "{contact}", contact(p.Contact), "{site}",
		site(p.Site)).Replace(text)
	if open := leftOpen.FindString(text); open != "" {
		return Version{}, fmt.Errorf("nothing is known of %s", open)
	}
	pdf, err := fs.ReadFile(files, strings.TrimSuffix(name, ".md")+".pdf")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Version{}, err
	}
	return Version{From: day, Changes: changes, Text: strings.TrimSpace(text) + "\n",
		Sum: fmt.Sprintf("%x", sha256.Sum256(data)), PDF: pdf}, nil
}

// site is the address as Markdown has it.
func site(address string) string {
	if address == "" {
		return "the address from which this document was taken"
	}
	return "<" + address + ">"
}

// contact is the address as Markdown has it.
func contact(address string) string {
	if address == "" {
		return "whoever runs this installation"
	}
	return "<" + address + ">"
}

// special are the characters that mean something in Markdown.
var special = regexp.MustCompile("[\\\\`*_{}\\[\\]()#+.!<>|~-]")

// escaped is a name that Markdown leaves as it is.
func escaped(name string) string { return special.ReplaceAllString(name, `\$0`) }

// On is the version that holds at an instant; before the first day, the first.
func (d *Document) On(t time.Time) *Version {
	for i := range d.Versions {
		if !d.Versions[i].From.After(t) {
			return &d.Versions[i]
		}
	}
	return &d.Versions[len(d.Versions)-1]
}

// Next is the version that takes effect next after an instant, or nil.
func (d *Document) Next(t time.Time) *Version {
	for i := len(d.Versions) - 1; i >= 0; i-- {
		if v := &d.Versions[i]; v.From.After(t) && v != d.On(t) {
			return v
		}
	}
	return nil
}

// Version is the one of a day and the one before it, which is nil for the first.
func (d *Document) Version(day string) (v, before *Version, err error) {
	i := slices.IndexFunc(d.Versions, func(v Version) bool { return v.Day() == day })
	if i < 0 {
		return nil, nil, &model.Error{Kind: model.ErrNotFound}
	}
	if i+1 < len(d.Versions) {
		before = &d.Versions[i+1]
	}
	return &d.Versions[i], before, nil
}

// Since gives the differences from an earlier version, word by word.
func (v *Version) Since(before *Version) []worddiff.Piece {
	return worddiff.Compare(before.Text, v.Text)
}

// HTML is the text as a page has it. HTML in the text itself is left out.
func (v *Version) HTML() (template.HTML, error) {
	var out bytes.Buffer
	if err := goldmark.Convert([]byte(v.Text), &out); err != nil {
		return "", fmt.Errorf("policy: %s: %w", v.Day(), err)
	}
	return template.HTML(out.String()), nil // #nosec G203 -- goldmark escapes, and leaves raw HTML out
}
