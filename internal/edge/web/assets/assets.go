// Package assets serves the files that pages refer to: styles, scripts, fonts and pictures, each at an address that
// changes with its content.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/compression"
	"github.com/tinyoperahouse/toh/internal/edge/condition"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// asset is one file with its address.
type asset struct {
	path   string // "/static/js/app.k3l….js"
	kind   string
	body   []byte
	zipped []byte // nil if not smaller
	tag    string // of the uncompressed bytes
}

// Files are all of them, made once, at start-up.
type Files struct {
	files  fs.FS
	byName map[string]*asset
	byPath map[string]*asset
}

// kinds are the types of files that are served.
var kinds = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
	".txt":   "text/plain; charset=utf-8",
}

const styleSheet = "app.css"

// Load reads all files of the folder static of a tree. The style sheets of css/ become one.
func Load(tree fs.FS) (*Files, error) {
	files, err := fs.Sub(tree, "static")
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	a := &Files{files: files, byName: map[string]*asset{}, byPath: map[string]*asset{}}
	err = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(name, "css/") || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		_, err = a.load(name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("assets: %w", err)
	}
	return a, a.join()
}

// join makes one style sheet of all, in the order of their names.
func (a *Files) join() error {
	names, err := fs.Glob(a.files, "css/*.css")
	if err != nil {
		return fmt.Errorf("assets: styles: %w", err)
	}
	var sheet bytes.Buffer
	for _, name := range names {
		part, err := fs.ReadFile(a.files, name)
		if err != nil {
			return fmt.Errorf("assets: %s: %w", name, err)
		}
		sheet.Write(part)
	}
	_, err = a.add(styleSheet, "css", sheet.Bytes())
	return err
}

// load adds a file and, before it, the files that it refers to.
func (a *Files) load(name string) (*asset, error) {
	if done, ok := a.byName[name]; ok {
		return done, nil
	}
	body, err := fs.ReadFile(a.files, name)
	if err != nil {
		return nil, err
	}
	return a.add(name, path.Dir(name), body)
}

func (a *Files) add(name, dir string, body []byte) (*asset, error) {
	kind, ok := kinds[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("%s: files of this type are not served", name)
	}
	if ext := path.Ext(name); ext == ".css" || ext == ".js" {
		var err error
		if body, err = a.rewrite(dir, body); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	made := &asset{path: "/static/" + hashed(name, body), kind: kind, body: body, zipped: zip(body), tag: tagOf(body)}
	a.byName[name], a.byPath[made.path] = made, made
	return made, nil
}

// relative is a reference from one file to another: "./now.js" or "../fonts/x.woff2", in quotes.
var relative = regexp.MustCompile(`"(\.{1,2}/[a-z0-9./-]+)"`)

// rewrite replaces references with the addresses of the files.
func (a *Files) rewrite(dir string, body []byte) ([]byte, error) {
	var failure error
	out := relative.ReplaceAllFunc(body, func(ref []byte) []byte {
		target, err := a.load(path.Join(dir, string(ref[1:len(ref)-1])))
		if err != nil {
			failure = err
			return ref
		}
		return []byte(`"` + target.path + `"`)
	})
	return out, failure
}

func hashed(name string, body []byte) string {
	ext := path.Ext(name)
	return strings.TrimSuffix(name, ext) + "." + tagOf(body) + ext
}

// tagOf is a hash of the bytes.
func tagOf(body []byte) string {
	sum := sha256.Sum256(body)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:10]))
}

func zip(body []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(body); err != nil || w.Close() != nil || out.Len() >= len(body) {
		return nil
	}
	return out.Bytes()
}

// URL is the address of a file, for templates.
func (a *Files) URL(name string) (string, error) {
	file, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("assets: there is no file %q", name)
	}
	return file.path, nil
}

// ServeHTTP serves a file at its current address. Addresses of earlier versions are not found.
func (a *Files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.byPath[r.URL.Path]
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	file.serve(w, r)
}

// Only serves one file at any address, for the icon that browsers request by themselves.
func (a *Files) Only(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=86400")
		a.byName[name].serve(w, r)
	})
}

func (f *asset) serve(w http.ResponseWriter, r *http.Request) {
	line := logging.LineOf(r.Context())
	line.Route, line.Template = "static", "/static/"
	body, tag := f.body, f.tag
	w.Header().Set("Content-Type", f.kind)
	if f.zipped != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if compression.Accepted(r) {
			body, tag = f.zipped, f.tag+condition.Zipped
			w.Header().Set("Content-Encoding", "gzip")
		}
	}
	w.Header().Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body)) // conditions and ranges
}
