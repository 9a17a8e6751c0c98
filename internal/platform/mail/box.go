package mail

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	mailtext "github.com/tinyoperahouse/toh/templates/mail"
)

// BoxPath is the path at which the local program mounts a Box.
const BoxPath = "/_local/mail"

// Box shows caught mail on a one-machine installation. It must not be reachable from other machines, nor by other users
// of this one: links in mails open accounts, so its address holds a secret.
type Box struct {
	catcher *Catcher
	key     string
	base    string
	host    string
	list    *template.Template
	show    *template.Template
	policy  string
}

// NewBox makes a Box for an installation at baseURL. The key is the secret in its address.
func NewBox(catcher *Catcher, baseURL, key string) (*Box, error) {
	if key == "" || strings.Contains(key, "/") {
		return nil, errors.New("mail box: it needs a secret that is one element of a path")
	}
	u, err := url.Parse(baseURL)
	if err != nil || u.Host == "" {
		return nil, errors.New("mail box: the base URL has no host")
	}
	style, err := mailtext.Files.ReadFile("box.css")
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(style)
	b := &Box{catcher: catcher, key: key, base: strings.TrimSuffix(baseURL, "/"), host: u.Host}
	b.policy = "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	funcs := template.FuncMap{"style": func() template.CSS {
		return template.CSS(style)
	}} // #nosec G203 -- our own file, not input
	if b.list, err = template.New("box-list.tmpl").Funcs(funcs).ParseFS(mailtext.Files, "box-list.tmpl",
		"box-frame.tmpl"); err != nil {
		return nil, err
	}
	b.show, err = template.New("box-show.tmpl").Funcs(funcs).ParseFS(mailtext.Files, "box-show.tmpl", "box-frame.tmpl")
	return b, err
}

// Path is the path of its list.
func (b *Box) Path() string { return BoxPath + "/" + b.key }

// knows reports whether a path begins with the secret, and returns the rest. The time it takes reveals nothing about
// the secret.
func (b *Box) knows(path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, BoxPath+"/")
	if !ok {
		return "", false
	}
	key, rest, _ := strings.Cut(rest, "/")
	return rest, subtle.ConstantTimeCompare([]byte(key), []byte(b.key)) == 1
}

// ServeHTTP shows the list, or one mail.
func (b *Box) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id, ok := b.knows(strings.TrimSuffix(r.URL.Path, "/"))
	switch {
	case r.Host != b.host: // a page elsewhere whose host name points here (DNS rebinding)
		http.Error(w, "This is not the address of this installation.", http.StatusMisdirectedRequest)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Mail can only be read here.", http.StatusMethodNotAllowed)
	case !ok:
		http.Error(w, "The address of the mail is printed by toh-local when it starts.", http.StatusForbidden)
	case id == "":
		b.showList(w, r)
	default:
		b.showOne(w, r, id)
	}
}

func (b *Box) showList(w http.ResponseWriter, r *http.Request) {
	kept, err := b.catcher.List(r.Context())
	if err != nil {
		b.fail(w, r, err)
		return
	}
	b.render(w, r, b.list, listing{b.Path(), kept})
}

// listing is the list as its template sees it.
type listing struct {
	List string // the path of the list
	Mail []Kept
}

// shown is one mail as its template sees it.
type shown struct {
	List string // the path of the list
	Kept
	Pieces []piece
}

func (b *Box) showOne(w http.ResponseWriter, r *http.Request, id string) {
	kept, err := b.catcher.Get(r.Context(), id)
	if err != nil {
		b.fail(w, r, err)
		return
	}
	b.render(w, r, b.show, shown{b.Path(), kept, pieces(kept.Text, b.base)})
}

// piece is a run of text, or a link on our own site.
type piece struct{ Text, Link string }

// pieces finds links. Only links to our own site can be clicked.
func pieces(text, base string) []piece {
	var out []piece
	for {
		at := strings.Index(text, base+"/")
		if at < 0 {
			return append(out, piece{Text: text})
		}
		end := strings.IndexAny(text[at:], " \n\t<>\"")
		if end < 0 {
			end = len(text) - at
		}
		link := text[at : at+end]
		out = append(out, piece{Text: text[:at]}, piece{Text: link, Link: link})
		text = text[at+end:]
	}
}

func (b *Box) render(w http.ResponseWriter, r *http.Request, t *template.Template, data any) {
	var page bytes.Buffer
	if err := t.Execute(&page, data); err != nil {
		b.fail(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", b.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(page.Bytes())
}

func (b *Box) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, model.ErrNotFound) {
		http.NotFound(w, r)
		return
	}
	logging.From(r.Context()).ErrorContext(r.Context(), "mail box", "error", err)
	http.Error(w, "The mail cannot be shown right now.", http.StatusServiceUnavailable)
}
