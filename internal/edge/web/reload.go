package web

import (
	"fmt"
	"hash/fnv"
	"io/fs"
	"net/http"
	"sync"
)

// Reloading serves the site that New makes, and makes a new one when a file of o.Files has changed. So changes of
// templates, texts and styles show on the next load of a page. It checks every file on each request, so it is only for
// the machine on which they are written.
func Reloading(o Options, now http.Handler) (http.Handler, error) {
	state, err := stateOf(o.Files)
	if err != nil {
		return nil, err
	}
	return &reloading{opts: o, state: state, site: now}, nil
}

type reloading struct {
	opts Options

	mu    sync.Mutex
	state uint64
	site  http.Handler
	err   error // why New failed for these files
}

// ServeHTTP serves the site with the current files, or says what is wrong with them.
func (s *reloading) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	site, err := s.current()
	if err != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprintf(w, "The templates have an error:\n\n%v\n\n"+
			"Correct them, then reload this page.\n", err)
		return
	}
	site.ServeHTTP(w, r)
}

func (s *reloading) current() (http.Handler, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, err := stateOf(s.opts.Files)
	if err != nil {
		return nil, err
	}
	if state != s.state {
		s.state = state
		site, err := New(s.opts)
		if s.err = err; err == nil {
			s.site = site.Handler()
		}
	}
	return s.site, s.err
}

// stateOf returns a number that changes when a file is added, removed or written. It depends on sizes and times, not on
// contents.
func stateOf(files fs.FS) (uint64, error) {
	h := fnv.New64a()
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("web: templates: %w", err)
	}
	return h.Sum64(), nil
}
