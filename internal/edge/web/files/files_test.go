package files_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// form is a form with files, as browsers send it.
func form(t *testing.T, audience string, named map[string][]byte) (kind, body string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	must(t, w.WriteField("audience", audience))
	for name, data := range named {
		part, err := w.CreateFormFile("files", name)
		must(t, err)
		_, err = part.Write(data)
		must(t, err)
	}
	must(t, w.Close())
	return w.FormDataContentType(), out.String()
}

func photo(t *testing.T) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i := range 480 {
		img.Set(i, i, color.White)
	}
	var out bytes.Buffer
	must(t, jpeg.Encode(&out, img, nil))
	return out.Bytes()
}

func (s *shown) link(t *testing.T, name string) string {
	t.Helper()
	before, _, found := strings.Cut(s.page.Body, ">"+name+"</a>")
	at := strings.LastIndex(before, `href="`)
	if !found || at < 0 {
		t.Fatalf("%s is not linked", name)
	}
	path, _, _ := strings.Cut(before[at+6:], `"`)
	return path
}

type shown struct{ page webtest.Page }

// Without any script, a form adds files; others see, download and do not remove them.
func TestFilesByForm(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production
	kind, body := form(t, "everyone", map[string][]byte{"Plan.txt": []byte("Act one"), "Stage.jpg": photo(t)})
	webtest.LeadsTo(t, h.Organizer.Send(path+"/files", kind, body), path+"#files")
	webtest.Shows(t, h.Organizer.Get(path), 200, "The files were added.", "Plan.txt", "Stage.jpg", "Being prepared")
	webtest.Lacks(t, h.Viewer.Get(path), "Stage.jpg", "Add the files")
	for n := 1; n > 0; {
		var err error
		n, err = h.Queue.Sweep(t.Context())
		must(t, err)
	}
	page := &shown{h.Viewer.Get(path)}
	webtest.Shows(t, page.page, 200, "Plan.txt", "Stage.jpg", `alt="Stage.jpg"`)
	got := h.Viewer.Get(page.link(t, "Plan.txt"))
	webtest.Shows(t, got, 200, "Act one")
	if got.Header.Get("Content-Disposition") != `attachment; filename="Plan.txt"; filename*=UTF-8''Plan.txt` ||
		!strings.Contains(got.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", got.Header)
	}
	small := h.Viewer.Get(page.link(t, "Stage.jpg") + "/previews/1")
	if img, err := jpeg.Decode(strings.NewReader(small.Body)); err != nil || img.Bounds().Dx() != 320 {
		t.Errorf("the preview: %v", err)
	}
	remove := page.link(t, "Plan.txt") + "/remove"
	webtest.Shows(t, h.Viewer.Post(remove), 403)
	webtest.Shows(t, h.Organizer.Get(remove), 200, "Remove Plan.txt?", "cannot be undone")
	webtest.LeadsTo(t, h.Organizer.Post(remove), path+"#files")
	webtest.Shows(t, h.Viewer.Get(page.link(t, "Plan.txt")), 404)
}

func TestFormsWithFilesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production
	send := func(named map[string][]byte) webtest.Page {
		kind, body := form(t, "everyone", named)
		return h.Organizer.Send(path+"/files", kind, body)
	}
	webtest.Shows(t, send(nil), 400, "Choose a file first.")
	webtest.Shows(t, send(map[string][]byte{"a.exe": []byte("x")}), 400, "can run programs")
	webtest.Shows(t, send(map[string][]byte{"a.pdf": []byte("<!DOCTYPE html><html>")}), 400, "Web pages")
	webtest.Shows(t, send(map[string][]byte{"a.txt": bytes.Repeat([]byte("a"), 31<<20)}), 413, "too large")
	webtest.Lacks(t, h.Organizer.Get(path), "a.exe", "a.pdf", "a.txt")
	kind, body := form(t, "everyone", map[string][]byte{"a.txt": []byte("x")})
	webtest.Shows(t, h.Reporter.Send(path+"/files", kind, body), 403)
}

// As our script does it: in parts, cut, and on from there.
func TestFilesInParts(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	report := h.WS + "/reports/" + h.Filed(t)
	h.Reporter.Header = http.Header{"Accept": {"application/json"}}
	data := strings.Repeat("All the world's a stage. ", 200_000)
	at := struct {
		Upload                string
		Part, Parts, Received int
		Generation            int
		State                 string
		Error                 string
	}{}
	read := func(p webtest.Page, status int) {
		t.Helper()
		webtest.Shows(t, p, status)
		must(t, json.Unmarshal([]byte(p.Body), &at))
	}
	begin := []string{"name", "notes.txt", "size", fmt.Sprint(len(data)), "audience", "everyone"}
	read(h.Reporter.Post(report+"/files/begin", begin...), 200)
	part := func(n, generation int) webtest.Page {
		body := data[n*at.Part : min(len(data), (n+1)*at.Part)]
		return h.Reporter.Send(fmt.Sprintf("%s/parts/%d/%d", at.Upload, n, generation), "application/octet-stream",
			body)
	}
	read(part(0, 1), 200)
	read(h.Reporter.Get(at.Upload), 200)
	if at.Parts != 1 || at.Received != at.Part || at.Generation != 1 {
		t.Errorf("%+v", at)
	}
	read(part(1, 2), 200)
	read(h.Reporter.Post(at.Upload+"/complete"), 200)
	if at.State != "ready" {
		t.Errorf("%+v", at)
	}
	read(h.Reporter.Post(report+"/files/begin", "name", "b.exe", "size", "5"), 400)
	if !strings.Contains(at.Error, "can run programs") {
		t.Errorf("%+v", at)
	}
	read(h.Reporter.Post(report+"/files/begin", begin...), 200)
	read(h.Reporter.Post(at.Upload+"/cancel"), 200)
	webtest.Shows(t, h.Reporter.Get(at.Upload), 404)
	h.Reporter.Header = nil
	page := &shown{h.Reporter.Get(report)}
	if got := h.Reporter.Get(page.link(t, "notes.txt")); got.Body != data {
		t.Errorf("%d bytes", len(got.Body))
	}
	if got := h.Viewer.Get(page.link(t, "notes.txt")); got.Body != data {
		t.Errorf("%d bytes for those who read the report", len(got.Body))
	}
}
