package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/files"
)

// raw sends bytes, with headers.
func (w *town) raw(t *testing.T, method, path, token string, body io.Reader, header ...string) answer {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, w.URL()+path, body)
	r.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.App.Handler.ServeHTTP(rec, r)
	return answer{rec.Code, rec.Header(), rec.Body.String()}
}

// A program adds a file in parts, is interrupted, goes on, and others read it, in ranges, too.
func TestFilesByAPI(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.token(0, access.Organizer)
	production := w.ask(t, "GET", strings.TrimSuffix(w.reports(0), "reports")+"productions", token, "").is(t, 200).
		items(t)[0]["id"].(string)
	at := strings.TrimSuffix(w.reports(0), "reports")
	data := bytes.Repeat([]byte("All the world's a stage. "), 200_000)
	body := fmt.Sprintf(`{"name":"Bühne.txt","size":%d}`, len(data))
	begun := w.ask(t, "POST", at+"productions/"+production+"/files", token, body).is(t, 201)
	file := at + "files/" + begun.json(t)["id"].(string)
	if upload := begun.json(t)["upload"].(map[string]any); begun.header.Get("Location") != file ||
		upload["generation"] != 1.0 || upload["part_size"] != float64(files.PartSize) {
		t.Errorf("%s %v", begun.body, begun.header)
	}
	send := func(generation, n int, part []byte) answer {
		return w.raw(t, "PUT", fmt.Sprintf("%s/parts/%d?generation=%d", file, n, generation), token,
			bytes.NewReader(part))
	}
	send(1, 0, data[:files.PartSize]).is(t, 204)
	send(1, 1, data[:files.PartSize+2]).is(t, 400)
	if state := w.ask(t, "GET", file, token, "").is(t, 200).json(t); state["state"] != "uploading" ||
		state["upload"].(map[string]any)["parts"] != 1.0 {
		t.Errorf("%v", state)
	}
	w.raw(t, "GET", file+"/content", token, nil).is(t, 409)
	w.ask(t, "POST", file+"/complete", token, "{}").is(t, 409)
	send(3, 1, data[files.PartSize:]).is(t, 409)
	send(2, 1, data[files.PartSize:]).is(t, 204)
	send(1, 1, data[files.PartSize:]).is(t, 409)
	w.ask(t, "POST", file+"/complete", token, `{"sha256":"00"}`).is(t, 400)
	done := w.ask(t, "POST", file+"/complete", token, "{}").is(t, 200).json(t)
	if done["state"] != "ready" || done["type"] != "text/plain" || done["production"] != production {
		t.Errorf("%v", done)
	}
	viewer := w.token(0, access.Viewer)
	whole := w.raw(t, "GET", file+"/content", viewer, nil).is(t, 200)
	if whole.body != string(data) || whole.header.Get("ETag") != `"`+done["sha256"].(string)+`"` ||
		whole.header.Get("Content-Length") != fmt.Sprint(len(data)) {
		t.Errorf("%d bytes, %v", len(whole.body), whole.header)
	}
	if head := w.raw(t, "HEAD", file+"/content", viewer, nil).is(t, 200); head.body != "" ||
		head.header.Get("Content-Length") != fmt.Sprint(len(data)) {
		t.Errorf("HEAD: %d bytes, %v", len(head.body), head.header)
	}
	part := w.raw(t, "GET", file+"/content", viewer, nil, "Range", "bytes=4194300-4194309").is(t, 206)
	if part.body != string(data[4194300:4194310]) {
		t.Errorf("%q", part.body)
	}
	w.raw(t, "GET", file+"/content", viewer, nil, "Range", "bytes=99999999-").is(t, 416)
	w.raw(t, "GET", file+"/content", viewer, nil, "If-None-Match", whole.header.Get("ETag")).is(t, 304)
	w.raw(t, "GET", file+"/previews/1", viewer, nil).is(t, 404)
	if list := w.ask(t, "GET", at+"productions/"+production+"/files", viewer, "").is(t, 200).items(t); len(list) != 1 ||
		list[0]["name"] != "Bühne.txt" {
		t.Errorf("%v", list)
	}
	w.ask(t, "DELETE", file, viewer, "").is(t, 403)
	w.ask(t, "DELETE", file, token, "").is(t, 204)
	w.raw(t, "GET", file+"/content", token, nil).is(t, 404)
}

// The same Idempotency-Key begins one upload.
func TestBeginningAFileTwice(t *testing.T) {
	t.Parallel()
	w := open(t)
	token := w.token(0, access.Organizer)
	at := strings.TrimSuffix(w.reports(0), "reports") + "productions"
	at += "/" + w.ask(t, "GET", at, token, "").is(t, 200).items(t)[0]["id"].(string) + "/files"
	var ids []any
	for range 2 {
		a := w.raw(t, http.MethodPost, at, token, strings.NewReader(`{"name":"a.txt","size":5}`), "Idempotency-Key",
			"k",
			"Content-Type", "application/json").is(t, 201)
		ids = append(ids, a.json(t)["id"])
	}
	if ids[0] != ids[1] || len(w.ask(t, "GET", at, token, "").is(t, 200).items(t)) != 1 {
		t.Errorf("%v", ids)
	}
}
