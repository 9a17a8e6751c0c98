package policy_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
	"github.com/tinyoperahouse/toh/templates"
)

// How to make what is missing.
const howTo = "make it with TOH_UPDATE=agreements go test ./internal/product/policy -run PDF"

// TestEachAgreementHasItsPDF: each version of the agreement has a PDF of this text, made by Chromium, and a list of the
// hashes of both, which proves that neither was changed since.
func TestEachAgreementHasItsPDF(t *testing.T) {
	t.Parallel()
	const folder = "../../../templates"
	texts, err := fs.Glob(os.DirFS(folder), "policies/*/processing/*.md")
	if err != nil || len(texts) == 0 {
		t.Fatal(texts, err)
	}
	for _, name := range texts {
		lang := strings.Split(name, "/")[1]
		file := filepath.Join(folder, strings.TrimSuffix(name, ".md"))
		if os.Getenv("TOH_UPDATE") == "agreements" && sums(t, file) != written(file+".sum") {
			print(t, agreement(t, os.DirFS(folder), lang, name), file)
		}
		if got, want := sums(t, file), written(file+".sum"); got != want {
			t.Errorf("%s: the text and its PDF are\n%s, and the list says\n%s; %s", name, got, want, howTo)
		}
	}
}

// TestThePDFSaysWhatTheTextSays: the words in each PDF are those of the text, in the same order, and the file tells
// programs that read aloud what is a heading and what is a list.
func TestThePDFSaysWhatTheTextSays(t *testing.T) {
	t.Parallel()
	all, err := policy.Load(templates.Embedded(), "en", policy.Unnamed)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		for _, v := range d.Versions {
			if has := v.PDF != nil; has != (d.Key == policy.Agreement) {
				t.Errorf("%s of %s has a PDF: %t", d.Key, v.Day(), has)
			}
			if v.PDF == nil {
				continue
			}
			if !bytes.HasPrefix(v.PDF, []byte("%PDF-")) || !bytes.Contains(v.PDF, []byte("/StructTreeRoot")) ||
				!bytes.Contains(v.PDF, []byte("/MarkInfo")) || !bytes.Contains(v.PDF, []byte("/Lang")) {
				t.Errorf("%s of %s is no tagged PDF", d.Key, v.Day())
			}
			if bytes.Contains(v.PDF, []byte("file://")) {
				t.Errorf("%s of %s has links to files of the machine on which it was made", d.Key, v.Day())
			}
			html, err := v.HTML()
			if err != nil {
				t.Fatal(err)
			}
			want := wordsOf(tags.ReplaceAllString(inline.ReplaceAllString(string(html), ""), " "))
			got := wordsOf(read(t, v.PDF))
			if at := within(got, want); at != "" {
				t.Errorf("%s of %s: the PDF departs from the text at %q; %s", d.Key, v.Day(), at, howTo)
			}
			if !slices.Contains(got, v.Sum) {
				t.Errorf("%s of %s does not name the hash of its text, %s", d.Key, v.Day(), v.Sum)
			}
		}
	}
}

var (
	inline = regexp.MustCompile(`</?(strong|em|a|code)\b[^>]*>`)
	tags   = regexp.MustCompile(`<[^>]*>`)
	// links to pages of an installation, whose address a PDF does not know
	ours = regexp.MustCompile(`<a href="/[^"]*">([^<]*)</a>`)
)

// wordsOf are the words of a text, without what only layout adds.
func wordsOf(text string) []string {
	text = strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&#39;", "'", "•", " ", "\f",
		" ").Replace(text)
	return strings.Fields(text)
}

// within is the word at which a row of words departs from those that follow somewhere in another, or "".
func within(all, row []string) string {
	best := 0
	for from := range all {
		n := 0
		for n < len(row) && from+n < len(all) && all[from+n] == row[n] {
			n++
		}
		best = max(best, n)
	}
	if best == len(row) {
		return ""
	}
	return row[best]
}

// read is the text of a PDF.
func read(t *testing.T, pdf []byte) string {
	t.Helper()
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		testneed.Missing(t, "pdftotext")
	}
	cmd := exec.CommandContext(t.Context(), program, "-raw", "-nopgbrk", "-enc", "UTF-8", "-", "-") // #nosec G204 -- a fixed program
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// sums are the lines by which sha256sum checks a text and its PDF.
func sums(t *testing.T, file string) string {
	t.Helper()
	var lines []string
	for _, kind := range []string{".md", ".pdf"} {
		data, err := os.ReadFile(file + kind) // #nosec G304 -- a file of the project
		if err != nil {
			return err.Error() + "\n"
		}
		lines = append(lines, fmt.Sprintf("%x  %s\n", sha256.Sum256(data), filepath.Base(file)+kind))
	}
	return strings.Join(lines, "")
}

func written(file string) string {
	data, err := os.ReadFile(file) // #nosec G304 -- a file of the project
	if err != nil {
		return err.Error() + "\n"
	}
	return string(data)
}

// agreement is the version that a file holds.
func agreement(t *testing.T, files fs.FS, lang, name string) *policy.Version {
	t.Helper()
	all, err := policy.Load(files, lang, policy.Unnamed)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(d policy.Document) bool { return d.Key == policy.Agreement })
	v, _, err := all[i].Version(strings.TrimSuffix(path.Base(name), ".md"))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

var sheet = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Data processing agreement, version of {{.Day}}</title><style>
@page { size: A4; margin: 22mm 20mm; }
body { font: 10pt/1.5 "DejaVu Sans", sans-serif; color: #222; }
h1 { font-size: 20pt; line-height: 1.2; } h2 { font-size: 13pt; margin-top: 1.6em; break-after: avoid; }
p, li { orphans: 2; widows: 2; } a { color: inherit; } .quiet { color: #555; font-size: 9pt; overflow-wrap: anywhere; }
</style></head><body><main>
<h1>Data processing agreement</h1>
<p class="quiet">Tiny Opera House, version of {{.Day}}. Who operates the installation, and how to reach them, stands on
the page from which this document was taken.</p>
{{.Text}}
<p class="quiet">SHA-256 of the text of this version: {{.Sum}}</p>
</main></body></html>`))

// print makes the PDF of a version and the list of hashes.
func print(t *testing.T, v *policy.Version, file string) {
	t.Helper()
	text, err := v.HTML()
	if err != nil {
		t.Fatal(err)
	}
	var page bytes.Buffer
	if err := sheet.Execute(&page, map[string]any{
		"Day": v.From.Format("2 January 2006"), "Sum": v.Sum,
		"Text": template.HTML(ours.ReplaceAllString(string(text), "$1")), // #nosec G203 -- of our own text
	}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	source, target := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(source, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), testneed.Chromium(t), "--headless", "--no-sandbox", "--disable-gpu", // #nosec G204 -- the installed browser
		"--user-data-dir="+filepath.Join(dir, "profile"), "--export-tagged-pdf", "--generate-pdf-document-outline",
		"--no-pdf-header-footer", "--print-to-pdf="+target, "file://"+source)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pdf, err := os.ReadFile(target) // #nosec G304 -- just made
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".pdf", pdf, 0o644); err != nil { // #nosec G306 -- a file of the project
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".sum", []byte(sums(t, file)), 0o644); err != nil { // #nosec G306 -- as above
		t.Fatal(err)
	}
}
